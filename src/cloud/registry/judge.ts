import type { AddressPolicy } from "./address-policy.ts";

/** What an update claims, and from where it came. Addresses in canonical text. */
export interface Claim {
  /** Of the connection. */
  readonly observed: string;
  /** null: the box does not know its address. */
  readonly claimed: string | null;
  readonly port: number | null;
}

/** What is to be done with an update: a state without looking further, or a question to the box. */
export type Verdict = "closed" | "differs" | "not-public" | "ask";

/**
 * Judges an update. The address is always the observed one: nobody can have a stranger's address dialled, or published.
 */
export function judge({ observed, claimed, port }: Claim, policy: AddressPolicy): Verdict {
  if (port === null) return "closed";
  if (claimed !== null && claimed !== observed) return "differs";
  return policy.isPublic(observed) ? "ask" : "not-public";
}

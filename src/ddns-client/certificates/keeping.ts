import type { CertificateFacts } from "./chain.ts";
import { freeAt, type Ledger } from "./ledger.ts";

/** What the keeper of the certificate does next: values in, values out. Times are epoch ms. */

export interface Keeping {
  /** Names that the certificate shall have; none: nothing is kept. */
  readonly wanted: readonly string[];
  readonly certificate: CertificateFacts | null;
  readonly ledger: Ledger;
  /** Which authority is asked now. */
  readonly authority: string;
  /** Moment within the authority's window of renewal; null: it says nothing. */
  readonly suggested: number | null;
  readonly clockTrusted: boolean;
  /** Orders in seven days. */
  readonly ordersPerWeek: number;
}

/** Why there is a new one. */
export type Reason = "missing" | "names" | "expired" | "renewal";

export type NextStep =
  /** Nobody wants a certificate. */
  | { readonly do: "nothing" }
  /** What time it is has to be known first. */
  | { readonly do: "wait-for-clock" }
  /** All is well until then. */
  | { readonly do: "keep"; readonly until: number }
  /** It would be time, but not before. */
  | {
      readonly do: "wait";
      readonly until: number;
      readonly why: "failed" | "held" | "limit";
      readonly reason: Reason;
    }
  /** The order that was begun. */
  | { readonly do: "go-on"; readonly reason: Reason }
  | { readonly do: "order"; readonly reason: Reason };

/** What is to be done now. */
export function next(keeping: Keeping, now: number): NextStep {
  const { wanted, ledger, clockTrusted } = keeping;
  if (wanted.length === 0) return { do: "nothing" };
  if (!clockTrusted) return { do: "wait-for-clock" };
  const reason = reasonFor(keeping, now);
  if (reason === null) return { do: "keep", until: renewAt(keeping) ?? now };
  const { heldUntil, retryAt, failedNames } = ledger;
  if (isAhead(heldUntil, now)) return { do: "wait", until: heldUntil, why: "held", reason };
  if (isAhead(retryAt, now) && sameNames(failedNames, wanted))
    return { do: "wait", until: retryAt, why: "failed", reason };
  if (isUsable(keeping)) return { do: "go-on", reason };
  const free = freeAt(ledger.made, keeping.ordersPerWeek, now);
  if (free > now) return { do: "wait", until: free, why: "limit", reason };
  return { do: "order", reason };
}

/**
 * When the certificate is renewed: in the authority's window, else when two thirds of its life are over; null: there is none.
 * However late the window is, a tenth of the life is left for trying.
 */
export function renewAt({
  certificate,
  suggested,
}: Pick<Keeping, "certificate" | "suggested">): number | null {
  if (certificate === null) return null;
  const { notBefore, notAfter } = certificate;
  const life = notAfter - notBefore;
  return suggested === null ? notBefore + (life * 2) / 3 : Math.min(suggested, notBefore + life * 0.9);
}

/** Whether two lists have the same names, in whatever order. */
export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function reasonFor(keeping: Keeping, now: number): Reason | null {
  const { certificate, wanted } = keeping;
  if (certificate === null) return "missing";
  if (!wanted.every((name) => certificate.names.includes(name))) return "names";
  if (certificate.notAfter <= now) return "expired";
  return (renewAt(keeping) ?? 0) <= now ? "renewal" : null;
}

/** Nothing is put off for longer than that, whatever clock it was written by. */
const LONGEST_WAIT = 8 * 86_400_000;

function isAhead(time: number | null, now: number): time is number {
  return time !== null && time > now && time <= now + LONGEST_WAIT;
}

function isUsable({ ledger: { order }, wanted, authority }: Keeping): boolean {
  return order !== null && order.authority === authority && sameNames(order.names, wanted);
}

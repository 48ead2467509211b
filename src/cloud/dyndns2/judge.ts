import { isIPv4 } from "node:net";
import type { DynamicHost } from "../ports.ts";
import { BAD_CREDENTIALS, DNS_TROUBLE, refuse, type Answer } from "./answers.ts";
import { isFullName, MOST_NAMES, type Asked, type Wish } from "./asked.ts";
import { hashOfToken, sameHash, type Credentials } from "./credentials.ts";

/** What one name is to become. */
export interface Step {
  readonly name: string;
  /** undefined: as it is; null: none */
  readonly ipv4?: string | null;
  readonly ipv6?: string | null;
  /** Whether it is something else than there is. */
  readonly changed: boolean;
  /** That the request was about. */
  readonly addresses: readonly string[];
}

export type Verdict =
  | { readonly kind: "refused"; readonly answer: Answer }
  /** As many as there are names. */
  | { readonly kind: "steps"; readonly steps: readonly Step[] };

/** Compared with when there is no such host, so that it takes as long. */
const NOBODY = "0".repeat(64);

/** The names that have to be looked up for a judgement. */
export function namesOf(asked: Asked, { user }: Credentials): string[] {
  const names = asked.names.length === 0 ? [user] : asked.names.slice(0, MOST_NAMES);
  return [...new Set([user, ...names])].filter(isFullName);
}

/**
 * What is to be done with an update. The credentials come first: whoever has none learns nothing of which names there are.
 * @param hosts of {@link namesOf}, in any order
 * @param observed from where the request came, if it may be published: it is the address when the request has none
 */
export function judge(
  asked: Asked,
  credentials: Credentials,
  hosts: readonly DynamicHost[],
  observed: string | null,
): Verdict {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const token = hashOfToken(credentials.token);
  const owned = (name: string): DynamicHost | null => {
    const host = byName.get(name);
    return sameHash(token, host?.tokenHash ?? NOBODY) ? (host ?? null) : null;
  };
  if (owned(credentials.user) === null) return refused(BAD_CREDENTIALS);
  const names = asked.names.length === 0 ? [credentials.user] : asked.names;
  if (!names.every(isFullName)) return refused(refuse("notfqdn", names.length));
  const own = names.slice(0, MOST_NAMES).flatMap((name) => owned(name) ?? []);
  if (own.length < names.length) return refused(refuse("nohost", names.length));
  if (own.some(({ blocked }) => blocked)) return refused(refuse("abuse", names.length));
  const wishes = withObserved(asked, observed);
  if (wishes === null) return refused(DNS_TROUBLE);
  return { kind: "steps", steps: own.map((host) => stepOf(host, wishes)) };
}

function refused(answer: Answer): Verdict {
  return { kind: "refused", answer };
}

/** @returns null when nothing is left to be done: the request has no address that may be published, and comes from none */
function withObserved(asked: Asked, observed: string | null): Pick<Asked, "ipv4" | "ipv6"> | null {
  if (asked.ipv4 !== null || asked.ipv6 !== null) return asked;
  if (observed === null) return null;
  const wish: Wish = { address: observed };
  return isIPv4(observed) ? { ipv4: wish, ipv6: null } : { ipv4: null, ipv6: wish };
}

function stepOf(host: DynamicHost, wishes: Pick<Asked, "ipv4" | "ipv6">): Step {
  const ipv4 = changeOf(host.ipv4, wishes.ipv4);
  const ipv6 = changeOf(host.ipv6, wishes.ipv6);
  return {
    name: host.name,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    changed: ipv4 !== undefined || ipv6 !== undefined,
    addresses: [wishes.ipv4, wishes.ipv6].flatMap((wish) =>
      typeof wish === "object" && wish !== null ? [wish.address] : [],
    ),
  };
}

/** @returns undefined when nothing changes */
function changeOf(now: string | null, wish: Wish): string | null | undefined {
  const wanted = wish === null || wish === "keep" ? undefined : wish === "remove" ? null : wish.address;
  return wanted === now ? undefined : wanted;
}

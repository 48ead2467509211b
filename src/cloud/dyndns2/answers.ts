/**
 * The answers of dyndns2, as ddclient, inadyn and routers take them. What must not make a client give up is 503: at 200 with `911`
 * or `dnserr`, at 403 and at 429 inadyn ends for good.
 */
export interface Answer {
  readonly status: 200 | 401 | 503;
  /** One line for each host name. */
  readonly body: string;
  /** s */
  readonly retryAfter?: number;
}

/** What somebody has to change before another request is of use. */
export type Refused = "nohost" | "notfqdn" | "abuse";

/** For whom asks too often or shares a name, s. */
const LATER = 900;
/** For whom comes when something of ours is broken, s. */
const SOON = 120;

export const BAD_CREDENTIALS: Answer = { status: 401, body: "badauth\n" };

/** Not now: too many, or a fault of ours. @param retryAfter s */
export function notNow(retryAfter = LATER): Answer {
  return { status: 503, body: "911\n", retryAfter };
}

/** What keeps the names does not answer. */
export const DNS_TROUBLE: Answer = { status: 503, body: "dnserr\n", retryAfter: SOON };
export const OUR_FAULT: Answer = notNow(SOON);

/** The same for every name: a list is done as a whole, or not at all. @param count of names, 1 or more */
export function refuse(word: Refused, count: number): Answer {
  return { status: 200, body: `${word}\n`.repeat(Math.max(1, count)) };
}

/** @param lines for each name, whether it was changed, and the addresses that the request was about */
export function done(
  lines: readonly { readonly changed: boolean; readonly addresses: readonly string[] }[],
): Answer {
  const body = lines
    .map(
      ({ changed, addresses }) => `${[changed ? "good" : "nochg", addresses.join(",")].join(" ").trim()}\n`,
    )
    .join("");
  return { status: 200, body };
}

/** Two boxes with one key, or a line that changes all the time, take turns: their name is held back. */

const HOUR = 3600_000;
/** Different addresses within an hour. */
const MOST = 6;
/** Addresses that are remembered, so that who goes on changes nothing but the last of them. */
const REMEMBERED = 16;

/** An address, and when it was reported last, ms since 1970. */
export type Seen = readonly [address: string, at: number];

/** @returns what is remembered from now on, and whether there were too many */
export function note(
  recent: readonly Seen[],
  address: string,
  now: number,
): { readonly recent: readonly Seen[]; readonly unstable: boolean } {
  const others = recent.filter(([one, at]) => one !== address && now - at < HOUR && at <= now);
  const next: Seen[] = [...others, [address, now]];
  return { recent: next.slice(-REMEMBERED), unstable: next.length > MOST };
}

/** What is kept as JSON in the row. */
export function parseSeen(text: string): Seen[] {
  return JSON.parse(text) as Seen[];
}

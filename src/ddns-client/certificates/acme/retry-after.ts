/** Nobody is believed who says longer, ms. */
const LONGEST = 7 * 86_400_000;

/**
 * How long an answer asks to wait, ms, 0 to 7 days; undefined where it says nothing that can be read.
 * @see RFC 9110 §10.2.3, RFC 8555 §6.6
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST) : undefined;
}

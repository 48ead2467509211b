/** When things are done about a door. Times in ms; nothing here knows a clock. */

/** What a mapping is asked for, s. */
export const WISHED_LIFETIME = 7200;
/** A mapping without an end is made again so often: routers forget it in a power cut. */
const PERMANENT_RENEWAL_MS = 3600_000;
const LEAST_MS = 1000;
const LEAST_RETRY_MS = 4000;

/** From the answer to the first renewal: half the life, and up to an eighth of it later. @see RFC 6887 §11.2.1 */
export function renewalAfter(lifetime: number, random: number): number {
  if (lifetime === 0) return PERMANENT_RENEWAL_MS * (1 + random / 8);
  return Math.max(LEAST_MS, lifetime * 1000 * (1 / 2 + random / 8));
}

/** From a renewal that was not answered to the next: half of what is left, but not at once. */
export function renewAgainAfter(leftMs: number, random: number): number {
  return Math.max(LEAST_RETRY_MS, (leftMs / 2) * (1 + random / 8));
}

const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/** Until a router that was silent or refused is asked again: 5 s, doubled up to 15 min, each by up to a quarter longer. @param times in a row, from 1 */
export function pauseAfter(times: number, random: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(20, times - 1)) * (1 + random / 4);
}

const FIRST_PORT = 20_000;
const PORTS = 40_000;
/** Ports that are asked for before one gives up. */
export const PORT_TRIES = 6;

/** External ports in the order in which they are asked for: the wished one, then others that no service is known at. */
export function portsToTry(wished: number, random: () => number): number[] {
  const others = Array.from({ length: PORT_TRIES - 1 }, () => FIRST_PORT + Math.floor(random() * PORTS));
  return [...new Set([wished, ...others])];
}

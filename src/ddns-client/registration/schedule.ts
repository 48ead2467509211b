import type { Registration } from "../../protocol/registration.ts";

/** When a box speaks to its cloud again. Pure: `random` is a number from 0 up to 1. */

const SECOND = 1000;
/** Boxes of a street come back together after a power cut: each waits up to so long. */
const LONGEST_JITTER_MS = 30 * SECOND;
const LONGEST_BACK_OFF_MS = 5 * 60 * SECOND;
/** A door that did not answer is tried again after this, then twice as late each time. */
const FIRST_RETRY_MS = 15 * SECOND;
const LONGEST_RETRY_MS = 15 * 60 * SECOND;
/** Whatever a cloud wishes for: each request is a write to the disk, and after two days it forgets the addresses. */
const [SHORTEST_REFRESH_MS, LONGEST_REFRESH_MS] = [60 * SECOND, 48 * 3600 * SECOND];

/** Before the first request after a start. @returns ms */
export const bootDelay = (random: number): number => random * LONGEST_JITTER_MS;

/**
 * After a failure: full jitter, and never before the cloud wants to hear of it.
 * @param failures in a row, 1 or more
 * @returns ms, 1 s to 5 min beyond what the cloud said
 */
export function backOff(failures: number, random: number, retryAfterMs = 0): number {
  const most = Math.min(LONGEST_BACK_OFF_MS, SECOND * 2 ** Math.min(failures, 10));
  return retryAfterMs + Math.max(SECOND, random * most);
}

/**
 * After an answer: at the latest when the cloud wants an update, sooner while a door that should be open is not.
 * @param tries updates in a row that left it so
 * @returns ms
 */
export function untilNext({ doors, refreshSeconds }: Registration, tries: number, random: number): number {
  // Early rather than late, and not all at the same moment.
  const wished = Math.min(LONGEST_REFRESH_MS, Math.max(SHORTEST_REFRESH_MS, refreshSeconds * SECOND));
  const refresh = wished * (0.8 + 0.15 * random);
  if (!isUndecided(doors)) return refresh;
  const retry = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10));
  return Math.min(refresh, retry * (0.75 + 0.5 * random));
}

/** Whether a door might be open with the next update, though nothing that the box knows of changes. */
export function isUndecided({ ipv4, ipv6 }: Registration["doors"]): boolean {
  return [ipv4, ipv6].some(
    ({ state }) => state === "unverified" || state === "differs" || state === "unstable",
  );
}

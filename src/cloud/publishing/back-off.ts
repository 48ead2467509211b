/** Waits that grow, each anywhere within its bound ("full jitter"), so that nobody asks in step with others. */
export function backOff(attempts: number, first: number, longest: number, random = Math.random): number {
  const bound = Math.min(longest, first * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  // Never at once.
  return Math.max(first / 4, random() * bound);
}

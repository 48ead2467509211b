import type { Quality } from "./quality.ts";

/** Bits per second that the box converts to. @see `PlaybackRequest.quality` of the API */
export const MADE_RATES: Readonly<Record<Exclude<Quality, "original">, number>> = {
  medium: 1_200_000,
  low: 500_000,
};
/** Above this nobody needs to know more, bits per second. */
export const PLENTY = 60_000_000;

/** Bits per second as megabits in words: `0.5`, `4.2`, `12`. @param tag BCP 47 */
export function megabits(rate: number, tag: string): string {
  const million = rate / 1_000_000;
  const digits = million < 9.95 ? 1 : 0;
  return new Intl.NumberFormat(tag, { maximumFractionDigits: digits }).format(million);
}

/** Whether a stream of this rate comes over a link of that rate, with a little room. */
export function isHeld(rate: number, link: number): boolean {
  return rate * 1.15 <= link;
}

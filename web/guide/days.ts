/** Days of the guide, as a person where the viewer is counts them: one with a change of the clock has 23 or 25 hours. */

/** Days that the guide shows, today included. */
export const DAYS = 7;

/** Midnight at the beginning of the day that holds `at`, ms since 1970. */
export function dayStart(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Midnight `count` days after the one at `start`. */
export function dayAfter(start: number, count = 1): number {
  const date = new Date(start);
  date.setDate(date.getDate() + count);
  return date.setHours(0, 0, 0, 0);
}

/** The beginnings of the days that the guide shows. */
export function daysFrom(now: number): number[] {
  const today = dayStart(now);
  return Array.from({ length: DAYS }, (_, index) => dayAfter(today, index));
}

/** `at`'s time of day, on the day that begins at `day`. */
export function sameTimeOn(day: number, at: number): number {
  const time = new Date(at);
  return new Date(day).setHours(time.getHours(), time.getMinutes(), 0, 0);
}

import type { ClientLimits } from "../../protocol/client-limits.ts";
import { localMoment, localTime } from "./local-time.ts";

/** When a client may watch; none: never. */
export type Hours = NonNullable<ClientLimits["hours"]>;

/** `15:30` → minutes since midnight. */
export function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** Whether a moment is within them, by the box's local time. @param at epoch ms */
export function isWithinHours(hours: Hours, at: number): boolean {
  const { weekday, minute } = localTime(at);
  return hours.some(
    ({ days, from, to }) => days.includes(weekday) && minute >= minuteOf(from) && minute < minuteOf(to),
  );
}

/** When they begin next after a moment outside of them. @param at epoch ms @returns epoch ms; null: never */
export function nextHours(hours: Hours, at: number): number | null {
  let next = Infinity;
  for (let later = 0; later <= 7; later++) {
    const { weekday } = localTime(localMoment(at, later, 12 * 60));
    for (const { days, from } of hours) {
      const begins = localMoment(at, later, minuteOf(from));
      if (days.includes(weekday) && begins > at) next = Math.min(next, begins);
    }
  }
  return next === Infinity ? null : next;
}

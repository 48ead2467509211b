/** A moment by the box's own clock and time zone (the `TZ` of its process). */
export interface LocalTime {
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number;
  /** Minutes since midnight as the clock on the wall shows them, 0 to 1439; some come twice or never where summer time begins or ends. */
  readonly minute: number;
  /** `2026-11-20`. */
  readonly date: string;
}

/** @param at epoch ms */
export function localTime(at: number): LocalTime {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    weekday: date.getDay() === 0 ? 7 : date.getDay(),
    minute: date.getHours() * 60 + date.getMinutes(),
    date: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  };
}

/**
 * A time of day, so many days after the day of `at`. Where the clock jumps over it: as much later as it jumps.
 * @param at epoch ms
 * @param minute since midnight
 * @returns epoch ms
 */
export function localMoment(at: number, daysLater: number, minute: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + daysLater, 0, minute).getTime();
}

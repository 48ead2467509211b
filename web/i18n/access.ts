import { accessEn, type AccessKey } from "./access-en.ts";
import { accessZh } from "./access-zh.ts";
import { filled, language, tag, type Fill } from "./index.ts";

export { dayTime } from "./index.ts";

/** As `t`, for the screens of access, whose words come with them. */
export function ta(key: AccessKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? accessZh : accessEn)[key], fill);
}

/** Whether there are words for a key that the box made up. */
export function hasWords(key: string): key is AccessKey {
  return key in accessEn;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in words: now, 5 minutes ago, yesterday; a date for more than a week. @param now ms since 1970 */
export function ago(iso: string, now: number): string {
  const age = now - Date.parse(iso);
  if (age < 2 * MINUTE) return ta("now");
  if (age > 7 * DAY) return day(iso);
  const format = new Intl.RelativeTimeFormat(tag.value, { numeric: "auto" });
  if (age < HOUR) return format.format(-Math.round(age / MINUTE), "minute");
  return age < DAY
    ? format.format(-Math.round(age / HOUR), "hour")
    : format.format(-Math.round(age / DAY), "day");
}

/** Weekday and date where the viewer is. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(tag.value, { weekday: "short", day: "numeric", month: "long" }).format(
    new Date(iso),
  );
}

/** @param number 1 Monday to 7 Sunday */
export function weekday(number: number): string {
  // 1 January 2024 was a Monday
  const date = new Date(Date.UTC(2024, 0, number));
  return new Intl.DateTimeFormat(tag.value, { weekday: "short", timeZone: "UTC" }).format(date);
}

/** 90 → 1:30, as a length of time. */
export function minutesWords(minutes: number): string {
  if (minutes < 60) return ta("minutes", { count: minutes });
  const rest = minutes % 60;
  return rest === 0
    ? ta("hours", { count: minutes / 60 })
    : ta("hours.minutes", { hours: Math.floor(minutes / 60), minutes: rest });
}

/** A list as a sentence has it. */
export function listWords(parts: readonly string[]): string {
  // In Chinese the format of units puts nothing between them.
  if (language.value === "zh") return parts.join("，");
  return new Intl.ListFormat(tag.value, { type: "unit", style: "short" }).format(parts);
}

import { awayEn, type AwayKey } from "./away-en.ts";
import { awayZh } from "./away-zh.ts";
import { dayTime, filled, language, tag, type Fill } from "./index.ts";

/** As `t`, for the page that shows when the box is not reached, whose words come with it. */
export function tw(key: AwayKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? awayZh : awayEn)[key], fill);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long ago in words: just now, 5 minutes ago, 3 hours ago; the day and time for more than a day. Both ms since 1970. */
export function agoWords(at: number, now: number): string {
  const age = now - at;
  if (age < MINUTE) return tw("just");
  if (age > 24 * HOUR) return dayTime(new Date(at).toISOString());
  const format = new Intl.RelativeTimeFormat(tag.value, { numeric: "auto" });
  return age < HOUR
    ? format.format(-Math.round(age / MINUTE), "minute")
    : format.format(-Math.round(age / HOUR), "hour");
}

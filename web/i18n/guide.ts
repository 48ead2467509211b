import type { Channel, Programme } from "../../src/protocol/api.ts";
import { DAYS, dayAfter, dayStart } from "../guide/days.ts";
import { guideEn, type GuideKey } from "./guide-en.ts";
import { guideZh } from "./guide-zh.ts";
import { clockTime, filled, language, tag, type Fill } from "./index.ts";

/** As `t`, for guide, search and reminders, whose words come with them. */
export function tg(key: GuideKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? guideZh : guideEn)[key], fill);
}

/** What a programme is called, whatever the broadcaster says of it. */
export function titleOf(programme: Programme | null): string {
  if (programme === null) return tg("gap");
  if (programme.restricted === true) return tg("restricted");
  return programme.title.trim() || tg("untitled");
}

export const hours = (at: number): string => clockTime(new Date(at).toISOString());

/** From when to when. */
export function span(from: number, to: number): string {
  return tg("span", { from: hours(from), to: hours(to) });
}

/** All of a programme in one breath, for those who listen; what is seen of it comes in the same order. */
export function spoken(
  channel: Pick<Channel, "name">,
  programme: Programme | null,
  from: number,
  to: number,
  more: { now: number; reminded?: boolean },
): string {
  const subtitle = programme?.subtitle ?? "";
  const names = { title: titleOf(programme), from: hours(beginOf(programme, from)), to: hours(to) };
  const today = dayStart(from) === dayStart(more.now);
  return inARow(
    channel.name,
    !today && dayName(from, more.now),
    subtitle === "" ? tg("cell", names) : tg("cell.part", { ...names, subtitle }),
    from <= more.now && more.now < to && tg("cell.on"),
    more.reminded === true && tg("cell.reminded"),
  );
}

/** When it begins, also when only a later part of it is shown. @param from of that part, ms since 1970 */
export function beginOf(programme: Programme | null, from: number): number {
  return programme === null ? from : Date.parse(programme.startsAt);
}

/** Words one after the other, as they are listed; what is false is left out. */
export function inARow(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(language.value === "zh" ? "，" : ", ");
}

/** Today, tomorrow, or a weekday with its date. @param at ms since 1970 */
export function dayName(at: number, now: number): string {
  const today = dayStart(now);
  if (dayStart(at) === today) return tg("today");
  if (dayStart(at) === dayAfter(today)) return tg("tomorrow");
  return dateWords(at);
}

/** As `dayName`, for where there is little room. */
export function shortDay(at: number, now: number): string {
  const today = dayStart(now);
  if (dayStart(at) === today) return tg("today");
  if (dayStart(at) === dayAfter(today)) return tg("tomorrow");
  return new Intl.DateTimeFormat(tag.value, { weekday: "short", day: "numeric" }).format(at);
}

/** Weekday, day and month. */
export function dateWords(at: number): string {
  return new Intl.DateTimeFormat(tag.value, { weekday: "long", day: "numeric", month: "long" }).format(at);
}

/** What fits a chip: weekday and day of the month. */
export function chipWords(at: number): { weekday: string; date: string } {
  const weekday = new Intl.DateTimeFormat(tag.value, { weekday: "short" }).format(at);
  return { weekday, date: String(new Date(at).getDate()) };
}

/** When something is, from now: with the day unless it is today; the weekday alone within a week. */
export function dayAndHours(at: number, now: number): string {
  const today = dayStart(now);
  if (dayStart(at) === today) return hours(at);
  const near = at < dayAfter(today, DAYS);
  const day =
    dayStart(at) === dayAfter(today) ? tg("tomorrow") : near ? chipWords(at).weekday : dateWords(at);
  return `${day} ${hours(at)}`;
}

/** The kind of a programme by content_nibble_level_1; null: none that there are words for. @see EN 300 468 table 29 */
export function genreOf(programme: Programme | null): number | null {
  const level = (programme?.genres?.[0]?.code ?? 0) >> 4;
  return level >= 1 && level <= 10 ? level : null;
}

export function genreWords(level: number): string {
  const key = `genre.${level}`;
  return key in guideEn ? tg(key as GuideKey) : "";
}

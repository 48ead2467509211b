import { nearest } from "../kernel/config/nearest.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Client } from "../protocol/api.ts";
import type { ClientLimits } from "../protocol/client-limits.ts";
import { dateTime } from "./text.ts";

/** Limits as a person types and reads them. Pure. */

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Hours = NonNullable<ClientLimits["hours"]>;

const usage = (message: string): TellyportError => new TellyportError("usage", message);

/**
 * `mon-fri 15:00-20:00,sat-sun 08:00-21:00`; `daily` is every day, and what ends before it begins goes on into the next day.
 * @throws TellyportError `usage`
 */
export function parseHours(text: string): Hours {
  return text.split(",").flatMap((entry) => {
    const match = /^\s*(\S+)\s+(\d\d?:\d\d)-(\d\d?:\d\d)\s*$/.exec(entry);
    if (match === null)
      throw usage(`--hours takes "mon-fri 15:00-20:00,sat-sun 08:00-21:00", not "${entry.trim()}".`);
    const [, which = "", from = "", to = ""] = match;
    const days = parseDays(which);
    const [begins, ends] = [parseTime(from, "23:59"), parseTime(to, "24:00")];
    if (begins < ends) return [{ days, from: begins, to: ends }];
    const overnight = [{ days, from: begins, to: "24:00" }];
    if (ends === "00:00") return overnight;
    return [...overnight, { days: days.map((day) => (day % 7) + 1), from: "00:00", to: ends }];
  });
}

/** `mon-fri` → 1 to 5, `fri-mon` → 5, 6, 7, 1. */
function parseDays(text: string): number[] {
  if (text.toLowerCase() === "daily") return [1, 2, 3, 4, 5, 6, 7];
  const [first = "", last = first, ...more] = text.toLowerCase().split("-");
  const [from, to] = [dayOf(first), dayOf(last)];
  if (more.length > 0) throw usage(`"${text}" are no days: mon, mon-fri or daily.`);
  const days: number[] = [from];
  for (let day = from; day !== to; days.push(day)) day = (day % 7) + 1;
  return days;
}

function dayOf(text: string): number {
  const index = DAYS.findIndex((day) => text.length >= 3 && day === text.slice(0, 3));
  if (index >= 0) return index + 1;
  const near = nearest(text, DAYS);
  throw usage(`"${text}" is no day: ${near === null ? DAYS.join(", ") : `did you mean ${near}`}.`);
}

/** `8:00` → `08:00`. */
function parseTime(text: string, latest: string): string {
  const time = text.padStart(5, "0");
  if (time <= latest && time.slice(3) < "60") return time;
  throw usage(`"${text}" is no time of the day.`);
}

/**
 * The end of a guest's stay: `2026-11-27` (all of that day) or `2026-11-27 19:05`, by the clock of this machine; or ISO 8601.
 * @throws TellyportError `usage`
 */
export function parseUntil(text: string): Date {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const date =
    day === null
      ? new Date(text.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d)$/, "$1T$2"))
      : new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]) + 1);
  if (Number.isNaN(date.getTime()))
    throw usage(`--until takes a date such as 2026-11-27 or "2026-11-27 19:05", not "${text}".`);
  return date;
}

/** `to 12 years, mon-fri 15:00-20:00, 3 channels, 60 min a day, until 2026-11-27 19:05`; empty: nothing limits it. */
export function limitsText({ limits, endsAt }: Pick<Client, "limits" | "endsAt">): string {
  const { maximumAge, unrated = true, hours, channels, minutesPerDay } = limits ?? {};
  return [
    ...(maximumAge === undefined ? [] : [`to ${maximumAge} years`]),
    ...(unrated ? [] : ["rated only"]),
    ...(hours === undefined ? [] : [hours.length === 0 ? "never" : hours.map(hoursText).join(" + ")]),
    ...(channels === undefined ? [] : [channels.length === 1 ? "1 channel" : `${channels.length} channels`]),
    ...(minutesPerDay === undefined ? [] : [`${minutesPerDay} min a day`]),
    ...(endsAt === undefined || endsAt === null ? [] : [`until ${dateTime(new Date(endsAt))}`]),
  ].join(", ");
}

function hoursText({ days, from, to }: Hours[number]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const [first = 1, last = 1] = [sorted[0], sorted.at(-1)];
  const row = sorted.length > 2 && last - first === sorted.length - 1;
  const name = (day: number): string => DAYS[day - 1] ?? "";
  const which =
    sorted.length === 7 ? "daily" : row ? `${name(first)}-${name(last)}` : sorted.map(name).join("+");
  return `${which} ${from}-${to}`;
}

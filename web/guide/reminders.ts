import type { Programme } from "../../src/protocol/api.ts";

/** A programme that somebody wants to be told of on this device. */
export interface Reminder {
  readonly channel: string;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** Kept at once; the first to come are. */
const MOST = 100;
/** So long before the start one is told, ms. */
const AHEAD = 60_000;
/** So long after the start one is still told, ms. */
const LATE = 10 * 60_000;
const LONGEST_TITLE = 200;

export function isSame(
  one: Pick<Reminder, "channel" | "startsAt">,
  channel: string,
  startsAt: string,
): boolean {
  return one.channel === channel && one.startsAt === startsAt;
}

export function withReminder(
  all: readonly Reminder[],
  channel: string,
  { title, startsAt, endsAt }: Programme,
): readonly Reminder[] {
  const fresh = { channel, title: title.slice(0, LONGEST_TITLE), startsAt, endsAt };
  return [...all.filter((one) => !isSame(one, channel, startsAt)), fresh]
    .sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
    .slice(0, MOST);
}

export function withoutReminder(
  all: readonly Reminder[],
  channel: string,
  startsAt: string,
): readonly Reminder[] {
  return all.filter((one) => !isSame(one, channel, startsAt));
}

/** Those whose programme is not over, or began not too long ago. @param now ms since 1970 */
export function stillToCome(all: readonly Reminder[], now: number): readonly Reminder[] {
  const kept = all.filter(({ startsAt, endsAt }) => now < end(startsAt, endsAt));
  return kept.length === all.length ? all : kept;
}

/** Those that one is to be told of now. */
export function dueAt(all: readonly Reminder[], now: number): readonly Reminder[] {
  return all.filter(
    ({ startsAt, endsAt }) => now >= Date.parse(startsAt) - AHEAD && now < end(startsAt, endsAt),
  );
}

function end(startsAt: string, endsAt: string): number {
  return Math.min(Date.parse(endsAt), Date.parse(startsAt) + LATE);
}

/** What an earlier visit left; what is no reminder is left out. */
export function readReminders(text: string | null): readonly Reminder[] {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(found) ? found.filter(isReminder).slice(0, MOST) : [];
}

function isReminder(value: unknown): value is Reminder {
  if (typeof value !== "object" || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const texts = ["channel", "title", "startsAt", "endsAt"].map((name) => fields.get(name));
  if (!texts.every((text) => typeof text === "string")) return false;
  return Date.parse(String(texts[3])) > Date.parse(String(texts[2]));
}

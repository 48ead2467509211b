import type { GuideEvent } from "../../tuner/ports.ts";
import { collide, combine, loser, type RankedEvent } from "./event-ranks.ts";

/** Pure selection of what is on now and what comes next. @see EN 300 468 §5.2.4 */

/**
 * @param events of one service, in any order
 * @param at epoch ms
 * @returns the event running at `at`, and the first that starts later; expired ones are neither
 */
export function nowAndNext<T extends GuideEvent>(
  events: readonly T[],
  at: number,
): { now: T | null; next: T | null } {
  let now: T | null = null;
  let next: T | null = null;
  for (const event of events) {
    if (event.endsAt <= at) continue;
    if (event.startsAt <= at) {
      if (now === null || event.startsAt > now.startsAt) now = event;
    } else if (next === null || event.startsAt < next.startsAt) next = event;
  }
  return { now, next };
}

/**
 * Adds events to a service's list: one of a known event_id is combined with it, and of two that cannot both be right the
 * better founded stays, the newer among equals.
 * @returns a new list in order of start, without what ended before `at`, at most `limit` long
 */
export function mergeEvents(
  known: readonly RankedEvent[],
  added: readonly RankedEvent[],
  at: number,
  limit: number,
): RankedEvent[] {
  let merged = known.filter((event) => event.endsAt > at);
  const ids = new Set(added.map(({ eventId }) => eventId));
  for (const event of added) {
    if (event.endsAt <= event.startsAt) continue;
    const before = merged.find(({ eventId }) => eventId === event.eventId);
    const whole = before === undefined ? event : combine(before, event);
    const others = merged.filter(({ eventId }) => eventId !== event.eventId);
    const lost = new Set(
      others
        .filter((other) => !ids.has(other.eventId) && collide(other, whole))
        .map((other) => loser(other, whole)),
    );
    merged = others.filter((other) => !lost.has(other));
    if (whole.endsAt > at && !lost.has(whole)) merged.push(whole);
  }
  return merged.sort((a, b) => a.startsAt - b.startsAt).slice(0, limit);
}

/** Events without a duration last until the next one begins, when that is soon; ms. */
export const LONGEST_GUESS = 6 * 60 * 60_000;

/** Gives events whose duration is undefined one. @param events of one service; those that cannot be helped are left out */
export function withDurations<T extends GuideEvent>(events: readonly T[]): T[] {
  if (events.every((event) => event.endsAt > event.startsAt)) return [...events];
  return events.flatMap((event) => {
    if (event.endsAt > event.startsAt) return [event];
    let next = Infinity;
    for (const { startsAt } of events) if (startsAt > event.startsAt && startsAt < next) next = startsAt;
    return next - event.startsAt <= LONGEST_GUESS ? [{ ...event, endsAt: next }] : [];
  });
}

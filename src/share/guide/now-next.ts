import type { GuideEvent } from "../../tuner/ports.ts";

/** Pure selection of what is on now and what comes next. @see EN 300 468 §5.2.4 */

/**
 * @param events of one service, in any order
 * @param at epoch ms
 * @returns the event running at `at`, and the first that starts later; expired ones are neither
 */
export function nowAndNext(
  events: readonly GuideEvent[],
  at: number,
): { now: GuideEvent | null; next: GuideEvent | null } {
  let now: GuideEvent | null = null;
  let next: GuideEvent | null = null;
  for (const event of events) {
    if (event.endsAt <= at) continue;
    if (event.startsAt <= at) {
      if (now === null || event.startsAt > now.startsAt) now = event;
    } else if (next === null || event.startsAt < next.startsAt) next = event;
  }
  return { now, next };
}

/**
 * Adds events to a service's list: an event replaces what had its id or overlaps it, since the newest table is right.
 * @returns a new list in order of start, without what ended before `at`, at most `limit` long
 */
export function mergeEvents(
  known: readonly GuideEvent[],
  added: readonly GuideEvent[],
  at: number,
  limit: number,
): GuideEvent[] {
  let merged = known.filter((event) => event.endsAt > at);
  for (const event of added) {
    if (event.endsAt <= at || event.endsAt <= event.startsAt) continue;
    merged = merged.filter(
      (other) =>
        other.eventId !== event.eventId && (other.endsAt <= event.startsAt || other.startsAt >= event.endsAt),
    );
    merged.push(event);
  }
  return merged.sort((a, b) => a.startsAt - b.startsAt).slice(0, limit);
}

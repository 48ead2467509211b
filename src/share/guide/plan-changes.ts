import type { GuideStretch } from "../../tuner/index.ts";
import {
  collide,
  combine,
  isActual,
  isImported,
  isPresentFollowing,
  loser,
  type RankedEvent,
} from "./event-ranks.ts";
import { cut, placeOf, type Place } from "./stored-event.ts";

/** What must be written for one service. */
export interface Changes {
  /** Ids of stored events that go. */
  readonly removed: readonly number[];
  /** New, or in place of what is stored of the same id. */
  readonly written: readonly RankedEvent[];
}

/**
 * Compares what came with what is stored of one service. Pure.
 * @param stored every event of the service
 * @param read the whole stored event
 * @param now epoch ms: what has begun is not taken away
 */
export function planChanges(
  stored: readonly Place[],
  added: readonly RankedEvent[],
  stretches: readonly GuideStretch[],
  read: (place: Place) => RankedEvent,
  now: number,
): Changes {
  const rows = new Map(stored.map((place) => [place.eventId, place]));
  const storedIds = new Set(rows.keys());
  const events = new Map<number, RankedEvent>();
  const removed = new Set<number>();
  const listed = new Set(added.map(({ eventId }) => eventId));
  for (const { eventIds } of stretches) for (const eventId of eventIds) listed.add(eventId);
  const remove = (place: Place): void => {
    rows.delete(place.eventId);
    events.delete(place.eventId);
    if (storedIds.has(place.eventId)) removed.add(place.eventId);
  };

  for (const stretch of stretches)
    for (const place of [...rows.values()])
      if (isWithin(place, stretch, now) && !listed.has(place.eventId)) remove(place);

  for (const one of added) {
    const before = rows.get(one.eventId);
    let event = cut(one);
    let place = placeOf(event);
    if (before !== undefined) {
      if (isSame(before, place)) continue;
      event = cut(combine(events.get(one.eventId) ?? read(before), event));
      place = placeOf(event);
      if (isSame(before, place)) continue;
    }
    const moved = before?.startsAt !== event.startsAt || before.endsAt !== event.endsAt;
    if (moved && !makeRoom(place, isActual(one), rows, listed, remove)) {
      // It moved to where another one is believed; but nobody else moves what the service's own said.
      if (before !== undefined && (isActual(one) || !isActual(before))) remove(before);
      continue;
    }
    rows.set(event.eventId, place);
    events.set(event.eventId, event);
  }
  for (const eventId of events.keys()) removed.delete(eventId);
  return { removed: [...removed], written: [...events.values()] };
}

/** What came says nothing new: the same by the same table, or by one that is believed less; present/following alone is not worth a write. */
const isSame = (known: Place, place: Place): boolean =>
  known.digest === place.digest &&
  known.startsAt === place.startsAt &&
  known.endsAt === place.endsAt &&
  (isActual(known) || !isActual(place)) &&
  (!isImported(known) || isImported(place));

/** A stretch that is known wholly may take it away, when it has it not. @param now epoch ms: what has begun stays */
export const isWithin = (
  place: Pick<Place, "startsAt" | "timesRank" | "textsRank">,
  stretch: GuideStretch,
  now: number,
): boolean =>
  place.startsAt >= stretch.from &&
  place.startsAt < stretch.to &&
  place.startsAt > now &&
  isImported(place) === (stretch.imported ?? false) &&
  !isPresentFollowing(place) &&
  (stretch.actual || !isActual(place));

/**
 * Takes away what cannot be right beside the event.
 * @param own the service's own transport stream has put it there
 * @returns false when it is the event itself
 */
function makeRoom(
  added: Place,
  own: boolean,
  rows: ReadonlyMap<number, Place>,
  listed: ReadonlySet<number>,
  remove: (place: Place) => void,
): boolean {
  const others = [...rows.values()].filter(
    (other) =>
      other.eventId !== added.eventId &&
      // What one table has side by side is the broadcaster's own loose edge.
      (!listed.has(other.eventId) || isImported(added) !== isImported(other)) &&
      collide(other, added),
  );
  const lost = others.map((other) => loser(other, added));
  if (lost.includes(added)) return false;
  for (const place of lost) if (place !== null && (own || !isActual(place))) remove(place);
  return true;
}

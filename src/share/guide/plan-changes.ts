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
import { cut, digestOf, type Place } from "./guide-row.ts";

/** What must be written for one service. */
export interface Changes {
  readonly removed: readonly number[];
  /** With its row, or 0 for a new one. */
  readonly written: readonly { readonly id: number; readonly event: RankedEvent }[];
}

/**
 * Compares what came with what is stored of one service. Pure.
 * @param stored every row of the service
 * @param read the whole event of a row
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
  const events = new Map<number, RankedEvent>();
  const removed = new Set<number>();
  const listed = new Set(added.map(({ eventId }) => eventId));
  for (const { eventIds } of stretches) for (const eventId of eventIds) listed.add(eventId);
  const remove = (place: Place): void => {
    rows.delete(place.eventId);
    events.delete(place.eventId);
    if (place.id > 0) removed.add(place.id);
  };

  for (const stretch of stretches)
    for (const place of [...rows.values()])
      if (isWithin(place, stretch, now) && !listed.has(place.eventId)) remove(place);

  for (const one of added) {
    const before = rows.get(one.eventId);
    let event = cut(one);
    let digest = digestOf(event);
    if (before !== undefined && isSame(before, event, digest)) continue;
    if (before !== undefined) {
      event = cut(combine(events.get(one.eventId) ?? read(before), event));
      digest = digestOf(event);
      if (isSame(before, event, digest)) continue;
    }
    const moved = before?.startsAt !== event.startsAt || before.endsAt !== event.endsAt;
    const place: Place = { ...placed(event), id: before?.id ?? 0, digest };
    if (moved && !makeRoom(place, rows, listed, remove)) {
      if (before !== undefined) remove(before);
      continue;
    }
    rows.set(event.eventId, place);
    events.set(event.eventId, event);
  }
  return {
    removed: [...removed],
    written: [...events.values()].map((event) => ({ id: rows.get(event.eventId)?.id ?? 0, event })),
  };
}

const placed = ({
  eventId,
  startsAt,
  endsAt,
  timesRank,
  textsRank,
}: RankedEvent): Omit<Place, "id" | "digest"> => ({
  eventId,
  startsAt,
  endsAt,
  timesRank,
  textsRank,
});

const isSame = (place: Place, event: RankedEvent, digest: number): boolean =>
  place.digest === digest && place.startsAt === event.startsAt && place.endsAt === event.endsAt;

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

/** Takes away what cannot be right beside the event. @returns false when it is the event itself */
function makeRoom(
  added: Place,
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
  for (const place of lost) if (place !== null) remove(place);
  return true;
}

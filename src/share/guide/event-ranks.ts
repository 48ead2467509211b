import type { GuideEvent } from "../../tuner/ports.ts";

/**
 * Who is believed about an event. Times: present/following before schedule, then actual before other. Texts: actual before other,
 * then present/following before schedule; so what another multiplex says never takes a description away.
 */

/** 0 imported, 1 schedule of another, 2 schedule, 3 present/following of another, 4 present/following. */
export type Rank = 0 | 1 | 2 | 3 | 4;

/** An event, and from where its times and its texts come. */
export interface RankedEvent extends GuideEvent {
  readonly timesRank: Rank;
  /** As {@link Rank}, but with 2 present/following of another, and 3 schedule. */
  readonly textsRank: Rank;
}

const OTHER_SCHEDULE = 1;
const BEST = 4;
/** The same event_id so far from where it was is another event, ms. */
const OTHER_EVENT = 24 * 60 * 60_000;

/** Without an origin it is taken for the best. */
export function ranked(event: GuideEvent): RankedEvent {
  const { origin } = event;
  if (origin === undefined) return { ...event, timesRank: BEST, textsRank: BEST };
  if (origin.table === "imported") return { ...event, timesRank: 0, textsRank: 0 };
  const present = origin.table === "present-following" ? 1 : 0;
  const actual = origin.actual ? 1 : 0;
  return {
    ...event,
    timesRank: (OTHER_SCHEDULE + 2 * present + actual) as Rank,
    textsRank: (OTHER_SCHEDULE + 2 * actual + present) as Rank,
  };
}

export const isImported = (event: { readonly timesRank: Rank }): boolean => event.timesRank === 0;

export const isPresentFollowing = (event: { readonly timesRank: Rank }): boolean => event.timesRank >= 3;

/** The transport stream that carries the service has said something about it. */
export const isActual = (event: { readonly timesRank: Rank; readonly textsRank: Rank }): boolean =>
  event.textsRank >= 3 || event.timesRank === 2 || event.timesRank === 4;

/** What is known of an event when more of the same event_id comes. */
export function combine(known: RankedEvent, added: RankedEvent): RankedEvent {
  // A listing says all of a programme at once.
  if (isImported(known) && isImported(added)) return added;
  if (Math.abs(added.startsAt - known.startsAt) > OTHER_EVENT && added.timesRank >= known.timesRank)
    return added;
  const times = added.timesRank >= known.timesRank ? added : known;
  const first = added.textsRank >= known.textsRank ? added : known;
  const second = first === added ? known : added;
  const described = descriptionOf(first, second);
  const titled = first.title === "" ? second : first;
  const genres = first.genres ?? second.genres;
  const minimumAge = first.minimumAge ?? second.minimumAge ?? null;
  const programmeCrid = first.programmeCrid ?? second.programmeCrid ?? null;
  const seriesCrid = first.seriesCrid ?? second.seriesCrid ?? null;
  return {
    service: known.service,
    eventId: known.eventId,
    startsAt: times.startsAt,
    endsAt: times.endsAt,
    title: titled.title,
    description: described.description,
    language: titled.language ?? described.language,
    timesRank: times.timesRank,
    textsRank: first.textsRank,
    ...((described.subtitle ?? null) !== null && { subtitle: described.subtitle ?? null }),
    ...(genres !== undefined && { genres }),
    ...(minimumAge !== null && { minimumAge }),
    ...(programmeCrid !== null && { programmeCrid }),
    ...(seriesCrid !== null && { seriesCrid }),
  };
}

/**
 * Present/following often has the beginning only, or nothing, of what the schedule says at length. Which of them said what is known
 * is not remembered: of one programme the longer description stays, whichever comes again.
 */
function descriptionOf(first: RankedEvent, second: RankedEvent): RankedEvent {
  const sameTable = isPresentFollowing(first) === isPresentFollowing(second);
  const same = sameTable && isActual(first) === isActual(second);
  if (same && first.title !== "" && first.title !== second.title) return first;
  return second.description.startsWith(first.description) ? second : first;
}

/** More than half of the shorter one lies in the other: both cannot be right. Less is a broadcaster's loose edge. */
export function collide(
  a: { readonly startsAt: number; readonly endsAt: number },
  b: { readonly startsAt: number; readonly endsAt: number },
): boolean {
  const common = Math.min(a.endsAt, b.endsAt) - Math.max(a.startsAt, b.startsAt);
  return common > 0 && common * 2 > Math.min(a.endsAt - a.startsAt, b.endsAt - b.startsAt);
}

/**
 * What becomes of an event that collides with one of another event_id.
 * @returns the one to leave out, or null when both stay
 */
export function loser<T extends { readonly timesRank: Rank; readonly textsRank: Rank }>(
  known: T,
  added: T,
): T | null {
  if (added.timesRank < known.timesRank) return added;
  // Another multiplex deletes nothing that the service's own has said.
  return isActual(known) && !isActual(added) ? null : known;
}

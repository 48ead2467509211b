import type { Rank, RankedEvent } from "./event-ranks.ts";

/** Longest texts kept, characters. */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 2048;
const MAX_GENRES = 16;
/** Longest duration kept, s. */
export const LONGEST_SECONDS = 24 * 60 * 60;

/** What tells whether an event is known, without its texts. */
export interface Place {
  readonly eventId: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly digest: number;
  readonly timesRank: Rank;
  readonly textsRank: Rank;
}

/** As it will be stored: cut to length, letters composed, so that a search finds them, and in whole seconds. */
export function cut(event: RankedEvent): RankedEvent {
  const startsAt = Math.round(event.startsAt / 1000) * 1000;
  const seconds = Math.min(Math.round((event.endsAt - startsAt) / 1000), LONGEST_SECONDS);
  const description = event.description.normalize().slice(0, MAX_DESCRIPTION);
  const subtitle = event.subtitle?.normalize() ?? null;
  return {
    ...event,
    startsAt,
    endsAt: startsAt + seconds * 1000,
    title: event.title.normalize().slice(0, MAX_TITLE),
    description,
    subtitle: subtitle !== null && description.startsWith(subtitle) ? subtitle : null,
    ...(event.genres !== undefined && { genres: event.genres.slice(0, MAX_GENRES) }),
  };
}

export function placeOf(event: RankedEvent): Place {
  const { eventId, startsAt, endsAt, timesRank, textsRank } = event;
  return { eventId, startsAt, endsAt, timesRank, textsRank, digest: digestOf(event) };
}

/** 32 bits of what people read of an event: FNV-1a. */
export function digestOf(event: RankedEvent): number {
  const text = `${event.title}\n${event.language}\n${event.subtitle?.length ?? 0}\n${moreOf(event)}\n${event.description}`;
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** What few events have: genres, minimum age, CRIDs of programme and series. */
interface More {
  g?: readonly number[];
  a?: number;
  p?: string;
  s?: string;
}

/** An event as JSON of few bytes; times in seconds. */
export type Tuple = [
  eventId: number,
  startsAt: number,
  duration: number,
  ranks: number,
  subtitleLength: number,
  title: string,
  description: string,
  language: string | null,
  more?: More,
];

function moreOf({ genres, minimumAge, programmeCrid, seriesCrid }: RankedEvent): string | null {
  const more: More = {
    ...(genres !== undefined && genres.length > 0 && { g: genres }),
    ...(minimumAge != null && { a: minimumAge }),
    ...(programmeCrid != null && { p: programmeCrid }),
    ...(seriesCrid != null && { s: seriesCrid }),
  };
  return Object.keys(more).length === 0 ? null : JSON.stringify(more);
}

/** @param event as of {@link cut} */
export function tupleOf(event: RankedEvent): Tuple {
  const more = moreOf(event);
  const tuple: Tuple = [
    event.eventId,
    event.startsAt / 1000,
    (event.endsAt - event.startsAt) / 1000,
    event.timesRank * 8 + event.textsRank,
    event.subtitle?.length ?? 0,
    event.title,
    event.description,
    event.language,
  ];
  if (more !== null) tuple.push(JSON.parse(more) as More);
  return tuple;
}

export function eventOf(service: RankedEvent["service"], tuple: Tuple): RankedEvent {
  const [eventId, startsAt, duration, ranks, subtitleLength, title, description, language, more] = tuple;
  return {
    service,
    eventId,
    startsAt: startsAt * 1000,
    endsAt: (startsAt + duration) * 1000,
    title,
    description,
    language,
    timesRank: (ranks >> 3) as Rank,
    textsRank: (ranks & 7) as Rank,
    ...(subtitleLength > 0 && { subtitle: description.slice(0, subtitleLength) }),
    ...(more?.g !== undefined && { genres: more.g }),
    ...(more?.a !== undefined && { minimumAge: more.a }),
    ...(more?.p !== undefined && { programmeCrid: more.p }),
    ...(more?.s !== undefined && { seriesCrid: more.s }),
  };
}

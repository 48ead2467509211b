import type { Row, SqlValue } from "../../kernel/store/database.ts";
import type { ServiceKey } from "../../tuner/index.ts";
import type { Rank, RankedEvent } from "./event-ranks.ts";

/** Longest texts kept, characters. */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 2048;
const MAX_GENRES = 16;
/** Longest duration kept, s. */
export const LONGEST_SECONDS = 24 * 60 * 60;

/** What tells whether an event is known, without its texts. */
export interface Place {
  /** Row; 0 before it has one. */
  readonly id: number;
  readonly eventId: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly digest: number;
  readonly timesRank: Rank;
  readonly textsRank: Rank;
}

/** As it will be stored: cut to length, in whole seconds. */
export function cut(event: RankedEvent): RankedEvent {
  const startsAt = Math.round(event.startsAt / 1000) * 1000;
  const seconds = Math.min(Math.round((event.endsAt - startsAt) / 1000), LONGEST_SECONDS);
  const description = event.description.slice(0, MAX_DESCRIPTION);
  const subtitle = event.subtitle ?? null;
  return {
    ...event,
    startsAt,
    endsAt: startsAt + seconds * 1000,
    title: event.title.slice(0, MAX_TITLE),
    description,
    subtitle: subtitle !== null && description.startsWith(subtitle) ? subtitle : null,
    ...(event.genres !== undefined && { genres: event.genres.slice(0, MAX_GENRES) }),
  };
}

const moreOf = (event: RankedEvent): string | null => {
  const more = {
    ...(event.genres !== undefined && event.genres.length > 0 && { g: event.genres }),
    ...((event.minimumAge ?? null) !== null && { a: event.minimumAge }),
    ...((event.programmeCrid ?? null) !== null && { p: event.programmeCrid }),
    ...((event.seriesCrid ?? null) !== null && { s: event.seriesCrid }),
  };
  return Object.keys(more).length === 0 ? null : JSON.stringify(more);
};

const subtitleLength = (event: RankedEvent): number => event.subtitle?.length ?? 0;

/** 32 bits of what people read of an event: FNV-1a. */
export function digestOf(event: RankedEvent): number {
  const text = `${event.title}\n${event.language}\n${subtitleLength(event)}\n${moreOf(event)}\n${event.description}`;
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** Values in the order of {@link COLUMNS}. */
export function valuesOf(service: number, event: RankedEvent): SqlValue[] {
  return [
    service,
    event.eventId,
    event.startsAt / 1000,
    (event.endsAt - event.startsAt) / 1000,
    digestOf(event),
    event.timesRank * 8 + event.textsRank,
    event.title,
    event.description,
    subtitleLength(event),
    event.language,
    moreOf(event),
  ];
}

export const COLUMNS = [
  "service",
  "event_id",
  "starts_at",
  "duration",
  "digest",
  "ranks",
  "title",
  "description",
  "subtitle_length",
  "language",
  "more",
] as const;

export function placeOf(row: Row): Place {
  const startsAt = Number(row["starts_at"]) * 1000;
  const ranks = Number(row["ranks"]);
  return {
    id: Number(row["id"]),
    eventId: Number(row["event_id"]),
    startsAt,
    endsAt: startsAt + Number(row["duration"]) * 1000,
    digest: Number(row["digest"]),
    timesRank: (ranks >> 3) as Rank,
    textsRank: (ranks & 7) as Rank,
  };
}

export function eventOf(service: ServiceKey, row: Row): RankedEvent {
  const { eventId, startsAt, endsAt, timesRank, textsRank } = placeOf(row);
  const description = row["description"] as string;
  const length = Number(row["subtitle_length"]);
  const more = JSON.parse((row["more"] as string | null) ?? "{}") as {
    g?: number[];
    a?: number;
    p?: string;
    s?: string;
  };
  return {
    service,
    eventId,
    startsAt,
    endsAt,
    title: row["title"] as string,
    description,
    language: row["language"] as string | null,
    timesRank,
    textsRank,
    ...(length > 0 && { subtitle: description.slice(0, length) }),
    ...(more.g !== undefined && { genres: more.g }),
    ...(more.a !== undefined && { minimumAge: more.a }),
    ...(more.p !== undefined && { programmeCrid: more.p }),
    ...(more.s !== undefined && { seriesCrid: more.s }),
  };
}

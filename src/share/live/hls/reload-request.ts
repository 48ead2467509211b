import { TellyportError } from "../../../kernel/errors.ts";

/** What a client asks of a playlist. @see draft-pantos-hls-rfc8216bis §6.2.5 */
export interface ReloadRequest {
  /** Answer when the playlist has this segment (`_HLS_msn`), or this part of it (`_HLS_part`); null: at once. */
  readonly until: { readonly sequence: number; readonly part: number | null } | null;
  /** A delta update will do (`_HLS_skip`). */
  readonly delta: boolean;
}

/** Segments ahead of the newest one that may be asked for. */
const AHEAD = 2;

const NUMBER = /^\d{1,15}$/;

/**
 * Reads the delivery directives of a playlist request; other parameters are none of ours.
 * @param newest number of the newest whole segment
 * @throws TellyportError `playlist-request-invalid`: no number, a part of no segment, or too far ahead
 */
export function readReloadRequest(query: Readonly<Record<string, unknown>>, newest: number): ReloadRequest {
  const sequence = numberOf(query, "_HLS_msn");
  const part = numberOf(query, "_HLS_part");
  const skip = query["_HLS_skip"];
  if (part !== null && sequence === null) throw refused("`_HLS_part` needs `_HLS_msn`.");
  if (sequence !== null && sequence > newest + AHEAD)
    throw refused(`Segment ${sequence} is far ahead; the newest is ${newest}.`);
  return {
    until: sequence === null ? null : { sequence, part },
    delta: skip === "YES" || skip === "v2",
  };
}

/** Whether a request names what it waits for: who does so has a playlist already, or knows what parts are. */
export function asksForMore(query: Readonly<Record<string, unknown>>): boolean {
  return "_HLS_msn" in query || "_HLS_part" in query;
}

function numberOf(query: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = query[name];
  if (value === undefined) return null;
  if (typeof value !== "string" || !NUMBER.test(value)) throw refused(`\`${name}\` must be a number.`);
  return Number(value);
}

function refused(what: string): TellyportError {
  return new TellyportError("playlist-request-invalid", `${what} Load the playlist without directives.`);
}

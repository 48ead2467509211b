import type { MediaPlaylist, Part, Segment } from "./playlist-model.ts";

/** How far a playlist reaches: its last whole segment, and the parts behind that. */
export interface Edge {
  /** The newest segment of which something is there. */
  readonly msn: number;
  /** Its newest part; -1 when the segment is whole or has none. */
  readonly part: number;
}

export const lastSequence = (playlist: MediaPlaylist): number => playlist.next.sequence - 1;

export function edgeOf(playlist: MediaPlaylist): Edge {
  const { next } = playlist;
  return next.parts.length > 0
    ? { msn: next.sequence, part: next.parts.length - 1 }
    : { msn: next.sequence - 1, part: -1 };
}

/** In the order of time: a whole segment is behind every part of it. */
export const edgeOrder = ({ msn, part }: Edge): number => msn * 10_000 + (part < 0 ? 9_999 : part);

/** Seconds of all that is listed, parts of the unfinished segment with it. */
export function listedSeconds(playlist: MediaPlaylist): number {
  return secondsOf(playlist.segments) + secondsOf(playlist.next.parts);
}

export const secondsOf = (things: readonly (Segment | Part)[]): number =>
  things.reduce((sum, { duration }) => sum + duration, 0);

/** Every part with the number of its segment, oldest first. */
export function* partsOf(playlist: MediaPlaylist): Generator<{ msn: number; part: Part; whole: boolean }> {
  for (const { sequence, parts } of playlist.segments)
    for (const part of parts) yield { msn: sequence, part, whole: true };
  for (const part of playlist.next.parts) yield { msn: playlist.next.sequence, part, whole: false };
}

/** A name for a finding: the end of an address. */
export function shortName(url: string): string {
  const { pathname } = new URL(url);
  return pathname.split("/").slice(-2).join("/");
}

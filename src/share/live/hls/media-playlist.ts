import type { Milliseconds, Seconds } from "../../../kernel/units.ts";

/** Pure text of a media playlist. @see RFC 8216 §4.3.3 */

export interface PlaylistSegment {
  readonly sequence: number;
  readonly duration: Seconds;
  /** Epoch ms. */
  readonly programDateTime: Milliseconds;
  readonly discontinuity: boolean;
  readonly initVersion: number;
  /** Nothing to fetch: the rendition was silent in this stretch. */
  readonly gap: boolean;
}

export interface MediaPlaylist {
  /** Seconds; the same for the life of the stream, in all renditions. */
  readonly targetDuration: number;
  /** Value of the first segment's media sequence number. */
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  /** Every segment, of all that will ever come, can be decoded without an earlier one. */
  readonly independentSegments: boolean;
  readonly segments: readonly PlaylistSegment[];
}

/** VERSION 8: EXT-X-GAP; EXT-X-MAP alone would need 6. @see draft-pantos-hls-rfc8216bis §8 */
const VERSION = 8;

/** URIs are relative to the playlist's own address and equal for all viewers. */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  const lines = [
    "#EXTM3U",
    `#EXT-X-VERSION:${VERSION}`,
    ...(playlist.independentSegments ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []),
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  let init: number | null = null;
  for (const segment of playlist.segments) {
    if (segment.discontinuity) lines.push("#EXT-X-DISCONTINUITY");
    if (segment.initVersion !== init) {
      init = segment.initVersion;
      lines.push(`#EXT-X-MAP:URI="${initName(init)}"`);
    }
    if (segment.gap) lines.push("#EXT-X-GAP");
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTime).toISOString()}`,
      `#EXTINF:${segment.duration.toFixed(5)},`,
      segmentName(segment.sequence),
    );
  }
  return `${lines.join("\n")}\n`;
}

export const initName = (version: number): string => `init-${version}.mp4`;
export const segmentName = (sequence: number): string => `${sequence}.m4s`;

/** For a channel that was never received before, seconds: most broadcasters send a random access point every one or two. */
const FIRST_TARGET = 4;
const LEAST_TARGET = 2;
const MOST_TARGET = 6;

/**
 * EXT-X-TARGETDURATION, known before the first segment and kept for the stream's life: players hold back three times this,
 * and Apple's give up when it changes. The packager cuts what would become longer.
 * @param remembered longest segment of earlier runs in seconds, or null
 * @returns whole seconds, 2..6
 */
export function chooseTargetDuration(remembered: number | null): number {
  if (remembered === null) return FIRST_TARGET;
  return Math.min(MOST_TARGET, Math.max(LEAST_TARGET, Math.ceil(remembered)));
}

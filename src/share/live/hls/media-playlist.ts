import type { Milliseconds, Seconds } from "../../../kernel/units.ts";
import type { MediaFormat } from "../packaging/ports.ts";
import { initName, partName, playlistName, segmentName } from "./media-names.ts";

/** Pure text of a media playlist. @see RFC 8216 §4.3.3; draft-pantos-hls-rfc8216bis §4.4 */

export interface PlaylistPart {
  readonly serial: number;
  readonly duration: Seconds;
  readonly independent: boolean;
}

/** A segment from its beginning: what is known of one that is not whole yet. */
export interface PlaylistStart {
  /** Epoch ms. */
  readonly programDateTime: Milliseconds;
  readonly discontinuity: boolean;
  readonly initVersion: number;
  readonly parts: readonly PlaylistPart[];
}

export interface PlaylistSegment extends PlaylistStart {
  readonly sequence: number;
  readonly duration: Seconds;
  /** Nothing to fetch: the rendition was silent in this stretch. */
  readonly gap: boolean;
}

/** Where another rendition's playlist is. @see draft-pantos-hls-rfc8216bis §4.4.5.4 */
export interface RenditionReport {
  readonly id: string;
  readonly sequence: number;
  /** Index of its last part within that segment; null: it has none. */
  readonly part: number | null;
}

export interface MediaPlaylist {
  readonly format: MediaFormat;
  /** Seconds; the same for the life of the stream, in all renditions. */
  readonly targetDuration: number;
  /** Value of the first segment's media sequence number. */
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  /** Every segment, of all that will ever come, can be decoded without an earlier one. */
  readonly independentSegments: boolean;
  readonly segments: readonly PlaylistSegment[];
  /** The segment that is being filled, once a part of it is there. */
  readonly open: PlaylistStart | null;
  /** Null: the rendition has whole segments only. */
  readonly parts: {
    /** PART-TARGET; the same for the life of the stream. */
    readonly target: Seconds;
    /** Serial number of the part that comes next. */
    readonly next: number;
  } | null;
  readonly reports: readonly RenditionReport[];
}

/** EXT-X-SKIP needs 9. @see draft-pantos-hls-rfc8216bis §8 */
const VERSION = 9;
/** Of PART-TARGET; Apple's authoring specification 14.3 demands three at least. */
const PART_HOLD_BACK = 3;
/** Of the target duration; the draft demands three at least. */
const HOLD_BACK = 3;
/** Of the target duration; the draft demands six at least. */
const CAN_SKIP_UNTIL = 6;
/**
 * Parts are listed in so many of the last segments, the open one among them. They are to go three target durations behind the
 * edge at the latest; no player begins farther behind than {@link PART_HOLD_BACK} says. @see draft-pantos-hls-rfc8216bis §6.2.2
 */
const WITH_PARTS = 3;

/** URIs are relative to the playlist's own address and equal for all viewers. */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  return write(playlist, 0);
}

/**
 * A delta update: what a client of the full playlist has already is left out.
 * @see draft-pantos-hls-rfc8216bis §4.4.5.2, §6.2.5.1
 */
export function deltaPlaylist(playlist: MediaPlaylist): string {
  return write(playlist, skippable(playlist));
}

/** How many segments end so long before the edge that a delta update leaves them out; counted from the newest one. */
function skippable({ segments, open, targetDuration }: MediaPlaylist): number {
  const parts = open?.parts ?? [];
  let behind = parts.reduce((sum, { duration }) => sum + duration, 0);
  for (let index = segments.length - 1; index >= 0; index--) {
    if (behind >= CAN_SKIP_UNTIL * targetDuration) return index + 1;
    behind += segments[index]?.duration ?? 0;
  }
  return 0;
}

/** The same without the segments before one: for who may not go back to them. */
export function playlistFrom(playlist: MediaPlaylist, sequence: number): MediaPlaylist {
  const { segments, discontinuitySequence } = playlist;
  const dropped = segments.filter((segment) => segment.sequence < sequence);
  const last = dropped.at(-1);
  if (last === undefined) return playlist;
  return {
    ...playlist,
    segments: segments.slice(dropped.length),
    mediaSequence: last.sequence + 1,
    discontinuitySequence:
      discontinuitySequence + dropped.filter(({ discontinuity }) => discontinuity).length,
  };
}

function write(playlist: MediaPlaylist, skipped: number): string {
  return playlistHead(playlist, skipped) + segmentsText(playlist, skipped) + playlistTail(playlist);
}

/** All that comes before the first segment. */
export function playlistHead(playlist: MediaPlaylist, skipped: number): string {
  const { targetDuration, parts } = playlist;
  const lines = [
    "#EXTM3U",
    `#EXT-X-VERSION:${VERSION}`,
    ...(playlist.independentSegments ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []),
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    serverControl(playlist),
    ...(parts === null ? [] : [`#EXT-X-PART-INF:PART-TARGET=${parts.target.toFixed(5)}`]),
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  return textOf(lines);
}

/** @param from index of the first segment that is written */
function segmentsText(playlist: MediaPlaylist, from: number): string {
  let text = "";
  for (let index = from; index < playlist.segments.length; index++)
    text += segmentText(playlist, index, index === from);
  return text;
}

/** The index from which on segments are written with their parts. */
export function listsPartsFrom({ segments, open }: MediaPlaylist): number {
  return segments.length + (open === null ? 0 : 1) - WITH_PARTS;
}

/** One segment's lines. @param first nothing before it is written: it says which init segment it needs */
export function segmentText(playlist: MediaPlaylist, index: number, first: boolean): string {
  const { segments, parts, format } = playlist;
  const segment = segments[index];
  if (segment === undefined) return "";
  const lines = beginning(playlist, segment, first ? undefined : segments[index - 1]);
  if (parts !== null && index >= listsPartsFrom(playlist)) lines.push(...segment.parts.map(partTag));
  if (segment.gap) lines.push("#EXT-X-GAP");
  lines.push(`#EXTINF:${segment.duration.toFixed(5)},`, segmentName(segment.sequence, format));
  return textOf(lines);
}

/** @param before the segment that is written before it, if one is */
function beginning(
  { format }: MediaPlaylist,
  start: PlaylistStart,
  before: PlaylistStart | undefined,
): string[] {
  const lines: string[] = [];
  if (start.discontinuity) lines.push("#EXT-X-DISCONTINUITY");
  if (format === "fmp4" && start.initVersion !== before?.initVersion)
    lines.push(`#EXT-X-MAP:URI="${initName(start.initVersion)}"`);
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(start.programDateTime).toISOString()}`);
  return lines;
}

/** All that comes behind the last whole segment. */
export function playlistTail(playlist: MediaPlaylist): string {
  const { parts, open, segments, reports } = playlist;
  const lines: string[] = [];
  if (parts !== null) {
    if (open !== null) {
      lines.push(...beginning(playlist, open, segments.at(-1)));
      lines.push(...open.parts.map(partTag));
    }
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partName(parts.next)}"`);
  }
  for (const { id, sequence, part } of reports) {
    const last = part === null ? "" : `,LAST-PART=${part}`;
    lines.push(`#EXT-X-RENDITION-REPORT:URI="../${id}/${playlistName}",LAST-MSN=${sequence}${last}`);
  }
  return textOf(lines);
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

function serverControl({ targetDuration, parts }: MediaPlaylist): string {
  const attributes = [
    "CAN-BLOCK-RELOAD=YES",
    `CAN-SKIP-UNTIL=${(CAN_SKIP_UNTIL * targetDuration).toFixed(3)}`,
    `HOLD-BACK=${(HOLD_BACK * targetDuration).toFixed(3)}`,
  ];
  if (parts !== null) attributes.push(`PART-HOLD-BACK=${(PART_HOLD_BACK * parts.target).toFixed(5)}`);
  return `#EXT-X-SERVER-CONTROL:${attributes.join(",")}`;
}

function partTag({ serial, duration, independent }: PlaylistPart): string {
  // Rounded down: never more than the target, which players check to the last digit.
  const seconds = (Math.floor(duration * 1e5) / 1e5).toFixed(5);
  return `#EXT-X-PART:DURATION=${seconds},URI="${partName(serial)}"${independent ? ",INDEPENDENT=YES" : ""}`;
}

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

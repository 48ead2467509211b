import type { ErrorCode } from "../../../kernel/errors.ts";
import type { Milliseconds, Seconds } from "../../../kernel/units.ts";
import type { SubtitleTrack, Track } from "../media-source.ts";

/** What the packager hands to whoever serves it (HLS today). */

/** Media bytes in pooled memory. Whoever keeps or serves them holds a reference; the last release recycles the memory. */
export interface MediaBytes {
  /** The bytes, in order; to be written with one `writev`, never concatenated. */
  readonly buffers: readonly Buffer[];
  readonly length: number;
  /** @throws when it was already recycled (a programmer's fault) */
  retain(): void;
  release(): void;
}

/** What a rendition's segments are; `overlay`: JSON documents with pictures to lay over the video. */
export type MediaFormat = "fmp4" | "ts" | "webvtt" | "overlay";

/** One track as its own fMP4 stream, or all of them as one MPEG-TS. @see ISO/IEC 23000-19 (CMAF) §7.3 */
export interface Rendition {
  /** Stable within a live stream: `v0`, `a0`, `s0`; used in URLs. */
  readonly id: string;
  readonly track: Track | SubtitleTrack;
  /** Tracks that are in the same bytes (MPEG-TS); elsewhere none. */
  readonly muxed: readonly Track[];
  readonly format: MediaFormat;
  /** ftyp + moov; empty where the format has none. */
  readonly init: Buffer;
  /** Goes up when `init` changes; used in URLs. */
  readonly initVersion: number;
  /** No part is longer; the same for the life of a live stream. Null: it comes in whole segments only. */
  readonly partTarget: Seconds | null;
}

/** What is known of a segment when it begins. */
export interface SegmentStart {
  readonly rendition: string;
  /** Media sequence number: from 1, the same in all renditions for the same stretch of time. */
  readonly sequence: number;
  readonly initVersion: number;
  /** Wall clock of the first sample, epoch ms. */
  readonly programDateTime: Milliseconds;
  /** This segment follows a discontinuity: `EXT-X-DISCONTINUITY` before it. */
  readonly discontinuity: boolean;
}

/** A piece of a segment that is handed out before the segment is whole. @see draft-pantos-hls-rfc8216bis §4.4.4.9 */
export interface PackagedPart extends SegmentStart {
  /** Counts the parts of the rendition from 0 over all segments. */
  readonly serial: number;
  /** Where in the segment it begins. */
  readonly offset: Seconds;
  /** moof + mdat. The receiver owns one reference. */
  readonly data: MediaBytes;
  /** Never longer than the part target that the renditions were told with. */
  readonly duration: Seconds;
  /** Starts with a random access point. */
  readonly independent: boolean;
}

export interface PackagedSegment extends SegmentStart {
  /** Its parts one after another, the same memory. The receiver owns one reference. */
  readonly data: MediaBytes;
  /** EXTINF. */
  readonly duration: Seconds;
  /** Starts with a random access point. */
  readonly independent: boolean;
  /**
   * The rendition had nothing in this stretch (its stream fell silent while another went on): `EXT-X-GAP`. The data is a
   * fragment without samples.
   */
  readonly gap: boolean;
}

export interface SegmentSink {
  /** The renditions, before the first segment and again at every change of the set or of an init segment. */
  renditions(renditions: readonly Rendition[]): void;
  /** The next part of the segment that is open. */
  part(part: PackagedPart): void;
  /** The segment is whole; no further part of it will come. */
  segment(segment: PackagedSegment): void;
  /**
   * The first random access point was seen (once).
   * @param idr false: an H.264 recovery point without IDR picture, which Chromium does not start at
   */
  randomAccess(idr: boolean): void;
  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void;
}

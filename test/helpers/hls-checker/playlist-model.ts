import type { Attributes } from "./attributes.ts";

/** What of a resource: the whole (null) or so many bytes from an offset. */
export type ByteRange = { readonly length: number; readonly offset: number } | null;

export interface Resource {
  /** Absolute. */
  readonly url: string;
  readonly range: ByteRange;
}

export interface Part extends Resource {
  /** Within its segment, from 0. */
  readonly index: number;
  /** Seconds. */
  readonly duration: number;
  readonly independent: boolean;
  readonly gap: boolean;
}

/** What stands before a segment's address; of the last, unfinished one there may be parts alone. */
export interface SegmentHead {
  readonly sequence: number;
  readonly discontinuity: boolean;
  /** Of the playlist's DISCONTINUITY-SEQUENCE on. */
  readonly discontinuitySequence: number;
  readonly map: Resource | null;
  /** Epoch ms; null when it has no tag of its own. */
  readonly programDateTime: number | null;
  readonly gap: boolean;
  readonly parts: readonly Part[];
}

export interface Segment extends SegmentHead, Resource {
  /** Seconds. */
  readonly duration: number;
  /** EXTINF as it is written. */
  readonly durationText: string;
}

export interface ServerControl {
  readonly canSkipUntil: number | null;
  readonly canSkipDateRanges: boolean;
  readonly holdBack: number | null;
  readonly partHoldBack: number | null;
  readonly canBlockReload: boolean;
}

export interface RenditionReport {
  readonly url: string;
  readonly lastMsn: number | null;
  readonly lastPart: number | null;
}

export interface PreloadHint {
  readonly type: string;
  readonly url: string;
  readonly start: number;
  readonly length: number | null;
}

export interface MediaPlaylist {
  readonly url: string;
  /** null when there is no EXT-X-VERSION. */
  readonly version: number | null;
  readonly targetDuration: number | null;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number | null;
  readonly independentSegments: boolean;
  readonly ended: boolean;
  readonly serverControl: ServerControl | null;
  readonly partTarget: number | null;
  /** Of a delta update; 0 in a full playlist. */
  readonly skipped: number;
  readonly skipsDateRanges: boolean;
  readonly segments: readonly Segment[];
  /** Parts and tags behind the last segment's address. */
  readonly next: SegmentHead;
  readonly hints: readonly PreloadHint[];
  readonly reports: readonly RenditionReport[];
  readonly dateRanges: readonly Attributes[];
  /** Highest protocol version that something in it needs. */
  readonly needsVersion: number;
}

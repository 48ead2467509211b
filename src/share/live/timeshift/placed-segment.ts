import type { Milliseconds, Seconds } from "../../../kernel/units.ts";
import type { PlaylistSegment } from "../hls/media-playlist.ts";
import type { PackagedPart, PackagedSegment } from "../packaging/ports.ts";
import type { ShiftedBytes } from "./extent.ts";

/** A segment in memory. */
export interface StoredSegment extends PackagedSegment {
  /** Discontinuities of the stream up to and including this segment. */
  readonly discontinuities: number;
  /** In order; none where the rendition came in whole segments. */
  readonly parts: readonly PackagedPart[];
}

/** What remains in memory of a segment wherever its bytes are: in memory, on disk, or both. */
export class PlacedSegment implements PlaylistSegment {
  readonly sequence: number;
  readonly duration: Seconds;
  readonly programDateTime: Milliseconds;
  readonly discontinuity: boolean;
  readonly discontinuities: number;
  readonly initVersion: number;
  readonly gap: boolean;
  /** Bytes. */
  readonly length: number;
  memory: StoredSegment | null;
  disk: ShiftedBytes | null = null;
  /** Monotonic ms until which it stays fetchable (P-05); null: it is listed. */
  until: number | null = null;

  constructor(segment: StoredSegment) {
    this.sequence = segment.sequence;
    this.duration = segment.duration;
    this.programDateTime = segment.programDateTime;
    this.discontinuity = segment.discontinuity;
    this.discontinuities = segment.discontinuities;
    this.initVersion = segment.initVersion;
    this.gap = segment.gap;
    this.length = segment.data.length;
    this.memory = segment;
  }

  get parts(): readonly PackagedPart[] {
    return this.memory?.parts ?? [];
  }
}

/** Takes it out of the list; mostly it is the first. */
export function remove(list: PlacedSegment[], segment: PlacedSegment): void {
  const index = list.indexOf(segment);
  if (index >= 0) list.splice(index, 1);
}

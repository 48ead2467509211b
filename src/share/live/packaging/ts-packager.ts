import type { Clock } from "../../../kernel/clock.ts";
import type { ErrorCode } from "../../../kernel/errors.ts";
import { ms, seconds, type Seconds } from "../../../kernel/units.ts";
import type { AccessUnit, MediaSink, Track } from "../media-source.ts";
import type { SegmentSink } from "./ports.ts";
import { receivedAt } from "./received-at.ts";
import type { SlabPool } from "./slab-pool.ts";
import { TsSegments, type TsSegment } from "./ts/ts-segments.ts";

export interface TsPackagerOptions {
  readonly sink: SegmentSink;
  readonly pool: SlabPool;
  readonly clock: Clock;
  /** No segment is longer. */
  readonly targetDuration: Seconds;
}

const RENDITION = "ts0";

/** All tracks of a source as one rendition of MPEG-TS segments, for players that want those. @see RFC 8216 §3.2 */
export class TsPackager implements MediaSink {
  readonly #sink: SegmentSink;
  readonly #clock: Clock;
  readonly #segments: TsSegments;
  #leader: Track | null = null;
  #version = 0;
  /** Wall clock of time 0 of the source in this continuity, epoch ms; null before its first random access point. */
  #wallOrigin: number | null = null;
  #seenRandomAccess = false;

  constructor({ sink, pool, clock, targetDuration }: TsPackagerOptions) {
    this.#sink = sink;
    this.#clock = clock;
    this.#segments = new TsSegments({
      pool,
      targetDuration,
      out: (segment) => this.#out(segment),
      ended: (code, message, detail) => sink.ended(code, message, detail),
    });
  }

  tracks(tracks: readonly Track[]): void {
    this.#segments.tracks(tracks);
    this.#leader = tracks.find(({ kind }) => kind === "video") ?? tracks[0] ?? null;
    this.#wallOrigin = null;
    if (this.#leader === null) return;
    this.#sink.renditions([
      {
        id: RENDITION,
        track: this.#leader,
        muxed: tracks.filter((track) => track !== this.#leader),
        format: "ts",
        init: Buffer.alloc(0),
        initVersion: ++this.#version,
        partTarget: null,
      },
    ]);
  }

  accessUnit(unit: AccessUnit): void {
    if (unit.track === this.#leader?.id && unit.randomAccess) {
      this.#wallOrigin ??= receivedAt(unit, this.#clock) - unit.pts / 90;
      if (!this.#seenRandomAccess) {
        this.#seenRandomAccess = true;
        this.#sink.randomAccess(unit.idr);
      }
    }
    this.#segments.accessUnit(unit);
  }

  discontinuity(): void {
    this.#segments.discontinuity();
    this.#wallOrigin = null;
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#segments.ended(code, message, detail);
  }

  #out({ sequence, data, start, end, independent, discontinuity }: TsSegment): void {
    this.#sink.segment({
      rendition: RENDITION,
      sequence,
      initVersion: this.#version,
      data,
      duration: seconds((end - start) / 90_000),
      programDateTime: ms((this.#wallOrigin ?? this.#clock.now() - end / 90) + start / 90),
      discontinuity,
      independent,
      gap: false,
    });
  }
}

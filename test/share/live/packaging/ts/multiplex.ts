import { seconds } from "../../../../../src/kernel/units.ts";
import { SlabPool } from "../../../../../src/share/live/packaging/slab-pool.ts";
import {
  TsSegments,
  type TsSegment,
  type TsSegmentsOptions,
} from "../../../../../src/share/live/packaging/ts/ts-segments.ts";
import type { MediaLog } from "../../../../helpers/ts-to-media.ts";

/** A segment with its bytes taken out of the pool. */
export interface StoredTs extends Omit<TsSegment, "data"> {
  readonly bytes: Buffer;
}

export interface Multiplexed {
  readonly segments: StoredTs[];
  readonly pool: SlabPool;
  readonly sink: TsSegments;
  /** All of it, as a player would read it. */
  readonly ts: () => Buffer;
}

/** Segments that are copied and released at once. */
export function multiplexer(options: Partial<TsSegmentsOptions> = {}): Multiplexed {
  const pool = new SlabPool();
  const segments: StoredTs[] = [];
  const sink = new TsSegments({
    pool,
    minDuration: seconds(1),
    ...options,
    out({ data, ...segment }) {
      segments.push({ ...segment, bytes: Buffer.concat(data.buffers) });
      data.release();
    },
  });
  return { segments, pool, sink, ts: () => Buffer.concat(segments.map(({ bytes }) => bytes)) };
}

/** What a service source delivered, as segments. */
export function multiplex(log: MediaLog, options: Partial<TsSegmentsOptions> = {}): Multiplexed {
  const result = multiplexer(options);
  const { sink } = result;
  const tell = (index: number): void => {
    log.announcedAt.forEach((at, turn) => void (at === index && sink.tracks(log.tracks[turn] ?? [])));
    if (log.discontinuities.includes(index)) sink.discontinuity();
  };
  log.units.forEach((unit, index) => {
    tell(index);
    sink.accessUnit(unit);
  });
  sink.ended("no-data", "over");
  return result;
}

import { ticks, type Ticks90k } from "../../../../kernel/units.ts";
import type { AccessUnit } from "../../media-source.ts";

export interface DtsOrderOptions {
  /** A track that lags by more is not waited for until it comes again. 90 kHz; default 4 s. */
  readonly maxSkew?: Ticks90k;
  /** What may wait, in all tracks; beyond, it goes out as it is. Default 32 MB. */
  readonly maxBytes?: number;
}

interface Waiting extends Omit<AccessUnit, "data"> {
  readonly start: number;
  readonly end: number;
}

interface Lane {
  readonly track: number;
  data: Buffer;
  /** Bytes in use: from the first waiting unit to here. */
  end: number;
  readonly waiting: Waiting[];
  /** DTS of its newest unit. */
  newest: number;
  /** Others wait for it. */
  awake: boolean;
}

const LANE_BYTES = 64 * 1024;
/** What is farther than 10 s from the first track has a clock of its own: it belongs to nothing. 90 kHz. */
const APART = 900_000;

/**
 * Units of several tracks, put in order of their DTS: a broadcast sends the picture up to a second before the sound that
 * belongs to it. Each waits, copied, until every other track has come as far.
 */
export class DtsOrder {
  readonly #out: (unit: AccessUnit) => void;
  readonly #maxSkew: number;
  readonly #maxBytes: number;
  #lanes: Lane[] = [];
  #bytes = 0;
  #newest = -Infinity;

  /** @param out gets units whose data is valid during the call */
  constructor(out: (unit: AccessUnit) => void, options: DtsOrderOptions = {}) {
    this.#out = out;
    this.#maxSkew = options.maxSkew ?? ticks(360_000);
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
  }

  /**
   * Lets out what waits; then the tracks are these. The first one leads: what others have that is more than 10 s away from it
   * is dropped. Of equal DTS, the earlier track goes first.
   */
  tracks(ids: readonly number[]): void {
    this.flush();
    const before = new Map(this.#lanes.map((lane) => [lane.track, lane.data]));
    this.#lanes = ids.map((track) => ({
      track,
      data: before.get(track) ?? Buffer.allocUnsafe(LANE_BYTES),
      end: 0,
      waiting: [],
      newest: -Infinity,
      awake: true,
    }));
  }

  push(unit: AccessUnit): void {
    const lane = this.#laneOf(unit.track);
    const lead = this.#lanes[0];
    if (lane === undefined || lead === undefined) return;
    const far = Math.abs(unit.dts - lead.newest) > APART;
    if (lane === lead && far) this.#dropApart(unit.dts);
    else if (far && lead.newest !== -Infinity) return;
    const { track, pts, dts, randomAccess, idr, data } = unit;
    const start = makeRoom(lane, data.length);
    lane.data.set(data, start);
    lane.end = start + data.length;
    lane.waiting.push({ track, pts, dts, randomAccess, idr, start, end: lane.end });
    lane.newest = dts;
    lane.awake = true;
    this.#bytes += data.length;
    this.#newest = Math.max(this.#newest, dts);
    this.#drain();
  }

  /** Lets out everything, and waits for every track anew. */
  flush(): void {
    for (let lane = this.#first(); lane !== null; lane = this.#first()) this.#release(lane);
    this.#newest = -Infinity;
    for (const lane of this.#lanes) {
      lane.newest = -Infinity;
      lane.awake = true;
    }
  }

  /** The first track begins here, or has jumped here. */
  #dropApart(dts: number): void {
    this.#newest = dts;
    for (const lane of this.#lanes.slice(1)) {
      const kept = lane.waiting.filter((unit) => Math.abs(unit.dts - dts) <= APART);
      for (const { start, end } of lane.waiting) this.#bytes -= end - start;
      for (const { start, end } of kept) this.#bytes += end - start;
      lane.waiting.splice(0, lane.waiting.length, ...kept);
      lane.newest = kept.at(-1)?.dts ?? -Infinity;
      this.#newest = Math.max(this.#newest, lane.newest);
    }
  }

  #drain(): void {
    for (let lane = this.#first(); lane !== null; lane = this.#first()) {
      const dts = lane.waiting[0]?.dts ?? 0;
      if (this.#heldUp(dts)) {
        if (this.#newest - dts <= this.#maxSkew && this.#bytes <= this.#maxBytes) return;
        for (const other of this.#lanes) if (mayComeBefore(other, dts)) other.awake = false;
      }
      this.#release(lane);
    }
  }

  #heldUp(dts: number): boolean {
    for (const lane of this.#lanes) if (mayComeBefore(lane, dts)) return true;
    return false;
  }

  #laneOf(track: number): Lane | undefined {
    for (const lane of this.#lanes) if (lane.track === track) return lane;
    return undefined;
  }

  /** The lane whose first unit is the next. */
  #first(): Lane | null {
    let first: Lane | null = null;
    let least = Infinity;
    for (const lane of this.#lanes) {
      const dts = lane.waiting[0]?.dts;
      if (dts === undefined || dts >= least) continue;
      first = lane;
      least = dts;
    }
    return first;
  }

  #release(lane: Lane): void {
    const unit = lane.waiting.shift();
    if (unit === undefined) return;
    const { track, pts, dts, randomAccess, idr, start, end } = unit;
    this.#bytes -= end - start;
    this.#out({ track, pts, dts, randomAccess, idr, data: lane.data.subarray(start, end) });
  }
}

/** The track is waited for, and its next unit may be earlier than that. */
const mayComeBefore = ({ awake, waiting, newest }: Lane, dts: number): boolean =>
  awake && waiting.length === 0 && newest < dts;

/** @returns where the next `count` bytes go: behind the others, which move to the front or to a larger buffer if need be */
function makeRoom(lane: Lane, count: number): number {
  if (lane.waiting.length === 0) lane.end = 0;
  if (lane.end + count <= lane.data.length) return lane.end;
  const from = lane.waiting[0]?.start ?? 0;
  const used = lane.end - from;
  // Moved only when at least half of it becomes free: each byte moves once on average.
  if (used + count > lane.data.length / 2) {
    let size = lane.data.length * 2;
    while (size < (used + count) * 2) size *= 2;
    const grown = Buffer.allocUnsafeSlow(size);
    lane.data.copy(grown, 0, from, lane.end);
    lane.data = grown;
  } else lane.data.copyWithin(0, from, lane.end);
  lane.waiting.forEach((unit, index) => {
    lane.waiting[index] = { ...unit, start: unit.start - from, end: unit.end - from };
  });
  return used;
}

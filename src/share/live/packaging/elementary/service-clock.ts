import { PTS_WRAP, ticks, wrapDelta, type Ticks90k } from "../../../../kernel/units.ts";

/** A time stamp that is farther than this from where it was expected is a jump. */
const JUMP = 5 * 90_000;
/** As {@link JUMP}, when the PCR has announced a discontinuity. */
const ANNOUNCED_JUMP = 45_000;
/** Tracks of one service may be this far apart. */
const APART = 10 * 90_000;
/** A track that was never in reach is put beside the leader after so long; 90 kHz. */
const FIRST_OUTSIDE = 90_000;
/** Frames in a row that must agree on the new time. */
const SUSTAINED = 3;

/** One track's place on the clock. */
export interface TrackClock {
  /** 64-bit time at which the next frame is expected; null at the start and after a break. */
  expected: number | null;
  /** Frames in a row that did not come where they were expected. */
  jumps: number;
  /** Follower: ticks that were out of the leader's reach without a break. */
  outside: number;
  /** Follower: correction when it runs on a clock of its own. */
  offset: number;
}

export const trackClock = (): TrackClock => ({ expected: null, jumps: 0, outside: 0, offset: 0 });

/** `hold`: may be a jump, keep the frame until the next ones tell; `break`: it is one, rebase at the first frame kept. */
export type LeaderVerdict = { readonly dts: Ticks90k } | "hold" | "break";

/**
 * One 64-bit timeline for all tracks of a service: 33-bit time stamps are unwrapped against the last one of any track, so
 * that a wrap is nothing special and intrinsic offsets stay to the tick. One track, the leader, decides what is a jump.
 * Pure. @see ISO/IEC 13818-1 §2.4.3.7; research: streaming CK-01..CK-03
 */
export class ServiceClock {
  #raw: number | null = null;
  #time = 0;
  #announced = false;
  readonly #leader = trackClock();
  #jumpRaw: number | null = null;

  /** The PCR's discontinuity_indicator was set: a smaller jump is believed, and at once. @see ISO/IEC 13818-1 §2.7.6 */
  announceDiscontinuity(): void {
    this.#announced = true;
  }

  /** Whether the leader has a time: before, nothing tells whether another track has the same clock. */
  get started(): boolean {
    return this.#leader.expected !== null;
  }

  /** The leader's frame at 33-bit `raw`. */
  lead(raw: number, duration: number): LeaderVerdict {
    this.#begin(raw);
    const time = this.#unwrap(raw);
    const leader = this.#leader;
    const delta = leader.expected === null ? 0 : time - leader.expected;
    // Decode times never step back: what does is a jump, however small, and would else stand still until it has caught up.
    if (delta > (this.#announced ? ANNOUNCED_JUMP : JUMP) || delta < -ANNOUNCED_JUMP) {
      const agrees = this.#jumpRaw !== null && Math.abs(wrapDelta(this.#jumpRaw, raw)) <= 90_000;
      leader.jumps = agrees ? leader.jumps + 1 : 1;
      this.#jumpRaw = (raw + Math.round(duration)) % PTS_WRAP;
      return this.#announced || leader.jumps >= SUSTAINED ? "break" : "hold";
    }
    return {
      dts: this.#accept(raw, Math.max(time, (leader.expected ?? time) - Math.round(duration) + 1), duration),
    };
  }

  /** From here on `raw` is the moment at which the leader's next frame was due: the output goes on without a step. */
  rebase(raw: number): void {
    this.#set(raw, this.#leader.expected ?? this.#time);
    this.#leader.jumps = 0;
    this.#jumpRaw = null;
    this.#announced = false;
  }

  /** A frame of another track, once the clock has started. @returns null when it fits nowhere (yet) */
  follow(track: TrackClock, raw: number, duration: number): Ticks90k | null {
    if (this.#leader.expected === null) return null;
    const time = this.#unwrap(raw) + track.offset;
    const reference = this.#leader.expected;
    if (Math.abs(time - reference) > APART) {
      track.outside += duration;
      // At its beginning there is nothing that it could come back to.
      if (track.outside < (track.expected === null ? FIRST_OUTSIDE : JUMP)) return null;
      // It will not come back: it runs on its own clock, and is put beside the leader.
      track.offset += Math.round(reference - time);
      track.outside = 0;
      track.expected = null;
      return this.follow(track, raw, duration);
    }
    track.outside = 0;
    if (track.expected !== null && Math.abs(time - track.expected) > JUMP && ++track.jumps < SUSTAINED)
      return null;
    track.jumps = 0;
    track.expected = time + duration;
    return time < 0 ? null : ticks(time);
  }

  /** Where a time stamp of another stream lies, without believing it. @returns null when that is far from everything else */
  place(raw: number): Ticks90k | null {
    if (this.#raw === null) return null;
    const time = this.#unwrap(raw);
    const reference = this.#leader.expected ?? this.#time;
    return Math.abs(time - reference) > APART || time < 0 ? null : ticks(time);
  }

  /** One turn up: what comes before the first frame is not negative. */
  #begin(raw: number): void {
    if (this.#raw === null) this.#set(raw, raw + PTS_WRAP);
  }

  #accept(raw: number, time: number, duration: number): Ticks90k {
    this.#set(raw, this.#unwrap(raw));
    this.#leader.jumps = 0;
    this.#jumpRaw = null;
    this.#leader.expected = time + Math.round(duration);
    return ticks(time);
  }

  #unwrap(raw: number): number {
    return this.#time + wrapDelta(this.#raw ?? raw, raw);
  }

  #set(raw: number, time: number): void {
    this.#raw = raw;
    this.#time = time;
  }
}

import type { PlaybackReport } from "../../src/protocol/api.ts";

/** What the person did that a channel came of, and when, ms as `performance.now()` has it. */
export interface Touch {
  /** `zap`: another channel is on the screen. */
  readonly kind: "start" | "zap";
  readonly at: number;
}

/** As `getVideoPlaybackQuality()` counts them. */
export interface FramesSeen {
  readonly totalVideoFrames: number;
  readonly droppedVideoFrames: number;
}

/** How one playback goes, as the box is told of it. */
export class WatchFigures {
  readonly #touch: Touch | null;
  #start: NonNullable<PlaybackReport["start"]> | null = null;
  #stalls = 0;
  #stalledMs = 0;
  #stalledSince: number | null = null;
  #frames = 0;
  #dropped = 0;

  /** @param touch null: it began by itself, and nobody waited for it */
  constructor(touch: Touch | null) {
    this.#touch = touch;
  }

  /** @param at when the first new picture was there, ms as `performance.now()` has it */
  started(at: number): void {
    if (this.#touch === null || this.#start !== null) return;
    const seconds = Math.round(at - this.#touch.at) / 1000;
    // longer than that somebody was away, or the machine slept
    if (seconds >= 0 && seconds <= 120) this.#start = { kind: this.#touch.kind, seconds };
  }

  /** From the touch to the picture; null: it is not known. */
  get start(): PlaybackReport["start"] | null {
    return this.#start;
  }

  get stalls(): number {
    return this.#stalls;
  }

  /** @param now ms as `performance.now()` has it */
  standing(isStanding: boolean, now: number): void {
    if (isStanding === (this.#stalledSince !== null)) return;
    if (isStanding) this.#stalls++;
    else this.#stalledMs += now - (this.#stalledSince ?? now);
    this.#stalledSince = isStanding ? now : null;
  }

  /** The element counts from the beginning of what it plays, and anew when it is fed anew. */
  seen({ totalVideoFrames, droppedVideoFrames }: FramesSeen): void {
    this.#frames = Math.max(this.#frames, totalVideoFrames);
    this.#dropped = Math.max(this.#dropped, droppedVideoFrames);
  }

  report(now: number): PlaybackReport {
    const standing = this.#stalledSince === null ? 0 : now - this.#stalledSince;
    return {
      ...(this.#start !== null && { start: this.#start }),
      stalls: this.#stalls,
      stalledSeconds: Math.round(this.#stalledMs + standing) / 1000,
      frames: this.#frames,
      droppedFrames: this.#dropped,
    };
  }
}

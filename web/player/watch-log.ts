import { StallAdvice } from "./stall-advice.ts";
import { WatchFigures, type FramesSeen, type Touch } from "./watch-figures.ts";

/** Follows how it goes, from channel to channel. */
export class WatchLog {
  /** From the touch to the picture, as it went last; null: nothing yet. */
  lastStart: WatchFigures["start"] = null;
  /** What the person did last that a channel is to come of. */
  #touch: Touch | null = null;
  #shown: WatchFigures | null = null;
  #coming = new WatchFigures(null);
  readonly #advice = new StallAdvice();

  /** @param byHand the person waits for it */
  begin(byHand: boolean): void {
    const kind = this.#shown === null ? "start" : "zap";
    this.#touch = byHand ? { kind, at: performance.now() } : null;
  }

  /** Figures of the channel that was begun last; see {@link coming}. */
  get next(): WatchFigures {
    return new WatchFigures(this.#touch);
  }

  /** They are those of what comes up now. */
  coming(figures: WatchFigures): void {
    this.#coming = figures;
  }

  started(): void {
    this.#shown = this.#coming;
    this.#advice.begin();
  }

  /** @param at ms as `performance.now()` has it */
  framed(at: number): void {
    this.#shown?.started(at);
    this.lastStart = this.#shown?.start ?? this.lastStart;
  }

  seen(frames: FramesSeen): void {
    this.#shown?.seen(frames);
  }

  /** @returns whether it is time to speak of a smaller picture */
  standing(isStanding: boolean): boolean {
    const before = this.stalls;
    this.#shown?.standing(isStanding, performance.now());
    return this.stalls > before && this.#advice.stalled(performance.now());
  }

  /** Times that the picture stood still since the channel began. */
  get stalls(): number {
    return this.#shown?.stalls ?? 0;
  }

  /** Nothing is on the screen any more. */
  over(): void {
    this.standing(false);
    this.#shown = null;
  }
}

import type { Clock, Timer } from "../../kernel/clock.ts";

/** The pauses of a loop that can be cut short: by nudges, and by those of strangers not more often than every two seconds. */
export class Pacer {
  readonly #clock: Clock;
  readonly #leastMs: number;
  #isNudged = false;
  #nudgedAt = -Infinity;
  #timer: Timer | null = null;
  #wake: (() => void) | null = null;

  /** @param leastMs between two nudges that are bounded; default 2000 */
  constructor(clock: Clock, leastMs = 2000) {
    this.#clock = clock;
    this.#leastMs = leastMs;
  }

  /** Ends the pause at once, or the next one before it begins. */
  nudge(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#nudgedAt = this.#clock.monotonic();
    this.#isNudged = true;
    this.#wake?.();
  }

  /** The same for what anybody can cause as often as he likes: one that comes too soon waits, and others with it. */
  nudgeSometime(): void {
    const left = this.#nudgedAt + this.#leastMs - this.#clock.monotonic();
    if (left <= 0) this.nudge();
    else this.#timer ??= this.#clock.after(left, () => this.nudge());
  }

  /** Whether there was a nudge since the last time that this was asked. */
  take(): boolean {
    const was = this.#isNudged;
    this.#isNudged = false;
    return was;
  }

  /** Resolves after `wait` ms or at a nudge. */
  pause(wait: number): Promise<void> {
    if (this.#isNudged) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      this.#wake = end;
      const timer = this.#clock.after(Math.max(0, wait), end);
    });
  }

  /** Ends the pause, and takes no nudges of strangers any more. */
  end(): void {
    this.nudge();
    this.#nudgedAt = Infinity;
  }
}

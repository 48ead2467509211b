import type { Clock } from "../../kernel/clock.ts";
import { Emitter } from "../../kernel/events.ts";
import { TellyportError } from "../../kernel/errors.ts";

/** Those that wait at a time; one more is refused. */
const MOST_WAITING = 1024;
/** Asked again after so long, ms, where nobody says that something was published. */
const AGAIN_MS = 250;

/** Waits for something to become so, asking when it may have. */
export class Waiting {
  readonly #clock: Clock;
  /** Something was published by this process. */
  readonly progress = new Emitter<void>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param deadline monotonic ms
   * @throws TellyportError `dns-unavailable` when the deadline is over, or too many wait
   */
  async until(isSo: () => Promise<boolean>, deadline: number): Promise<void> {
    if (this.#count >= MOST_WAITING) throw tooLate();
    this.#count++;
    try {
      while (!(await isSo())) {
        const left = deadline - this.#clock.monotonic();
        if (left <= 0) throw tooLate();
        await this.#next(Math.min(left, AGAIN_MS));
      }
    } finally {
      this.#count--;
    }
  }

  #next(atMost: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        off();
        resolve();
      };
      const timer = this.#clock.after(atMost, done);
      const off = this.progress.on(done);
    });
  }
}

function tooLate(): TellyportError {
  return new TellyportError(
    "dns-unavailable",
    "It is written down, but the name server does not have it yet. Ask again in a moment.",
    { retryAfterMs: 15_000 },
  );
}

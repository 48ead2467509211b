import type { Clock, Timer } from "../../src/kernel/clock.ts";
import { ms, type Milliseconds } from "../../src/kernel/units.ts";

interface Scheduled {
  at: number;
  order: number;
  period: number | null;
  callback: () => void;
}

/** A clock that moves only when told to; timers fire in order of their time. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Scheduled>();

  constructor(now = Date.UTC(2026, 10, 20, 12)) {
    this.#now = now;
  }

  now(): Milliseconds {
    return ms(this.#now);
  }

  monotonic(): Milliseconds {
    return ms(this.#monotonic);
  }

  after(delay: number, callback: () => void): Timer {
    return this.#schedule(delay, null, callback);
  }

  every(period: number, callback: () => void): Timer {
    return this.#schedule(period, period, callback);
  }

  /** Sets the wall clock without moving monotonic time. */
  setWall(now: number): void {
    this.#now = now;
  }

  /** Moves both clocks on, firing what falls due on the way. */
  advance(delta: number): void {
    const target = this.#monotonic + delta;
    for (;;) {
      const due = [...this.#timers]
        .filter((timer) => timer.at <= target)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#move(due.at);
      if (due.period === null) this.#timers.delete(due);
      else due.at += due.period;
      due.callback();
    }
    this.#move(target);
  }

  /** Like {@link advance} in small steps, letting promises settle in between. */
  async advanceAsync(delta: number, step = 10): Promise<void> {
    for (let left = delta; left > 0; left -= step) {
      this.advance(Math.min(step, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get pending(): number {
    return this.#timers.size;
  }

  #move(to: number): void {
    if (to <= this.#monotonic) return;
    this.#now += to - this.#monotonic;
    this.#monotonic = to;
  }

  #schedule(delay: number, period: number | null, callback: () => void): Timer {
    const timer: Scheduled = {
      at: this.#monotonic + Math.max(0, delay),
      order: this.#order++,
      period,
      callback,
    };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
}

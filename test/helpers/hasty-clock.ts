import { systemClock, type Clock } from "../../src/kernel/clock.ts";
import { ms } from "../../src/kernel/units.ts";

/** The system's clock whose timers fire sooner, and whose wall time is set: for what waits for others' programs. */
export interface HastyClock extends Clock {
  /** Wall time less the system's, ms. */
  ahead: number;
}

/** @param speed how many times sooner timers fire */
export function hastyClock(speed: number): HastyClock {
  return {
    ahead: 0,
    now() {
      return ms(Date.now() + this.ahead);
    },
    monotonic: () => systemClock.monotonic(),
    after: (delay, callback) => systemClock.after(delay / speed, callback),
    every: (period, callback) => systemClock.every(period / speed, callback),
  };
}

import { ms, type Milliseconds } from "./units.ts";

/** A cancellable timer. */
export interface Timer {
  cancel(): void;
}

/** The only source of time in the project; tests inject a `FakeClock`. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00Z. May jump. Never use it to measure a duration. */
  now(): Milliseconds;
  /** Milliseconds since an arbitrary start; never jumps, never goes back. */
  monotonic(): Milliseconds;
  /** Calls back once after `delay` ms. The timer does not keep the process alive. */
  after(delay: number, callback: () => void): Timer;
  /** Calls back every `period` ms until cancelled. The timer does not keep the process alive. */
  every(period: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => ms(Date.now()),
  monotonic: () => ms(performance.now()),
  after(delay, callback) {
    const timer = setTimeout(callback, delay).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(period, callback) {
    const timer = setInterval(callback, period).unref();
    return { cancel: () => clearInterval(timer) };
  },
};

/** Resolves after `delay` ms of the given clock, or rejects with the signal's reason. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delay, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

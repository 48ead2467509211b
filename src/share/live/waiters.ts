import type { Clock } from "../../kernel/clock.ts";

interface Waiter {
  test(): boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** People who wait for a condition: looked at again whenever something changed. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves once `test` holds.
   * @param options.timeout ms
   * @param options.late the error thrown when it took longer
   * @throws the error given to {@link fail}, or the signal's reason
   */
  until(
    test: () => boolean,
    options: { timeout: number; late: () => Error; signal?: AbortSignal },
  ): Promise<void> {
    if (test()) return Promise.resolve();
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        this.#waiting.delete(waiter);
        timer.cancel();
        signal?.removeEventListener("abort", aborted);
      };
      const waiter: Waiter = {
        test,
        resolve: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const aborted = (): void => waiter.reject(signal?.reason as Error);
      const timer = this.#clock.after(options.timeout, () => waiter.reject(options.late()));
      signal?.addEventListener("abort", aborted, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Something changed: lets those go whose condition holds. */
  check(): void {
    for (const waiter of [...this.#waiting]) if (waiter.test()) waiter.resolve();
  }

  /** It will never hold. */
  fail(error: Error): void {
    for (const waiter of [...this.#waiting]) waiter.reject(error);
  }
}

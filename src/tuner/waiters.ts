import { TellyportError } from "../kernel/errors.ts";

interface Waiter {
  readonly ready: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait for a condition that somebody else's events bring about. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /**
   * Resolves once `ready` is true; rejects when it throws, when {@link fail} is called or when the signal fires.
   * @throws TellyportError `request-cancelled` by the signal
   */
  async wait(ready: () => boolean, signal?: AbortSignal): Promise<void> {
    const cancelled = (): TellyportError =>
      new TellyportError("request-cancelled", "The request was withdrawn before the channel was there.");
    if (signal?.aborted === true) throw cancelled();
    if (ready()) return;
    let waiter: Waiter | null = null;
    const onAbort = (): void => waiter?.reject(cancelled());
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { ready, resolve, reject };
        this.#waiting.add(waiter);
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      if (waiter !== null) this.#waiting.delete(waiter);
    }
  }

  /** Looks at every condition again. */
  check(): void {
    for (const waiter of [...this.#waiting]) {
      try {
        if (!waiter.ready()) continue;
        this.#waiting.delete(waiter);
        waiter.resolve();
      } catch (error) {
        this.#waiting.delete(waiter);
        waiter.reject(error);
      }
    }
  }

  fail(error: unknown): void {
    for (const waiter of this.#waiting) waiter.reject(error);
    this.#waiting.clear();
  }
}

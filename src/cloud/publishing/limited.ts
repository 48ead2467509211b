import type { Clock } from "../../kernel/clock.ts";

/**
 * Gives work a signal that is aborted with another one, or when its time is over. Not `AbortSignal.any`: what that makes hangs on the
 * other signal for as long as it lives, and the leader's lives for weeks.
 */
export async function limited<T>(
  clock: Clock,
  signal: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const onAbort = (): void => own.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  // Who does not listen to the signal is left behind.
  const over = new Promise<never>((_, reject) => {
    own.signal.addEventListener("abort", () => reject(own.signal.reason as Error), { once: true });
  });
  over.catch(() => undefined);
  const timer = clock.after(ms, () => own.abort(new Error(`it took longer than ${ms} ms`)));
  try {
    return await Promise.race([work(own.signal), over]);
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", onAbort);
  }
}

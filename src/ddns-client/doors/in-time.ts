import type { Clock } from "../../kernel/clock.ts";

/** Does work that heeds its signal, which is fired after so long, ms. */
export async function inTime(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const late = new AbortController();
  const timer = clock.after(ms, () => late.abort());
  try {
    await work(late.signal);
  } finally {
    timer.cancel();
  }
}

/** How late this process itself was: what a busy machine adds to a measured time is not the stream's fault. */
export class Lag {
  readonly #late: { readonly at: number; readonly ms: number }[] = [];
  #last = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const ms = now - this.#last - PERIOD_MS;
      this.#last = now;
      if (ms < LATE_MS) return;
      this.#late.push({ at: now, ms });
      if (this.#late.length > MOST) this.#late.shift();
    }, PERIOD_MS);
    this.#timer.unref();
  }

  /** Milliseconds of delay since then. */
  since(from: number): number {
    let sum = Math.max(0, performance.now() - this.#last - PERIOD_MS);
    for (const { at, ms } of this.#late) if (at >= from) sum += ms;
    return sum;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const PERIOD_MS = 20;
/** Less than this is what any timer is late. */
const LATE_MS = 30;
const MOST = 2000;

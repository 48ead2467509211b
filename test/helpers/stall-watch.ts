/** A timer so late says that the machine stood still: a program that only waits is never busy so long; ms. */
const STALL = 400;
const PERIOD = 50;
/** What a box loses when it stands still shows a little before it is noticed, and until the segment is over; ms. */
const BEFORE = 2000;
const AFTER = 6000;

/**
 * Notices when the machine gives this process no time. A box beside it had none either: what it lost then (a tuner does not
 * wait) says nothing of the box.
 */
export class StallWatch {
  /** When it stood still and how long, ms since the start. */
  readonly stalls: { readonly at: number; readonly lasted: number }[] = [];
  readonly #from = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = this.#from;
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (now - last - PERIOD > STALL)
        this.stalls.push({ at: now - this.#from, lasted: now - last - PERIOD });
      last = now;
    }, PERIOD);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether something at this time may come of a stall. @param at ms since the start */
  explains(at: number): boolean {
    return this.stalls.some((stall) => at > stall.at - stall.lasted - BEFORE && at < stall.at + AFTER);
  }
}

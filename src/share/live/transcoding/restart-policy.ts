import { ms, type Milliseconds } from "../../../kernel/units.ts";

/** So many deaths within {@link WINDOW} are too many. */
const TOO_MANY = 5;
/** ms */
const WINDOW = 30_000;
/** ms */
const FIRST_DELAY = 200;
/** ms */
const LONGEST_DELAY = 5000;

/** When to start again what died: after 0.2 s, twice as long each time, never again after five deaths in thirty seconds. Pure. */
export class RestartPolicy {
  #deaths: number[] = [];

  /** @param now monotonic. @returns how long to wait, or null: give up */
  died(now: Milliseconds): Milliseconds | null {
    this.#deaths = [...this.#deaths.filter((at) => now - at < WINDOW), now];
    if (this.#deaths.length >= TOO_MANY) return null;
    return ms(Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.#deaths.length - 1)));
  }
}

import type { Clock } from "../../kernel/clock.ts";

/** Cold tunes that a client may cause at once. */
const AT_ONCE = 4;
/** Then one in so many ms: a dish and a tuner take about as long for each. */
const EVERY = 1500;
/** Clients remembered at most. */
const MAX_CLIENTS = 1000;

/**
 * How often one client may have a tuner tuned: what is received already costs nobody anything, and is not counted. Who zaps
 * faster than that waits its turn.
 */
export class ColdTunes {
  readonly #clock: Clock;
  /** By client: monotonic ms at which all of its tunes are paid for. */
  readonly #paid = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one. @returns ms to wait for it first; 0: none */
  take(client: string): number {
    const now = this.#clock.monotonic();
    const before = Math.max(now, this.#paid.get(client) ?? 0);
    this.#paid.delete(client);
    this.#paid.set(client, before + EVERY);
    const oldest = this.#paid.keys().next().value;
    if (this.#paid.size > MAX_CLIENTS && oldest !== undefined) this.#paid.delete(oldest);
    return Math.max(0, before - now - (AT_ONCE - 1) * EVERY);
  }
}

import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { OfferState } from "../protocol/access-api.ts";

/** Ms: a timer may fire a little before the clock says so, and would then find nothing to close. */
export const TIMER_SLACK = 20;
/** Offers that ended, at the most, that can still be asked about. */
const REMEMBERED = 32;

/** What became of offers: told to whoever listens, and remembered for a while after the end. */
export class OfferStates {
  readonly #clock: Clock;
  readonly #rememberMs: number;
  readonly #emitter: Emitter<OfferState>;
  readonly #ended = new Map<string, { state: OfferState; until: number }>();

  /** @param rememberMs how long an ended offer can be asked about */
  constructor(clock: Clock, rememberMs: number, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#rememberMs = rememberMs;
    this.#emitter = new Emitter(onError);
  }

  /** @returns a function that unsubscribes */
  on(listener: (state: OfferState) => void): () => void {
    return this.#emitter.on(listener);
  }

  /** An offer was claimed, decided or closed. */
  tell(state: OfferState): void {
    if (state.state !== "waiting") {
      this.#forget();
      this.#ended.set(state.id, { state, until: this.#clock.monotonic() + this.#rememberMs });
    }
    this.#emitter.emit(state);
  }

  /** @returns the last state of an offer that ended lately, else null */
  ended(id: string): OfferState | null {
    this.#forget();
    return this.#ended.get(id)?.state ?? null;
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (const [id, { until }] of this.#ended) {
      if (now < until && this.#ended.size < REMEMBERED) break;
      this.#ended.delete(id);
    }
  }
}

export function offerNotFound(): TellyportError {
  return new TellyportError("offer-not-found", "That offer is no longer open.");
}

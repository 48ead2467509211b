import type { Clock, Timer } from "../../kernel/clock.ts";
import type { Tuner } from "../../protocol/api.ts";

/** Changes that come together are told together, ms. */
const COALESCE = 250;

/** Tells when a tuner comes, goes, or does something else, and when its signal is of another level: the figures alone change all the time. */
export class TunerWatch {
  readonly #clock: Clock;
  readonly #tuners: () => Tuner[];
  readonly #tell: (tuners: Tuner[]) => void;
  #known: string;
  #pending: Timer | null = null;

  /** @param tell gets all tuners as they are now */
  constructor(deps: { clock: Clock; tuners: () => Tuner[]; tell: (tuners: Tuner[]) => void }) {
    this.#clock = deps.clock;
    this.#tuners = deps.tuners;
    this.#tell = deps.tell;
    this.#known = gist(deps.tuners());
  }

  /** Something may have changed. */
  look(): void {
    this.#pending ??= this.#clock.after(COALESCE, () => {
      this.#pending = null;
      const tuners = this.#tuners();
      const now = gist(tuners);
      if (now === this.#known) return;
      this.#known = now;
      this.#tell(tuners);
    });
  }

  stop(): void {
    this.#pending?.cancel();
    this.#pending = null;
  }
}

function gist(tuners: readonly Tuner[]): string {
  return JSON.stringify(
    tuners.map(({ id, state, multiplex, error, signal }) => [
      id,
      state,
      multiplex,
      error,
      signal?.verdict?.level ?? null,
    ]),
  );
}

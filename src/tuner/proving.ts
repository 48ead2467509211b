import type { Clock, Timer } from "../kernel/clock.ts";
import type { MuxSession } from "./mux-session.ts";
import type { Multiplex, VisitRequest } from "./ports.ts";
import type { TunerRack } from "./tuner-rack.ts";
import { isGone, type Slot } from "./tuner-slot.ts";

/** How often it is looked whether a proof is due; ms. */
const PERIOD_MS = 1000;
/** From a failure to the proof, ms: twice as long after each failure. */
const WAIT_MS = { first: 4000, last: 30_000 } as const;

export interface ProvingDeps {
  readonly clock: Clock;
  readonly rack: TunerRack;
  /** Those that a proof may be made with, the likeliest first. */
  readonly multiplexes: () => readonly Multiplex[];
  readonly open: (slot: Slot, multiplex: Multiplex) => MuxSession;
  /** The proof is over. */
  readonly done: (session: MuxSession) => void;
}

/**
 * Tries tuners whose device was gone though nobody wants them, so that one that was plugged in again is known to be well before
 * somebody needs it. Whoever wants the tuner meanwhile gets it.
 */
export class Proving {
  readonly #deps: ProvingDeps;
  readonly #abort = new AbortController();
  #timer: Timer | null = null;

  constructor(deps: ProvingDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer ??= this.#deps.clock.every(PERIOD_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#abort.abort();
  }

  #look(): void {
    const now = this.#deps.clock.monotonic();
    for (const slot of this.#deps.rack.slots) {
      if (!isGone(slot) || slot.session !== null) continue;
      const wait = Math.min(WAIT_MS.last, WAIT_MS.first * 2 ** Math.max(0, slot.failures - 1));
      if (now >= slot.restsUntil + wait) void this.#prove(slot);
    }
  }

  async #prove(slot: Slot): Promise<void> {
    const multiplex = this.#multiplexFor(slot);
    if (multiplex === undefined) return;
    const session = this.#deps.open(slot, multiplex);
    const request: VisitRequest = {
      multiplex,
      weight: "idleScan",
      consumer: "check of the tuner",
      signal: this.#abort.signal,
      enough: ({ tables }) => tables.hasPat,
      longestMs: 2000,
    };
    try {
      await session.visit(request);
      this.#deps.done(session);
    } catch {
      // It failed again, or somebody took it: its slot knows.
    }
  }

  /** One multiplex has one session at most: what is received already proves nothing. */
  #multiplexFor(slot: Slot): Multiplex | undefined {
    const { rack, multiplexes } = this.#deps;
    const others = new Set(rack.slots.filter((one) => one !== slot).map(({ driver }) => driver.id));
    return multiplexes().find((multiplex) => {
      const decision = rack.decide(multiplex, "idleScan", { without: others });
      return decision.kind === "idle" && decision.tuner === slot.driver.id;
    });
  }
}

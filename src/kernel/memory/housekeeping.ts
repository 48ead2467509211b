import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import { messageOf } from "../errors.ts";
import type { SystemMemory } from "./system-memory.ts";

export interface HousekeepingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: SystemMemory;
  /** CPU time of the process so far, ms. */
  readonly cpuMs: () => number;
  readonly collectGarbage: () => void;
}

/** How often it looks, ms. */
const PERIOD_MS = 5000;
/**
 * Work is counted in starts of this daemon, since processors differ: what is 1 % of a desk's core, on which a start takes a
 * second, is 8 % of a small box's. With less than so much in a period it is quiet: no stream is live.
 */
const QUIET_STARTS = 0.05;
/** After so much work there may be something to tidy, in starts. */
const WORTH_STARTS = 0.5;

/**
 * Gives back memory that work has left behind, once it is quiet: an idle V8 collects nothing, an idle malloc returns nothing.
 * After sixteen viewers of four services the daemon stayed at 127 MB for as long as nothing else happened; so it has 67.
 */
export class Housekeeping {
  readonly #deps: HousekeepingDeps;
  #timer: Timer | null = null;
  /** CPU time of the start, ms. */
  #start = 0;
  /** CPU time at the last look, and when it was last tidied. */
  #seen = 0;
  #tidiedAt = 0;

  constructor(deps: HousekeepingDeps) {
    this.#deps = deps;
  }

  /** To be called when the daemon has started. */
  start(): void {
    const { clock, cpuMs } = this.#deps;
    this.#start = this.#seen = cpuMs();
    this.#timer = clock.every(PERIOD_MS, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { cpuMs, memory, log, collectGarbage } = this.#deps;
    const now = cpuMs();
    const quiet = now - this.#seen < this.#start * QUIET_STARTS;
    this.#seen = now;
    // Never while somebody watches: pages that are needed again come back slowly, and the picture would wait for them.
    if (!quiet || now - this.#tidiedAt < this.#start * WORTH_STARTS) return;
    collectGarbage();
    try {
      memory.trim();
      await memory.releaseFilePages();
    } catch (error) {
      log.debug({ error: messageOf(error) }, "memory-not-given-back");
    }
    this.#tidiedAt = this.#seen = cpuMs();
  }
}

import type { Clock, Timer } from "../kernel/clock.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import { writeDoubt, type WriteDoubt } from "../kernel/writable.ts";

/** Ms between looks; nothing is written. */
const LOOK_EVERY = 10_000;

export interface StateWatchDeps {
  /** The state directory that the configuration names. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: LineLog;
  /** Whether the last commit was refused: a device that fails need not say so by itself. */
  readonly refused: () => boolean;
  /** It can be written to again. */
  readonly recovered?: () => void;
}

/** Follows whether the state can be written, and says when that changes. The box goes on without: it knows whom it knew. */
export class StateWatch implements Component {
  readonly name = "state-watch";
  readonly #deps: StateWatchDeps;
  #doubt: WriteDoubt | null = null;
  #timer: Timer | null = null;

  constructor(deps: StateWatchDeps) {
    this.#deps = deps;
  }

  /** Null: it can be written. */
  get doubt(): WriteDoubt | null {
    return this.#doubt;
  }

  async start(): Promise<void> {
    this.#timer = this.#deps.clock.every(LOOK_EVERY, () => void this.#look());
    await this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #look(): Promise<void> {
    const { directory, log, refused, recovered } = this.#deps;
    const doubt = (await writeDoubt(directory)) ?? (refused() ? "failing" : null);
    if (doubt === this.#doubt || this.#timer === null) return;
    const before = this.#doubt;
    this.#doubt = doubt;
    if (doubt !== null)
      return log.error(
        {
          directory,
          doubt,
          cure: "nothing new is kept: pairings, settings and channels of now are lost at the next start; `tellyport doctor` says what to do",
        },
        "state-degraded",
      );
    if (before !== null) {
      log.warn({ directory }, "state-recovered");
      recovered?.();
    }
  }
}

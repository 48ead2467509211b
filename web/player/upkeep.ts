import type { Problem } from "../api/problem.ts";
import type { HeldPlaybacks } from "./held-playbacks.ts";

/** Milliseconds between renewals of a paused playback and between fresh goodbyes. */
const TICK = 20_000;
/** So many of those between reports of how it goes. */
const REPORT_TICKS = 3;

export interface UpkeepDeps {
  readonly held: HeldPlaybacks;
  readonly isPaused: () => boolean;
  /** The paused playback cannot be kept. */
  readonly onLost: (problem: Problem) => void;
  /** The page comes back from the browser's memory, its playback long let go. */
  readonly onReturn: () => void;
  /** Another network holds another rate. */
  readonly onNetwork: () => void;
}

/** What is done for a playback beside playing it, as long as the page shows the player: it is kept, told of, and let go. */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #tick: ReturnType<typeof setInterval> | undefined;
  readonly #over = new AbortController();
  #ticks = 0;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { held, onNetwork, onReturn } = this.#deps;
    const { signal } = this.#over;
    this.#tick = setInterval(() => void this.#onTick(), TICK);
    window.addEventListener("pagehide", () => held.sayGoodbye(), { signal });
    window.addEventListener("pageshow", ({ persisted }) => persisted && onReturn(), { signal });
    // only some browsers tell
    const network = (navigator as { connection?: EventTarget }).connection;
    network?.addEventListener("change", onNetwork, { signal });
  }

  stop(): void {
    clearInterval(this.#tick);
    this.#over.abort();
  }

  async #onTick(): Promise<void> {
    const { held, isPaused, onLost } = this.#deps;
    const problem = isPaused() ? await held.renew() : null;
    if (problem !== null) onLost(problem);
    if (++this.#ticks % REPORT_TICKS === 0) await held.report();
    await held.prepareGoodbye();
  }
}

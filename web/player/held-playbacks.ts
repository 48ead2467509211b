import type { Playback, PlaybackReport } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import type { WatchFigures } from "./watch-figures.ts";

interface Held {
  readonly playback: Playback;
  readonly figures: WatchFigures;
  /** Made while there is time; null: not yet, or the box is away. */
  goodbye: ((body: object) => void) | null;
}

/** Milliseconds after which what the box has not heard is said again. */
const SAY_AGAIN = 5000;

/** What this device holds on the box: the present playback, and former ones until the new one is seen. */
export class HeldPlaybacks {
  readonly #connection: BoxConnection;
  #current: Held | null = null;
  #former: Held[] = [];
  /** Let go, and the box has not answered. */
  readonly #leaving = new Set<Held>();

  constructor(connection: BoxConnection) {
    this.#connection = connection;
  }

  get current(): Playback | null {
    return this.#current?.playback ?? null;
  }

  /** The present one becomes a former one. @param figures how it goes, told to the box now and then */
  take(playback: Playback, figures: WatchFigures): void {
    if (this.#current !== null) this.#former.push(this.#current);
    this.#current = { playback, figures, goodbye: null };
  }

  /** The box ended it: there is nothing to let go, only to say how it went. */
  drop(): void {
    const held = this.#current;
    this.#current = null;
    if (held !== null) void this.#release(held);
  }

  /** Keeps the present one, of which nothing is fetched just now. @returns why it cannot be kept, or null */
  async renew(): Promise<Problem | null> {
    const held = this.#current;
    if (held === null) return null;
    try {
      await this.#connection.call("POST", `${pathOf(held)}/renew`);
      return null;
    } catch (error) {
      const problem = asProblem(error);
      return problem.status !== 0 && this.#current === held ? problem : null;
    }
  }

  /** Tells how the present one goes. Lost without harm: the next one says it again. */
  async report(): Promise<void> {
    const held = this.#current;
    if (held === null) return;
    const body = held.figures.report(performance.now());
    await this.#connection.call("POST", `${pathOf(held)}/report`, { body }).catch(() => undefined);
  }

  /** Has ready what a page that is left has no time to make. */
  async prepareGoodbye(): Promise<void> {
    const held = this.#current;
    if (held === null) return;
    held.goodbye = await this.#connection.prepare("POST", `${pathOf(held)}/report`).catch(() => null);
  }

  /** The page goes, and what is on its way may go with it. */
  sayGoodbye(): void {
    const held = [this.#current, ...this.#former, ...this.#leaving];
    for (const one of held) one?.goodbye?.(lastReport(one));
  }

  releaseFormer(): Promise<unknown> {
    const former = this.#former;
    this.#former = [];
    return Promise.all(former.map((held) => this.#release(held)));
  }

  releaseAll(): Promise<unknown> {
    if (this.#current !== null) this.#former.push(this.#current);
    this.#current = null;
    return this.releaseFormer();
  }

  /**
   * Said again a little later, and when the network is back; without it a playback that nobody fetches ends by itself on the box.
   * @param soon or only when the network is back
   */
  async #release(held: Held, soon = true): Promise<void> {
    const body = lastReport(held);
    this.#leaving.add(held);
    try {
      await this.#connection.call("POST", `${pathOf(held)}/report`, { body });
      this.#leaving.delete(held);
    } catch (error) {
      if (asProblem(error).status !== 0) return void this.#leaving.delete(held);
      const over = new AbortController();
      const sayAgain = (inTime: boolean): void => {
        clearTimeout(timer);
        over.abort();
        void this.#release(held, inTime);
      };
      const timer = soon ? setTimeout(sayAgain, SAY_AGAIN, false) : undefined;
      window.addEventListener("online", () => sayAgain(true), { signal: over.signal });
    }
  }
}

/** How it went, and that it is let go: one request for both. */
function lastReport({ figures }: Held): PlaybackReport {
  return { ...figures.report(performance.now()), end: true };
}

function pathOf({ playback }: Held): string {
  return `/api/v1/playback/${encodeURIComponent(playback.id)}`;
}

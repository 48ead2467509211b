import type { Playback } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { asProblem, type Problem } from "../api/problem.ts";

/** What this device holds on the box: the present playback, and former ones until the new one is seen. */
export class HeldPlaybacks {
  readonly #connection: BoxConnection;
  #current: Playback | null = null;
  #former: Playback[] = [];
  #goodbye: (() => void) | null = null;

  constructor(connection: BoxConnection) {
    this.#connection = connection;
  }

  get current(): Playback | null {
    return this.#current;
  }

  /** The present one becomes a former one. */
  take(playback: Playback): void {
    if (this.#current !== null) this.#former.push(this.#current);
    this.#current = playback;
  }

  /** The box ended it: there is nothing to let go. */
  drop(): void {
    this.#current = null;
  }

  /** Keeps the present one, of which nothing is fetched just now. @returns why it cannot be kept, or null */
  async renew(): Promise<Problem | null> {
    const playback = this.#current;
    if (playback === null) return null;
    try {
      await this.#connection.call("POST", `${pathOf(playback)}/renew`);
      return null;
    } catch (error) {
      const problem = asProblem(error);
      return problem.status !== 0 && this.#current === playback ? problem : null;
    }
  }

  /** Has ready what a page that is left has no time to make. */
  async prepareGoodbye(): Promise<void> {
    const playback = this.#current;
    if (playback === null) return;
    this.#goodbye = await this.#connection.prepare("DELETE", pathOf(playback)).catch(() => null);
  }

  sayGoodbye(): void {
    this.#goodbye?.();
  }

  releaseFormer(): Promise<unknown> {
    const former = this.#former;
    this.#former = [];
    return Promise.all(former.map((playback) => this.#release(playback)));
  }

  releaseAll(): Promise<unknown> {
    if (this.#current !== null) this.#former.push(this.#current);
    this.#current = null;
    this.#goodbye = null;
    return this.releaseFormer();
  }

  /** Said again when the network is back; without it a playback that nobody fetches ends by itself on the box. */
  async #release(playback: Playback): Promise<void> {
    await this.#connection.call("DELETE", pathOf(playback)).catch((error: unknown) => {
      if (asProblem(error).status !== 0) return;
      window.addEventListener("online", () => void this.#release(playback), { once: true });
    });
  }
}

function pathOf(playback: Playback): string {
  return `/api/v1/playback/${encodeURIComponent(playback.id)}`;
}

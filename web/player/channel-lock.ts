import type { Capabilities, Channel, Playback, PlaybackRequest } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { Problem, asProblem } from "../api/problem.ts";
import type { HeldPlaybacks } from "./held-playbacks.ts";
import { GIVES_WAY } from "./problem-kinds.ts";
import type { ViewerWishes } from "./viewer-wishes.ts";

/** Milliseconds within which the box finds a tuner, or says why it does not. */
const PATIENCE = 40_000;

export interface ChannelLockDeps {
  readonly connection: BoxConnection;
  readonly capabilities: () => Promise<Capabilities>;
  readonly wishes: ViewerWishes;
  readonly held: HeldPlaybacks;
  /** What plays now is let go: its last picture stays. */
  readonly onGivingWay: () => void;
  /** @returns whether what was refused was a wish that can be given up, and was */
  readonly giveUpWish: (code: string) => boolean;
}

/** Asks the box for a channel, as this device and this viewer want it. */
export class ChannelLock {
  readonly #deps: ChannelLockDeps;
  #asking = new AbortController();

  constructor(deps: ChannelLockDeps) {
    this.#deps = deps;
  }

  /** Gives up the request for a channel that nobody wants any more. */
  cancel(): void {
    this.#asking.abort();
  }

  /**
   * @param isWanted whether nobody has gone on to another channel meanwhile
   * @throws Problem what the box said, or `request-cancelled`
   */
  async lock(channel: Channel, isWanted: () => boolean): Promise<Playback> {
    const { held, onGivingWay } = this.#deps;
    const capabilities = await this.#deps.capabilities();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    if (!isWanted()) throw new Problem("request-cancelled");
    try {
      return await this.#ask(channel, capabilities, signal);
    } catch (error) {
      if (held.current === null || !GIVES_WAY.has(asProblem(error).code)) throw error;
      // With a single tuner it is our own channel that is in the way: let it go, keep its last picture, ask again.
      onGivingWay();
      await held.releaseAll();
      return this.#ask(channel, capabilities, signal);
    }
  }

  /** Once more without a wish that is refused. */
  async #ask(channel: Channel, capabilities: Capabilities, signal: AbortSignal): Promise<Playback> {
    const askOnce = (): Promise<Playback> => {
      const quality = this.#deps.wishes.asked(channel.id);
      const body: PlaybackRequest = {
        channel: channel.id,
        capabilities,
        ...(quality !== null && { quality }),
      };
      const options = { body, signal, timeoutMs: PATIENCE };
      return this.#deps.connection.call<Playback>("POST", "/api/v1/playback", options);
    };
    try {
      return await askOnce();
    } catch (error) {
      if (!this.#deps.giveUpWish(asProblem(error).code)) throw error;
      return askOnce();
    }
  }
}

import type { Clock, Timer } from "../../kernel/clock.ts";

/** Cold tunes that a client may cause at once. */
const AT_ONCE = 4;
/** Then one in so many ms: a dish and a tuner take about as long for each. */
const EVERY = 1500;
/** Clients remembered at most. */
const MAX_CLIENTS = 1000;

interface Lane {
  /** Monotonic ms at which all tunes of the client are paid for. */
  paid: number;
  /** Those whose turn has yet to come, in their order. */
  readonly waiting: (() => void)[];
  timer: Timer | null;
}

/**
 * How often one client may have a tuner tuned: what is received already costs nobody anything, and is not counted. Who zaps
 * faster than that waits its turn, and who goes away meanwhile leaves its place to those behind.
 */
export class ColdTunes {
  readonly #clock: Clock;
  /** By client. */
  readonly #lanes = new Map<string, Lane>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until the client may have a tuner tuned, and counts that. How many wait is for the caller to bound.
   * @returns gives the turn back, for who has had nothing tuned after all
   * @throws the reason of `signal`: nothing was counted
   */
  async turn(client: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const lane = this.#laneOf(client);
    if (lane.waiting.length === 0 && this.#waitOf(lane) === 0) this.#take(lane);
    else await this.#queue(lane, signal);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      lane.paid -= EVERY;
      this.#arm(lane);
    };
  }

  #queue(lane: Lane, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(go), 1);
        this.#arm(lane);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      lane.waiting.push(go);
      this.#arm(lane);
    });
  }

  /** Has the next one called when its turn comes. */
  #arm(lane: Lane): void {
    lane.timer?.cancel();
    lane.timer = null;
    if (lane.waiting.length === 0) return;
    lane.timer = this.#clock.after(this.#waitOf(lane), () => {
      lane.timer = null;
      // A timer may be early.
      if (this.#waitOf(lane) === 0) {
        const next = lane.waiting.shift();
        this.#take(lane);
        next?.();
      }
      this.#arm(lane);
    });
  }

  #take(lane: Lane): void {
    lane.paid = Math.max(this.#clock.monotonic(), lane.paid) + EVERY;
  }

  /** Ms until the next turn. */
  #waitOf({ paid }: Lane): number {
    return Math.max(0, paid - this.#clock.monotonic() - (AT_ONCE - 1) * EVERY);
  }

  #laneOf(client: string): Lane {
    const lane = this.#lanes.get(client) ?? { paid: 0, waiting: [], timer: null };
    this.#lanes.delete(client);
    this.#lanes.set(client, lane);
    if (this.#lanes.size <= MAX_CLIENTS) return lane;
    for (const [other, { waiting }] of this.#lanes) {
      if (waiting.length > 0) continue;
      this.#lanes.delete(other);
      break;
    }
    return lane;
  }
}

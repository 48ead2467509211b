import type { Clock } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { networkOf } from "../../kernel/network-address.ts";
import type { DialBack } from "../ports.ts";

/** One dial-back takes no longer, ms. */
const DEADLINE_MS = 8000;
/** And waits no longer for its turn. */
const TURN_MS = 5000;
/** Those that wait; one more is refused. */
const LONGEST_QUEUE = 512;

interface Waiting {
  readonly network: string;
  go(): void;
}

/** Dial-backs, so many at a time, and so many of them to one network. */
export class DialBacks {
  readonly #deps: { dialBack: DialBack; clock: Clock; log: LineLog; inAll: number; perNetwork: number };
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #inAll = 0;

  constructor(deps: { dialBack: DialBack; clock: Clock; log: LineLog; inAll: number; perNetwork: number }) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#inAll;
  }

  /**
   * Whether the box answers there, and is that box.
   * @throws TellyportError `rate-limited` when too many wait, or are asked
   */
  async ask(target: Omit<Parameters<DialBack["verify"]>[0], "signal">): Promise<boolean> {
    const { dialBack, clock, log } = this.#deps;
    const network = networkOf(target.address);
    await this.#turn(network);
    const over = new AbortController();
    const timer = clock.after(DEADLINE_MS, () => over.abort(new Error("the box took too long")));
    try {
      // Whoever implements it may forget the signal.
      const late = new Promise<boolean>((resolve) =>
        over.signal.addEventListener("abort", () => resolve(false), { once: true }),
      );
      return await Promise.race([dialBack.verify({ ...target, signal: over.signal }), late]);
    } catch (error) {
      // Nobody was asked: that says nothing against the box.
      if (isTellyportError(error, "rate-limited")) throw error;
      if (!over.signal.aborted) log.warn({ error: messageOf(error) }, "dial-back-failed");
      return false;
    } finally {
      timer.cancel();
      this.#leave(network);
    }
  }

  #mayGo(network: string): boolean {
    const { inAll, perNetwork } = this.#deps;
    return this.#inAll < inAll && (this.#running.get(network) ?? 0) < perNetwork;
  }

  #enter(network: string): void {
    this.#inAll++;
    this.#running.set(network, (this.#running.get(network) ?? 0) + 1);
  }

  #leave(network: string): void {
    this.#inAll--;
    const left = (this.#running.get(network) ?? 1) - 1;
    if (left > 0) this.#running.set(network, left);
    else this.#running.delete(network);
    for (const one of this.#waiting) {
      if (!this.#mayGo(one.network)) continue;
      one.go();
      return;
    }
  }

  #turn(network: string): Promise<void> {
    if (this.#mayGo(network)) {
      this.#enter(network);
      return Promise.resolve();
    }
    if (this.#waiting.size >= LONGEST_QUEUE) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        network,
        go: () => {
          timer.cancel();
          this.#waiting.delete(waiting);
          this.#enter(network);
          resolve();
        },
      };
      const timer = this.#deps.clock.after(TURN_MS, () => {
        this.#waiting.delete(waiting);
        reject(busy());
      });
      this.#waiting.add(waiting);
    });
  }
}

function busy(): TellyportError {
  return new TellyportError(
    "rate-limited",
    "Too many boxes are being looked for there. Try again in a moment.",
    {
      retryAfterMs: 10_000,
    },
  );
}

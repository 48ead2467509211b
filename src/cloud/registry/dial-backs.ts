import type { Clock } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { networkOf, regionOf } from "../../kernel/network-address.ts";
import type { DialBack } from "../ports.ts";

/** One dial-back takes no longer, ms. */
const DEADLINE_MS = 8000;
/** And waits no longer for its turn. */
const TURN_MS = 5000;
/** Those that wait; one more is refused. */
const LONGEST_QUEUE = 512;
/** Of all that may run, so many may be of one region, an IPv4 /24 or an IPv6 /48, ... */
const PART_OF_REGION = 4;
/** ... and of those that wait: one attacker has every address of it. */
const QUEUE_OF_REGION = 64;

/** Whose address is asked: one subscriber's network, and the region around it. */
interface Place {
  readonly network: string;
  readonly region: string;
}

interface Waiting {
  readonly place: Place;
  go(): void;
}

/** Dial-backs, so many at a time, and so many of them to one network, and to one region. */
export class DialBacks {
  readonly #deps: { dialBack: DialBack; clock: Clock; inAll: number; perNetwork: number };
  /** By network, and by region. */
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #inAll = 0;

  constructor(deps: { dialBack: DialBack; clock: Clock; inAll: number; perNetwork: number }) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#inAll;
  }

  /**
   * Whether the box answers there, and is that box.
   * @throws TellyportError `rate-limited` when too many wait, and what the dial-back itself throws
   */
  async ask(target: Omit<Parameters<DialBack["verify"]>[0], "signal">): Promise<boolean> {
    const { dialBack, clock } = this.#deps;
    const place = { network: networkOf(target.address), region: regionOf(target.address) };
    await this.#turn(place);
    const over = new AbortController();
    const timer = clock.after(DEADLINE_MS, () => over.abort(new Error("the box took too long")));
    try {
      // Whoever implements it may forget the signal.
      const late = new Promise<boolean>((resolve) =>
        over.signal.addEventListener("abort", () => resolve(false), { once: true }),
      );
      return await Promise.race([dialBack.verify({ ...target, signal: over.signal }), late]);
    } catch (error) {
      // Out of time is nobody there; from a failure of ours nothing follows, and what is published stays.
      if (over.signal.aborted) return false;
      throw error;
    } finally {
      timer.cancel();
      this.#leave(place);
    }
  }

  #mayGo({ network, region }: Place): boolean {
    const { inAll, perNetwork } = this.#deps;
    const perRegion = Math.max(perNetwork, Math.floor(inAll / PART_OF_REGION));
    const running = (where: string): number => this.#running.get(where) ?? 0;
    return this.#inAll < inAll && running(network) < perNetwork && running(region) < perRegion;
  }

  #count({ network, region }: Place, by: 1 | -1): void {
    this.#inAll += by;
    for (const where of [network, region]) {
      const next = (this.#running.get(where) ?? 0) + by;
      if (next > 0) this.#running.set(where, next);
      else this.#running.delete(where);
    }
  }

  #leave(place: Place): void {
    this.#count(place, -1);
    for (const one of this.#waiting) {
      if (!this.#mayGo(one.place)) continue;
      one.go();
      return;
    }
  }

  #turn(place: Place): Promise<void> {
    if (this.#mayGo(place)) {
      this.#count(place, 1);
      return Promise.resolve();
    }
    const ofRegion = [...this.#waiting].filter((one) => one.place.region === place.region).length;
    if (ofRegion >= QUEUE_OF_REGION || this.#waiting.size >= LONGEST_QUEUE) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        place,
        go: () => {
          timer.cancel();
          this.#waiting.delete(waiting);
          this.#count(place, 1);
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

import { TellyportError } from "../../kernel/errors.ts";
import type { Clock } from "../../kernel/clock.ts";
import { networkOf, regionOf } from "../../kernel/network-address.ts";
import { TokenBuckets, type BucketShape } from "../../kernel/token-buckets.ts";

/** How much one may ask of this instance. */
export interface RegistryLimits {
  /** New boxes of an IPv4 address or an IPv6 /64; default 20, and 20 an hour. */
  readonly enrolmentsPerNetwork: BucketShape;
  /** Of an IPv4 /24 or an IPv6 /48; default 100, and 100 an hour. */
  readonly enrolmentsPerRegion: BucketShape;
  /** Of everybody; default 5000, and 5 a second. */
  readonly enrolments: BucketShape;
  /** Requests of one box; default 30, and one in 5 s. */
  readonly requestsPerBox: BucketShape;
  /** Dial-backs at a time; default 64. */
  readonly dialBacks: number;
  /** Of those to one network; default 4. */
  readonly dialBacksPerNetwork: number;
}

const HOUR = 3600;

export const DEFAULT_LIMITS: RegistryLimits = {
  enrolmentsPerNetwork: { burst: 20, perSecond: 20 / HOUR },
  enrolmentsPerRegion: { burst: 100, perSecond: 100 / HOUR },
  enrolments: { burst: 5000, perSecond: 5 },
  requestsPerBox: { burst: 30, perSecond: 0.2 },
  dialBacks: 64,
  dialBacksPerNetwork: 4,
};

/** Senders that are remembered. */
const REMEMBERED = 65_536;

/** Token buckets of one instance: several instances let through as many times as much. */
export class Allowances {
  readonly #clock: Clock;
  readonly #network: TokenBuckets;
  readonly #region: TokenBuckets;
  readonly #all: TokenBuckets;
  readonly #box: TokenBuckets;
  /** Requests that are being done. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, limits: RegistryLimits) {
    this.#clock = clock;
    this.#network = new TokenBuckets(limits.enrolmentsPerNetwork, REMEMBERED);
    this.#region = new TokenBuckets(limits.enrolmentsPerRegion, REMEMBERED);
    this.#all = new TokenBuckets(limits.enrolments, 1);
    this.#box = new TokenBuckets(limits.requestsPerBox, REMEMBERED);
  }

  /** A box that was never here before. @throws TellyportError `too-many-boxes` */
  takeEnrolment(address: string): void {
    const now = this.#clock.monotonic();
    const network = networkOf(address);
    const region = regionOf(address);
    const wait = Math.max(
      this.#network.wait(network, now),
      this.#region.wait(region, now),
      this.#all.wait("", now),
    );
    if (wait > 0)
      throw new TellyportError(
        "too-many-boxes",
        "Too many new boxes came from here, or at all. Try again later.",
        {
          retryAfterMs: wait,
        },
      );
    this.#network.take(network, now);
    this.#region.take(region, now);
    this.#all.take("", now);
  }

  /**
   * Before a good request of a box. Those that are still being done count as if they were over: who sends many at once has no more.
   * @returns to be called after it, with whether it counts: an old one does not, so whoever has copied that uses up nothing of the box's
   * @throws TellyportError `rate-limited`
   */
  beginRequest(box: string): (counts: boolean) => void {
    const open = this.#open.get(box) ?? 0;
    const wait = this.#box.wait(box, this.#clock.monotonic(), open + 1);
    if (wait > 0)
      throw new TellyportError("rate-limited", "This box asks too often. Wait a moment.", {
        retryAfterMs: wait,
      });
    this.#open.set(box, open + 1);
    return (counts) => {
      const left = (this.#open.get(box) ?? 1) - 1;
      if (left > 0) this.#open.set(box, left);
      else this.#open.delete(box);
      if (counts) this.#box.take(box, this.#clock.monotonic());
    };
  }
}

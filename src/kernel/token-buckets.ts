import { RecentMap } from "./recent-map.ts";

/** How much is let through: `burst` at once, and `perSecond` in the long run. */
export interface BucketShape {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  level: number;
  /** When `level` was right, ms. */
  at: number;
}

/**
 * Token buckets by key, each full at first. Only those that are not full are remembered, and of them the `remembered` that were
 * used last: who can send from more senders than that gets a fresh bucket now and then, and takes nobody else's.
 */
export class TokenBuckets {
  readonly #shape: BucketShape;
  readonly #buckets: RecentMap<Bucket>;

  /** @param remembered buckets in memory at the most, about 150 bytes each; default 4096 */
  constructor(shape: BucketShape, remembered = 4096) {
    this.#shape = shape;
    this.#buckets = new RecentMap(remembered);
  }

  /**
   * Takes tokens.
   * @param now monotonic ms
   * @param count up to `burst`; default 1
   * @returns 0 when there were as many, else the ms until there are
   */
  take(key: string, now: number, count = 1): number {
    const level = this.#level(key, now);
    const wait = this.#waitAt(level, count);
    if (wait === 0) this.#buckets.set(key, { level: level - count, at: now });
    return wait;
  }

  /** As {@link take}, and takes nothing. */
  wait(key: string, now: number, count = 1): number {
    return this.#waitAt(this.#level(key, now), count);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #level(key: string, now: number): number {
    // Asked for, it is in use: whoever goes on asking in vain does not get a fresh one for it.
    const bucket = this.#buckets.get(key);
    const { burst, perSecond } = this.#shape;
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.level + ((now - bucket.at) / 1000) * perSecond);
  }

  #waitAt(level: number, count: number): number {
    return level >= count ? 0 : Math.ceil(((count - level) / this.#shape.perSecond) * 1000);
  }
}

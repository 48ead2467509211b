import { networkOf, regionOf } from "../../kernel/network-address.ts";
import type { Answer, AnswerKind } from "./answerer.ts";

export interface AnswerLimitOptions {
  /** Answers a second of one sort about one subject to one network, /24 or /64; default 20. */
  readonly perSecond?: number;
  /** Every so-maniest answer beyond them goes out, cut short, so that who is real asks over TCP; default 2, 0: none. */
  readonly slip?: number;
  /** What nobody outside can guess: it decides which networks share a bucket. */
  readonly seed: number;
}

/** Buckets: 12 octets each, in which all networks and subjects share. */
const BUCKETS = 1 << 16;
/** Seconds for which what was not used is saved up. */
const BURST_SECONDS = 2;

const KINDS: Record<AnswerKind, number> = {
  records: 1,
  "no-records": 2,
  "no-name": 3,
  refused: 4,
  malformed: 5,
  "not-implemented": 6,
};

/**
 * Who says that he is another has our answers sent there: so one network gets the same answer over UDP so often only. A resolver asks
 * once for each time that an answer lives, and loses nothing.
 */
export class AnswerLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #slip: number;
  readonly #seed: number;
  readonly #tags = new Int32Array(BUCKETS);
  readonly #levels = new Float32Array(BUCKETS);
  /** When the levels were right, ms. */
  readonly #times = new Float64Array(BUCKETS).fill(-Infinity);
  #beyond = 0;

  constructor({ perSecond = 20, slip = 2, seed }: AnswerLimitOptions) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, perSecond * BURST_SECONDS);
    this.#slip = slip;
    this.#seed = seed;
  }

  /**
   * What to do with an answer.
   * @param address plain, of the sender
   * @param now monotonic ms
   */
  judge(address: string, { kind, subject }: Answer, now: number): "send" | "slip" | "drop" {
    const tag = hash(subject, hash(networkPart(address), this.#seed + KINDS[kind]));
    const bucket = (tag ^ (tag >>> 16)) & (BUCKETS - 1);
    const since = now - (this.#times[bucket] ?? 0);
    const known = this.#tags[bucket] === tag;
    const level = known
      ? Math.min(this.#burst, (this.#levels[bucket] ?? 0) + (since / 1000) * this.#perSecond)
      : this.#burst;
    this.#tags[bucket] = tag;
    this.#times[bucket] = now;
    this.#levels[bucket] = level >= 1 ? level - 1 : level;
    if (level >= 1) return "send";
    return this.#slip > 0 && ++this.#beyond % this.#slip === 0 ? "slip" : "drop";
  }
}

function networkPart(address: string): string {
  return address.includes(":") ? networkOf(address) : regionOf(address);
}

/** FNV-1a over UTF-16 units, and a last stir. @returns 32 bits, signed */
function hash(text: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  return state ^ (state >>> 13);
}

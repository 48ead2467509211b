import { signal, type ReadonlySignal } from "@preact/signals";
import { QUALITIES, type Quality } from "./quality.ts";
import { isHeld, MADE_RATES } from "./rates.ts";

/** What is seen of how it goes. */
export interface Going {
  /** Milliseconds that never jump. */
  readonly now: number;
  /** Bits per second that the link holds; null: not known. */
  readonly link: number | null;
  /** Bits per second of what is watched; null: not known. */
  readonly rate: number | null;
  /** Times that the picture stood still since the channel began. */
  readonly stalls: number;
}

/** Bits per second of a broadcast that has not been watched yet: few have more. */
const TYPICAL = 8_000_000;
/** A better one is tried when the link holds so many times its rate. */
const ROOM = 1.6;
/** Without a measure so many stalls count as a link that is too weak. */
const STALLS = 2;
/** Milliseconds without a stall before a better one is tried; twice as long after each time that it was too much. */
const STEADY = 30_000;
const LONGEST = 10 * 60_000;

/**
 * Chooses what the link holds. What plays without a stall is never made smaller, whatever was measured: a stall and a link
 * that is too weak make it so, and long steadiness with room to spare brings the better one back.
 */
export class AutoQuality {
  readonly #quality = signal<Quality>("original");
  #original: number | null = null;
  #steady = STEADY;
  #since: number | null = null;
  #before = 0;
  /** Since the quality is this one. */
  #stalls = 0;
  #refused = false;

  /** What is asked of the box; the same on the next channel. */
  get quality(): ReadonlySignal<Quality> {
    return this.#quality;
  }

  /** It goes on from what is watched now. */
  begin(quality: Quality): void {
    this.#take(quality);
    this.#steady = STEADY;
    this.#refused = false;
  }

  /** The box cannot convert, or has no room for it: as it is broadcast, from now on. */
  refused(): void {
    this.#refused = true;
    this.#take("original");
  }

  /** To be told several times a minute while it plays live. @returns whether another quality is wanted now */
  look({ now, link, rate, stalls }: Going): boolean {
    if (this.#quality.peek() === "original" && rate !== null) this.#original = rate;
    const more = stalls < this.#before ? stalls : stalls - this.#before;
    this.#before = stalls;
    this.#since ??= now;
    if (more > 0) this.#since = now;
    this.#stalls += more;
    const next = this.#refused ? null : ((more > 0 ? this.#down(link) : null) ?? this.#up(now, link));
    if (next === null) return false;
    if (QUALITIES.indexOf(next) > QUALITIES.indexOf(this.#quality.peek()))
      this.#steady = Math.min(LONGEST, this.#steady * 2);
    this.#take(next);
    return true;
  }

  #down(link: number | null): Quality | null {
    const smaller = QUALITIES.slice(QUALITIES.indexOf(this.#quality.peek()) + 1);
    if (link === null) return this.#stalls >= STALLS ? (smaller[0] ?? null) : null;
    if (isHeld(this.#rateOf(this.#quality.peek()), link)) return null;
    return smaller.find((one) => isHeld(this.#rateOf(one), link)) ?? smaller.at(-1) ?? null;
  }

  #up(now: number, link: number | null): Quality | null {
    const better = QUALITIES[QUALITIES.indexOf(this.#quality.peek()) - 1];
    if (better === undefined || this.#since === null || now - this.#since < this.#steady) return null;
    return link === null || this.#rateOf(better) * ROOM <= link ? better : null;
  }

  #rateOf(quality: Quality): number {
    return quality === "original" ? (this.#original ?? TYPICAL) : MADE_RATES[quality];
  }

  #take(quality: Quality): void {
    this.#quality.value = quality;
    this.#since = null;
    this.#stalls = 0;
    this.#before = 0;
  }
}

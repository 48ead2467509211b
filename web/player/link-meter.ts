/** One piece of media that was fetched. */
export interface Load {
  readonly bytes: number;
  /** From the first byte to the last, ms: the box holds a request until what it asks for is there. */
  readonly ms: number;
}

/** Smaller ones say more about the way's length than about its width. */
const SMALLEST = 24 * 1024;
/** Loads that count, the latest. */
const RECENT = 40;
/** Before so much was fetched in so many loads nothing is said. */
const ENOUGH_BYTES = 512 * 1024;
const ENOUGH_LOADS = 5;

/** What the link to the box holds, by what it has carried. */
export class LinkMeter {
  #loads: Load[] = [];

  add(load: Load): void {
    if (load.bytes < SMALLEST || !(load.ms > 0)) return;
    this.#loads.push(load);
    if (this.#loads.length > RECENT) this.#loads.shift();
  }

  /** Another network: what was measured is of the former one. */
  forget(): void {
    this.#loads = [];
  }

  /** Bits per second; null: too little was fetched to say. */
  get rate(): number | null {
    return heldRate(this.#loads);
  }
}

/** The rate that half of the bytes came at, or faster; null of too little. */
export function heldRate(loads: readonly Load[]): number | null {
  const all = loads.reduce((sum, { bytes }) => sum + bytes, 0);
  if (all < ENOUGH_BYTES || loads.length < ENOUGH_LOADS) return null;
  const rates = loads
    .map(({ bytes, ms }) => ({ bytes, rate: (bytes * 8000) / ms }))
    .sort((a, b) => b.rate - a.rate);
  let sum = 0;
  return rates.find(({ bytes }) => (sum += bytes) >= all / 2)?.rate ?? null;
}

/** Seconds of media over which a stream's own rate is measured. */
const SPAN = 10;

/** How many bits a second of a stream has, over the latest seconds of each of its tracks. */
export class BitRate {
  readonly #tracks = new Map<string, { bytes: number; seconds: number }[]>();

  add(track: string, bytes: number, seconds: number): void {
    if (!(seconds > 0)) return;
    const pieces = this.#tracks.get(track) ?? [];
    pieces.push({ bytes, seconds });
    while (pieces.length > 1 && total(pieces.slice(1)) >= SPAN) pieces.shift();
    this.#tracks.set(track, pieces);
  }

  /** Bits per second of all tracks together; null before anything was fetched. */
  get value(): number | null {
    if (this.#tracks.size === 0) return null;
    let sum = 0;
    for (const pieces of this.#tracks.values())
      sum += (pieces.reduce((all, { bytes }) => all + bytes, 0) * 8) / total(pieces);
    return sum;
  }
}

function total(pieces: readonly { seconds: number }[]): number {
  return pieces.reduce((sum, { seconds }) => sum + seconds, 0);
}

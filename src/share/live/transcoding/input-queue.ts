/** A unit that waits to be written. */
export interface QueuedUnit {
  /** Presentation time, 90 kHz. */
  readonly pts: number;
  readonly randomAccess: boolean;
  /** As it will be written. */
  readonly bytes: Buffer;
}

export interface QueueLimits {
  readonly ticks: number;
  readonly bytes: number;
}

/**
 * What ffmpeg has not taken yet. It never grows beyond its limits: what is too much goes in whole groups, from a random access
 * point to the next, the oldest first, so that what is left can be decoded. Pure.
 */
export class InputQueue {
  readonly #limits: QueueLimits;
  #units: QueuedUnit[] = [];
  #bytes = 0;
  /** What came before was dropped: nothing can be decoded before the next random access point. */
  #needsRandomAccess = true;
  /** Time of the random access point after the last gap; pictures shown before it refer to what was dropped. */
  #floor = 0;
  #dropped = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#units.length;
  }

  /** Units dropped since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  push(unit: QueuedUnit): void {
    if (this.#needsRandomAccess && !unit.randomAccess) {
      this.#dropped++;
      return;
    }
    if (this.#needsRandomAccess) {
      this.#needsRandomAccess = false;
      this.#floor = unit.pts;
    }
    if (unit.pts < this.#floor) {
      this.#dropped++;
      return;
    }
    this.#units.push(unit);
    this.#bytes += unit.bytes.length;
    if (this.#full()) this.#makeRoom();
  }

  shift(): QueuedUnit | undefined {
    const unit = this.#units.shift();
    if (unit !== undefined) this.#bytes -= unit.bytes.length;
    return unit;
  }

  /** A decoder begins anew with what is next: what it could not decode is dropped. */
  startOver(): void {
    const first = this.#units.findIndex(({ randomAccess }) => randomAccess);
    this.#dropTo(first < 0 ? this.#units.length : first);
    if (first < 0) this.#needsRandomAccess = true;
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
    this.#needsRandomAccess = true;
  }

  #full(): boolean {
    const span = (this.#units.at(-1)?.pts ?? 0) - (this.#units[0]?.pts ?? 0);
    return this.#bytes > this.#limits.bytes || span > this.#limits.ticks;
  }

  #makeRoom(): void {
    const next = this.#units.findIndex(({ randomAccess }, index) => index > 0 && randomAccess);
    if (next < 0) {
      this.#dropTo(this.#units.length);
      this.#needsRandomAccess = true;
      return;
    }
    this.#dropTo(next);
    if (this.#full()) this.#makeRoom();
  }

  /** Drops the first units; what then leads refers to nothing before it. */
  #dropTo(count: number): void {
    if (count === 0) return;
    for (const { bytes } of this.#units.splice(0, count)) this.#bytes -= bytes.length;
    this.#dropped += count;
    const first = this.#units[0];
    if (first === undefined) return;
    this.#floor = first.pts;
    const kept = this.#units.filter(({ pts }) => pts >= first.pts);
    this.#dropped += this.#units.length - kept.length;
    this.#units = kept;
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

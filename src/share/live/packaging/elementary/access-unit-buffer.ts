/** What stands in the four bytes before each unit: its length, or 00 00 00 01. */
export type Framing = "length" | "start-code";

/**
 * Where a picture's NAL units are put together, each under its 4-byte length (or start code). One buffer per stream, used again for every
 * picture: it grows to the largest seen and is bounded.
 */
export class AccessUnitBuffer {
  #data: Buffer;
  readonly #limit: number;
  #length = 0;
  /** Offset of the open NAL unit's length field, -1 when none is open. */
  #open = -1;
  #overflowed = false;

  readonly #framing: Framing;

  /** @param limit bytes, default 16 MB; what goes beyond is cut off and reported */
  constructor(framing: Framing = "length", limit = 16 * 1024 * 1024) {
    this.#framing = framing;
    this.#limit = limit;
    this.#data = Buffer.allocUnsafe(256 * 1024);
  }

  get length(): number {
    return this.#length;
  }

  /** True once after bytes had to be thrown away. */
  takeOverflow(): boolean {
    const was = this.#overflowed;
    this.#overflowed = false;
    return was;
  }

  begin(): void {
    this.#open = this.#length;
    if (this.#room(4)) this.#length += 4;
  }

  append(source: Buffer, start: number, end: number): void {
    if (!this.#room(end - start)) return;
    // TypedArray.set: half the price of Buffer.copy for pieces of this size.
    this.#data.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** Zeros that turned out to belong to the NAL unit and not to a start code. */
  appendZeros(count: number): void {
    if (!this.#room(count)) return;
    this.#data.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  /** The open NAL unit without its length; empty when none is open. */
  openNal(): Buffer {
    return this.#data.subarray(this.#open < 0 ? this.#length : this.#open + 4, this.#length);
  }

  /** Closes the open NAL unit, or takes it back when it is not kept. */
  end(keep: boolean): void {
    if (this.#open < 0) return;
    const size = this.#length - this.#open - 4;
    if (keep && size > 0) this.#data.writeUInt32BE(this.#framing === "length" ? size : 1, this.#open);
    else this.#length = this.#open;
    this.#open = -1;
  }

  view(end: number): Buffer {
    return this.#data.subarray(0, end);
  }

  /** Forgets the first `count` bytes; what follows (little) moves to the front. */
  consume(count: number): void {
    this.#data.copyWithin(0, count, this.#length);
    this.#length -= count;
    if (this.#open >= 0) this.#open -= count;
  }

  clear(): void {
    this.#length = 0;
    this.#open = -1;
  }

  #room(count: number): boolean {
    const needed = this.#length + count;
    if (needed <= this.#data.length) return true;
    if (needed > this.#limit) {
      this.#overflowed = true;
      return false;
    }
    const grown = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(needed, this.#data.length * 2)));
    this.#data.copy(grown, 0, 0, this.#length);
    this.#data = grown;
    return true;
  }
}

/**
 * Bits of a short header, most significant first. Reading past the end gives zeros and sets {@link BitReader.overrun}, so
 * that parsers of hostile input need no exception: they read everything, then look at the flag once.
 */
export class BitReader {
  readonly #data: Buffer;
  #bit: number;
  readonly #end: number;

  /** @param from first bit, default 0 */
  constructor(data: Buffer, from = 0) {
    this.#data = data;
    this.#bit = from;
    this.#end = data.length * 8;
  }

  /** Bits read so far, counted from the start of the buffer. */
  get position(): number {
    return this.#bit;
  }

  get left(): number {
    return this.#end - this.#bit;
  }

  /** More was read than there is. */
  get overrun(): boolean {
    return this.#bit > this.#end;
  }

  /** @param count 0..32 */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0;) {
      const inByte = this.#bit & 7;
      const take = Math.min(8 - inByte, left);
      const byte = this.#data[this.#bit >> 3] ?? 0;
      value = value * 2 ** take + ((byte >> (8 - inByte - take)) & ((1 << take) - 1));
      this.#bit += take;
      left -= take;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.#bit += count;
  }

  /** Unsigned Exp-Golomb. @see ISO/IEC 14496-10 §9.1 */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 32 || this.overrun) {
        this.#bit = this.#end + 1;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Signed Exp-Golomb. @see ISO/IEC 14496-10 §9.1.1 */
  se(): number {
    const value = this.ue();
    return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
  }
}

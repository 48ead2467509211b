/** Bits of a slice on their way out, most significant first. The counterpart of `BitReader`. */
export class BitWriter {
  #data: Buffer;
  #bit = 0;

  /** @param room bytes that will do in most cases; it grows */
  constructor(room = 256) {
    this.#data = Buffer.alloc(room);
  }

  #room(bytes: number): void {
    const needed = (this.#bit >> 3) + bytes + 2;
    if (needed <= this.#data.length) return;
    const grown = Buffer.alloc(Math.max(needed, this.#data.length * 2));
    this.#data.copy(grown);
    this.#data = grown;
  }

  /** @param count 0..32; value is below 2^count */
  bits(value: number, count: number): void {
    this.#room(4);
    for (let left = count; left > 0;) {
      const free = 8 - (this.#bit & 7);
      const take = Math.min(free, left);
      const piece = Math.floor(value / 2 ** (left - take)) % 2 ** take;
      this.#or(piece << (free - take));
      this.#bit += take;
      left -= take;
    }
  }

  #or(byte: number): void {
    const at = this.#bit >> 3;
    this.#data[at] = (this.#data[at] ?? 0) | byte;
  }

  flag(value: boolean): void {
    this.bits(value ? 1 : 0, 1);
  }

  /** Unsigned Exp-Golomb, 0..2^31. @see ISO/IEC 14496-10 §9.1 */
  ue(value: number): void {
    const size = Math.floor(Math.log2(value + 1));
    this.bits(0, size);
    this.bits(value + 1, size + 1);
  }

  /** Signed Exp-Golomb. @see ISO/IEC 14496-10 §9.1.1 */
  se(value: number): void {
    this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Ones up to the next byte: cabac_alignment_one_bit. */
  alignWithOnes(): void {
    while (this.#bit & 7) this.bits(1, 1);
  }

  /** Copies bits of another buffer. @param from first bit @param to bit behind the last */
  copy(source: Buffer, from: number, to: number): void {
    let at = from;
    const put = (count: number): void => {
      const byte = source[at >> 3] ?? 0;
      this.bits((byte >> (8 - (at & 7) - count)) & ((1 << count) - 1), count);
      at += count;
    };
    while (at < to && at & 7) put(Math.min(8 - (at & 7), to - at));
    this.#room((to - at) >> 3);
    const shift = this.#bit & 7;
    let byte = this.#bit >> 3;
    const data = this.#data;
    const whole = (to - at) >> 3;
    const first = at >> 3;
    if (shift === 0) {
      if (whole > 0) source.copy(data, byte, first, first + whole);
    } else {
      for (let index = 0; index < whole; index++) {
        const value = source[first + index] ?? 0;
        data[byte] = (data[byte] ?? 0) | (value >> shift);
        data[++byte] = (value << (8 - shift)) & 0xff;
      }
    }
    this.#bit += whole * 8;
    at += whole * 8;
    if (at < to) put(to - at);
  }

  /** What was written; the last byte is filled with zeros. Good until the next write. */
  done(): Buffer {
    return this.#data.subarray(0, (this.#bit + 7) >> 3);
  }
}

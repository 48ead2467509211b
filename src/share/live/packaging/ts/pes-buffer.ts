/** Transport packets lie here, before the PES packet that they are made of. */
export const SLAB_BYTES = 256 * 188;
/** 0xFF as far as one packet can need them, behind the packets. */
export const STUFFING = SLAB_BYTES;
const STUFFING_BYTES = 184;
/** Room for the longest PES header that is written. */
const HEADROOM = 32;
const PAYLOAD = STUFFING + STUFFING_BYTES + HEADROOM;

/**
 * Where one PES packet is put together: its payload first, then its header before it. The transport packets that are made of it
 * go to the front of the same memory: `copyWithin` is the only way to copy so few bytes at a time that costs no object, and
 * less than a third of what a loop over words takes. Used again for every packet; it grows to the largest seen.
 */
export class PesBuffer {
  bytes: Buffer;
  /** First byte of the PES header. */
  start = PAYLOAD;
  end = PAYLOAD;

  /** @param size bytes to begin with, at least those of the front */
  constructor(size = 256 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.bytes.fill(0xff, STUFFING, STUFFING + STUFFING_BYTES);
  }

  /** Begins a packet. @param header bytes of its PES header */
  begin(header: number): void {
    this.start = PAYLOAD - header;
    this.end = PAYLOAD;
  }

  put(data: Buffer): void {
    const at = this.reserve(data.length);
    this.bytes.set(data, at);
  }

  /** @returns where the next `count` bytes go; `bytes` may be another buffer afterwards */
  reserve(count: number): number {
    const at = this.end;
    this.end += count;
    if (this.end > this.bytes.length) this.#grow(at);
    return at;
  }

  /** Puts bytes in the middle; what follows moves. */
  insert(data: Buffer, at: number): void {
    const end = this.reserve(data.length);
    this.bytes.copyWithin(at + data.length, at, end);
    this.bytes.set(data, at);
  }

  #grow(used: number): void {
    let size = this.bytes.length * 2;
    while (size < this.end) size *= 2;
    const grown = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(grown, 0, 0, used);
    this.bytes = grown;
  }
}

import { PACKET_BYTES } from "./packet.ts";

/** Packets that fit into the arena's inlet; longer chunks are scanned in slices. */
export const INLET_PACKETS = 1024;
const INLET_BYTES = INLET_PACKETS * PACKET_BYTES;
const SMALLEST_SLOT = 16 * 1024;
const FIRST_BYTES = 1024 * 1024;

/**
 * One buffer for a multiplex: an inlet that chunks are copied into, and behind it a slot for each PES packet in the making.
 *
 * Because source and target lie in the same buffer, a payload moves with `copyWithin`, which makes no object; `Buffer.copy`
 * makes one per packet and takes more than twice as long (124 ns against 44 ns for 184 bytes, Node 20).
 */
export class PesArena {
  /** Replaced when the arena grows: read the field anew after each {@link allocate}. */
  bytes: Buffer = Buffer.from(new ArrayBuffer(FIRST_BYTES));
  #top = INLET_BYTES;
  readonly #free = new Map<number, number[]>();

  /** @returns the least slot size that holds `size` bytes */
  static slotSize(size: number): number {
    let slot = SMALLEST_SLOT;
    while (slot < size) slot *= 2;
    return slot;
  }

  /**
   * @param size one of {@link slotSize}
   * @returns the slot's offset in {@link bytes}
   */
  allocate(size: number): number {
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const offset = this.#top;
    this.#top += size;
    if (this.#top > this.bytes.length) {
      let length = this.bytes.length;
      while (length < this.#top) length *= 2;
      const larger = Buffer.from(new ArrayBuffer(length));
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    return offset;
  }

  release(offset: number, size: number): void {
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [offset]);
    else list.push(offset);
  }
}

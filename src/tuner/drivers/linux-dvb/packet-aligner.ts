import { PACKET_BYTES } from "../../mpegts/packet.ts";
import { findPackets, packetsInRow } from "../../mpegts/resync.ts";

/** Five packets make sure of the sync again; so many bytes may have to be kept for that. */
const KEPT_BYTES = 6 * PACKET_BYTES;

/**
 * Bytes as the device gives them, made into whole packets. Reads go behind what is left of the read before; nothing moves while
 * the packets are in step.
 */
export class PacketAligner {
  readonly #bytes: Buffer;
  #kept = 0;
  #inStep = true;

  /** @param size most bytes of one read */
  constructor(size: number) {
    this.#bytes = Buffer.alloc(KEPT_BYTES + size);
  }

  /** Where the next read goes. */
  space(size: number): Buffer {
    return this.#bytes.subarray(this.#kept, this.#kept + size);
  }

  /**
   * Takes `count` bytes that were read into {@link space}.
   * @param packets receives each run of whole packets; the buffer is used again after the call
   * @param skipped is called where bytes had to be skipped, before the packets behind them
   */
  push(
    count: number,
    packets: (bytes: Buffer, from: number, count: number) => void,
    skipped: () => void,
  ): void {
    const bytes = this.#bytes;
    const end = this.#kept + count;
    let at = 0;
    while (at < end) {
      if (this.#inStep) {
        const run = packetsInRow(bytes, at, end, PACKET_BYTES);
        if (run > 0) packets(bytes, at, run);
        at += run * PACKET_BYTES;
        if (end - at < PACKET_BYTES && (at === end || bytes[at] === 0x47)) break;
        this.#inStep = false;
        skipped();
      }
      const found = findPackets(bytes, at, end, { stride: PACKET_BYTES });
      if (found === null) {
        at = Math.max(at, end - KEPT_BYTES + 1);
        break;
      }
      at = found.offset;
      this.#inStep = true;
    }
    this.#kept = end - at;
    if (at > 0 && this.#kept > 0) bytes.copy(bytes, 0, at, end);
  }

  /** What is left of before does not belong to what comes. */
  reset(): void {
    this.#kept = 0;
    this.#inStep = true;
  }
}

import { PTS_WRAP } from "../../../../kernel/units.ts";
import { SLAB_BYTES, STUFFING, type PesBuffer } from "./pes-buffer.ts";
import { PACKET } from "./tables.ts";

/** Flags of an adaptation field. @see ISO/IEC 13818-1 §2.4.3.4 */
export const DISCONTINUITY = 0x80;
export const RANDOM_ACCESS = 0x40;
export const PCR = 0x10;

const SYNC = 0x47;
const PAYLOAD = 184;

/** Bytes of an adaptation field with these flags; none for none. */
const fieldBytes = (flags: number): number => (flags === 0 ? 0 : (flags & PCR) === 0 ? 2 : 8);

/** Transport packets, written to the front of the memory in which PES packets are made; whole runs of them go out. */
export class PacketSlab {
  readonly #pes: PesBuffer;
  readonly #out: (packets: Buffer) => void;
  #used = 0;

  /** @param out gets whole packets, valid during the call */
  constructor(pes: PesBuffer, out: (packets: Buffer) => void) {
    this.#pes = pes;
    this.#out = out;
  }

  flush(): void {
    if (this.#used === 0) return;
    const used = this.#used;
    this.#used = 0;
    this.#out(this.#pes.bytes.subarray(0, used));
  }

  /** Ready packets, but for their continuity counters. @returns the next counter */
  ready(packets: Buffer, counter: number): number {
    for (let at = 0; at < packets.length; at += PACKET) {
      const to = this.#next();
      this.#pes.bytes.set(packets.subarray(at, at + PACKET), to);
      this.#pes.bytes[to + 3] = 0x10 | counter;
      counter = (counter + 1) & 15;
    }
    return counter;
  }

  /** A packet with nothing but a PCR: the counter does not go up. @param counter of the last packet. @param pcr 90 kHz */
  clock(pid: number, counter: number, flags: number, pcr: number): void {
    const at = this.#next();
    this.#header(at, pid, 0x20 | counter);
    this.#field(at, PAYLOAD, flags, pcr);
  }

  /**
   * The PES packet that is there: the fields go into the first transport packet, stuffing into the last.
   * @param pcr 90 kHz, any number: it is wrapped; only looked at when the flags say so
   * @returns the next counter
   */
  pes(pid: number, counter: number, flags: number, pcr: number): number {
    const { start, end, bytes } = this.#pes;
    const first = Math.min(PAYLOAD - fieldBytes(flags), end - start);
    this.#edge(0x4000 | pid, counter, start, first, flags, pcr);
    counter = (counter + 1) & 15;
    let from = start + first;
    for (; end - from >= PAYLOAD; from += PAYLOAD) {
      const at = this.#next();
      bytes[at] = SYNC;
      bytes[at + 1] = pid >> 8;
      bytes[at + 2] = pid & 0xff;
      bytes[at + 3] = 0x10 | counter;
      counter = (counter + 1) & 15;
      bytes.copyWithin(at + 4, from, from + PAYLOAD);
    }
    if (from === end) return counter;
    this.#edge(pid, counter, from, end - from, 0, 0);
    return (counter + 1) & 15;
  }

  /** A packet with an adaptation field as large as its payload is short. */
  #edge(second: number, counter: number, from: number, count: number, flags: number, pcr: number): void {
    const at = this.#next();
    const field = PAYLOAD - count;
    this.#header(at, second, (field > 0 ? 0x30 : 0x10) | counter);
    if (field > 0) this.#field(at, field, flags, pcr);
    this.#pes.bytes.copyWithin(at + 4 + field, from, from + count);
  }

  #header(at: number, second: number, fourth: number): void {
    const { bytes } = this.#pes;
    bytes[at] = SYNC;
    bytes[at + 1] = second >> 8;
    bytes[at + 2] = second & 0xff;
    bytes[at + 3] = fourth;
  }

  /** @param size of the whole field, its length byte included */
  #field(at: number, size: number, flags: number, pcr: number): void {
    const { bytes } = this.#pes;
    const end = at + 4 + size;
    bytes[at + 4] = size - 1;
    if (size === 1) return;
    bytes[at + 5] = flags;
    let to = at + 6;
    if ((flags & PCR) !== 0) {
      const base = ((pcr % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
      bytes[to] = Math.floor(base / 0x2000000);
      bytes[to + 1] = (base / 0x20000) & 0xff;
      bytes[to + 2] = (base / 0x200) & 0xff;
      bytes[to + 3] = (base / 2) & 0xff;
      bytes[to + 4] = ((base % 2) << 7) | 0x7e;
      bytes[to + 5] = 0;
      to += 6;
    }
    if (to < end) bytes.copyWithin(to, STUFFING, STUFFING + end - to);
  }

  /** Where the next packet goes. */
  #next(): number {
    if (this.#used === SLAB_BYTES) this.flush();
    const at = this.#used;
    this.#used += PACKET;
    return at;
  }
}

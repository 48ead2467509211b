import { pid as asPid, type Milliseconds, type Pid } from "../../kernel/units.ts";
import type { PesPacket } from "../ports.ts";
import { hasPesHeader, readTimestamp } from "./packet.ts";
import { PesArena } from "./pes-arena.ts";

/** A PES packet beyond this is given up: no access unit of broadcast comes near it. */
export const MAX_PES_BYTES = 4 * 1024 * 1024;
const PADDING_STREAM = 0xbe;

/**
 * Puts the PES packets of one PID together.
 *
 * With PES_packet_length 0 (video) a packet ends where the next begins; with a length it is delivered as soon as it is
 * whole. The header may span transport packets. @see ISO/IEC 13818-1 §2.4.3.6
 */
export class PesAssembler {
  readonly pid: Pid;
  /** Monotonic time of the last packet with transport_scrambling_control ≠ 0, and of the last without; -1 before the first. */
  scrambledAt = -1;
  clearAt = -1;
  readonly #arena: PesArena;
  readonly #onPes: (packet: PesPacket) => void;
  #slot = -1;
  #slotSize = 0;
  #length = 0;
  /** Whole size from PES_packet_length; 0: open end; -1: not known yet. */
  #expected = -1;
  #started = false;
  #damaged = false;
  #lostBefore = false;
  #randomAccess = false;
  #at = 0 as Milliseconds;

  constructor(pid: number, arena: PesArena, onPes: (packet: PesPacket) => void) {
    this.pid = asPid(pid);
    this.#arena = arena;
    this.#onPes = onPes;
  }

  /**
   * Takes the payload `start..end` of one transport packet.
   * @param start offset within the arena's inlet
   * @param randomAccess random_access_indicator
   */
  push(start: number, end: number, unitStart: boolean, randomAccess: boolean, at: Milliseconds): void {
    if (unitStart) {
      if (this.#started) {
        if (this.#expected !== 0) this.#damaged = true;
        this.#deliver();
      }
      this.#started = true;
      this.#length = 0;
      this.#expected = -1;
      this.#damaged = this.#lostBefore;
      this.#randomAccess = randomAccess;
    } else if (!this.#started) return;
    this.#lostBefore = false;
    const size = end - start;
    const length = this.#length + size;
    if (length > this.#slotSize && !this.#grow(length)) return;
    this.#arena.bytes.copyWithin(this.#slot + this.#length, start, end);
    this.#length = length;
    this.#at = at;
    if (this.#expected < 0 && length >= 6) {
      const bytes = this.#arena.bytes;
      const coded = (bytes[this.#slot + 4]! << 8) | bytes[this.#slot + 5]!;
      this.#expected = coded === 0 ? 0 : coded + 6;
    }
    if (this.#expected > 0 && length >= this.#expected) {
      this.#length = this.#expected;
      this.#deliver();
    }
  }

  /** Packets of this PID were lost or damaged before the next {@link push}. */
  lost(): void {
    if (this.#started) this.#damaged = true;
    this.#lostBefore = true;
  }

  /** Delivers what an open-ended packet holds so far; for the end of a recording. */
  flush(): void {
    if (this.#started && this.#expected === 0) this.#deliver();
  }

  /** Goes on where another one of the same PID has stopped. */
  adopt(other: PesAssembler): void {
    this.scrambledAt = other.scrambledAt;
    this.clearAt = other.clearAt;
    this.#started = other.#started;
    this.#damaged = other.#damaged;
    this.#lostBefore = other.#lostBefore;
    this.#randomAccess = other.#randomAccess;
    this.#expected = other.#expected;
    this.#at = other.#at;
    this.#length = 0;
    if (!other.#started || other.#length === 0) return;
    if (other.#length > this.#slotSize && !this.#grow(other.#length)) return;
    other.#arena.bytes.copy(this.#arena.bytes, this.#slot, other.#slot, other.#slot + other.#length);
    this.#length = other.#length;
  }

  /** Gives the memory back; the assembler may be used again. */
  close(): void {
    this.#started = false;
    if (this.#slot >= 0) this.#arena.release(this.#slot, this.#slotSize);
    this.#slot = -1;
    this.#slotSize = 0;
  }

  #grow(length: number): boolean {
    if (length > MAX_PES_BYTES) {
      this.#started = false;
      this.#lostBefore = true;
      return false;
    }
    const size = PesArena.slotSize(length);
    const slot = this.#arena.allocate(size);
    if (this.#slot >= 0) {
      this.#arena.bytes.copyWithin(slot, this.#slot, this.#slot + this.#length);
      this.#arena.release(this.#slot, this.#slotSize);
    }
    this.#slot = slot;
    this.#slotSize = size;
    return true;
  }

  #deliver(): void {
    this.#started = false;
    const bytes = this.#arena.bytes;
    const from = this.#slot;
    const end = from + this.#length;
    if (this.#length < 6 || bytes[from] !== 0 || bytes[from + 1] !== 0 || bytes[from + 2] !== 1) return;
    const streamId = bytes[from + 3]!;
    if (streamId === PADDING_STREAM) return;
    let data = from + 6;
    let pts: number | null = null;
    let dts: number | null = null;
    if (hasPesHeader(streamId)) {
      if (this.#length < 9 || (bytes[from + 6]! & 0xc0) !== 0x80) return;
      const flags = bytes[from + 7]! >> 6;
      data = from + 9 + bytes[from + 8]!;
      if (data > end) return;
      // Flags 01 are forbidden; a header too short for its stamps has none.
      if (flags >= 2 && data >= from + 14) pts = dts = readTimestamp(bytes, from + 9);
      if (flags === 3 && data >= from + 19) dts = readTimestamp(bytes, from + 14);
    }
    this.#onPes({
      pid: this.pid,
      pts,
      dts,
      randomAccess: this.#randomAccess,
      damaged: this.#damaged,
      data: bytes.subarray(data, end),
      arrivedAt: this.#at,
    });
  }
}

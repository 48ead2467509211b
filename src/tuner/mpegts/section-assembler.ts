import { crc32Mpeg } from "../../kernel/crc32.ts";

/** Why a section was thrown away: bad CRC, impossible length, or cut off by the next one. */
export type SectionError = "crc" | "length" | "lost";

const STUFFING = 0xff;
const HEADER = 3;
const CRC_LENGTH = 4;
/** Bytes from section_length to CRC_32 that a section with section_syntax_indicator has at least. */
const MIN_LONG_BODY = 9;
const TOT = 0x73;
const MAX_SECTION = 4096;
/** Most of the common tables end below this; the buffer begins with it. */
const USUAL_SECTION = 1024;

/**
 * Gathers the sections of one PID from packet payloads. Sections that lie whole in a payload are handed on as views of it,
 * others are collected in one buffer.
 * @see ISO/IEC 13818-1 §2.4.4.1
 */
export class SectionAssembler {
  readonly #onSection: (section: Buffer) => void;
  readonly #onError: (reason: SectionError) => void;
  /** The unfinished section; empty until the first that needs it. */
  #buffer = Buffer.alloc(0);
  #filled = 0;
  /** Length of the unfinished section, header included; 0 while its header is not whole. */
  #wanted = 0;
  /** Inside a section: packets without payload_unit_start_indicator go on with it. */
  #open = false;

  /**
   * @param onSection gets each whole section, table_id to CRC_32, checked; valid only during the call
   * @param onError told of each section thrown away; default: nothing
   */
  constructor(onSection: (section: Buffer) => void, onError: (reason: SectionError) => void = () => {}) {
    this.#onSection = onSection;
    this.#onError = onError;
  }

  /**
   * Takes the payload of the PID's next packet: `packet[payloadStart, payloadEnd)`.
   * @param packet a packet or a chunk of many
   * @param payloadUnitStart the packet's payload_unit_start_indicator: the payload begins with a pointer_field
   */
  push(packet: Buffer, payloadStart: number, payloadEnd: number, payloadUnitStart: boolean): void {
    const end = Math.min(payloadEnd, packet.length);
    let at = payloadStart;
    if (at >= end) return;
    if (!payloadUnitStart) {
      if (this.#open) this.#continue(packet, at, end);
      return;
    }
    const first = at + 1 + packet[at]!;
    at++;
    if (first > end) {
      this.reset();
      this.#onError("length");
      return;
    }
    if (this.#open) {
      this.#continue(packet, at, first);
      // A section that goes on behind the start of the next has lost packets.
      if (this.#open) {
        this.reset();
        this.#onError("lost");
      }
    }
    this.#begin(packet, first, end);
  }

  /** Forgets the unfinished section: packets are missing. Goes on with the next section that starts. */
  reset(): void {
    this.#open = false;
    this.#filled = 0;
    this.#wanted = 0;
  }

  /** Sections that start at `at`, one after another, up to stuffing or the end. */
  #begin(packet: Buffer, at: number, end: number): void {
    while (at < end && packet[at] !== STUFFING) {
      if (at + HEADER > end) return this.#keep(packet, at, end, 0);
      const length = sectionLength(packet, at);
      if (length === 0) return this.#onError("length");
      if (at + length > end) return this.#keep(packet, at, end, length);
      this.#deliver(packet, at, at + length);
      at += length;
    }
  }

  /** The unfinished section's next bytes; what follows its end within them can only be stuffing. */
  #continue(packet: Buffer, at: number, end: number): void {
    while (this.#wanted === 0 && at < end) {
      this.#buffer[this.#filled++] = packet[at++]!;
      if (this.#filled < HEADER) continue;
      this.#wanted = sectionLength(this.#buffer, 0);
      if (this.#wanted === 0) {
        this.reset();
        return this.#onError("length");
      }
      this.#makeRoom(this.#wanted);
    }
    if (this.#wanted === 0) return;
    const taken = Math.min(end - at, this.#wanted - this.#filled);
    packet.copy(this.#buffer, this.#filled, at, at + taken);
    this.#filled += taken;
    if (this.#filled < this.#wanted) return;
    const length = this.#wanted;
    this.reset();
    this.#deliver(this.#buffer, 0, length);
  }

  #keep(packet: Buffer, at: number, end: number, wanted: number): void {
    this.#makeRoom(wanted);
    this.#filled = packet.copy(this.#buffer, 0, at, end);
    this.#wanted = wanted;
    this.#open = true;
  }

  /** Grows at most twice in a life: to the usual size, and to the largest. */
  #makeRoom(size: number): void {
    if (this.#buffer.length > 0 && size <= this.#buffer.length) return;
    const grown = Buffer.alloc(size > USUAL_SECTION ? MAX_SECTION : USUAL_SECTION);
    this.#buffer.copy(grown, 0, 0, this.#filled);
    this.#buffer = grown;
  }

  #deliver(source: Buffer, start: number, end: number): void {
    // The TOT has a CRC although it says that it has not the long syntax. @see EN 300 468 §5.2.6
    const checked = (source[start + 1]! & 0x80) !== 0 || source[start] === TOT;
    if (checked && crc32Mpeg(source, start, end) !== 0) this.#onError("crc");
    else this.#onSection(source.subarray(start, end));
  }
}

/**
 * Length in bytes, header included, of the section that starts at `at`.
 * @returns 0 when section_length is beyond what its table allows, or below what its syntax needs
 */
function sectionLength(data: Buffer, at: number): number {
  const tableId = data[at]!;
  const length = ((data[at + 1]! & 0x0f) << 8) | data[at + 2]!;
  const long = (data[at + 1]! & 0x80) !== 0;
  if (length > (isShortTable(tableId) ? 1021 : 4093)) return 0;
  if (long && length < MIN_LONG_BODY) return 0;
  if (tableId === TOT && length < CRC_LENGTH) return 0;
  return HEADER + length;
}

/** PAT, CAT, PMT, TSDT; NIT, SDT, BAT. @see ISO/IEC 13818-1 §2.4.4, EN 300 468 §5.1.1 */
function isShortTable(tableId: number): boolean {
  return tableId <= 0x03 || (tableId >= 0x40 && tableId <= 0x4a);
}

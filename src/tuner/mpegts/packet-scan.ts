import { copyInto } from "../../kernel/memory/copy.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import { NULL_PID, PACKET_BYTES, PID_COUNT, readPcrBase } from "./packet.ts";
import { INLET_PACKETS, PesArena } from "./pes-arena.ts";
import { PesAssembler } from "./pes-assembler.ts";
import type { PesPacket } from "../ports.ts";
import type { SectionAssembler } from "./section-assembler.ts";

const SECTIONS = 1;
const PES = 2;
const PCR = 4;

/** No continuity counter seen yet. */
const UNKNOWN = 0xff;
/** Set beside the expected counter once a duplicate was taken: a second one is an error. */
const DUPLICATE = 0x10;

/** @param base 33 bits, 90 kHz */
export type PcrListener = (base: number, discontinuity: boolean, at: Milliseconds) => void;

/** What {@link PacketScan} has counted since it was made. */
export interface ScanCounters {
  /** Packets whose header was looked at. */
  packets: number;
  /** Steps of the continuity counter that neither the rule nor a duplicate explains. */
  continuityErrors: number;
  /** transport_error_indicator. */
  transportErrors: number;
}

/** What was counted of one PID while somebody took it. */
export interface PidCounters {
  readonly pid: number;
  readonly packets: number;
  readonly continuityErrors: number;
  readonly transportErrors: number;
  /** transport_scrambling_control was not 00. @see TS 100 289 §5.1 */
  readonly scrambled: number;
}

/**
 * The one pass over a multiplex: looks at each packet once, keeps its continuity, and hands it to whoever wants its PID.
 * A PID that nobody wants costs the look at its header. Nothing is allocated per packet.
 *
 * Continuity: +1 modulo 16 with each payload; one duplicate is dropped; discontinuity_indicator excuses a step; null
 * packets have none; adaptation_field_control 00 and transport_error_indicator drop the packet.
 * @see ISO/IEC 13818-1 §2.4.3.3
 */
export class PacketScan {
  readonly counters: ScanCounters = { packets: 0, continuityErrors: 0, transportErrors: 0 };
  readonly #next = new Uint8Array(PID_COUNT).fill(UNKNOWN);
  readonly #interest = new Uint8Array(PID_COUNT);
  /** By PID; those of PIDs that nobody takes are not kept up. */
  readonly #packets = new Uint32Array(PID_COUNT);
  readonly #scrambled = new Uint32Array(PID_COUNT);
  readonly #continuityErrors = new Uint32Array(PID_COUNT);
  readonly #transportErrors = new Uint32Array(PID_COUNT);
  /** Of the last payload of each wanted PID: tells a duplicate from sixteen lost packets. */
  readonly #signature = new Int32Array(PID_COUNT);
  readonly #sections = new Array<SectionAssembler | null>(PID_COUNT).fill(null);
  readonly #pes = new Array<PesAssembler | null>(PID_COUNT).fill(null);
  readonly #pcr = new Array<PcrListener | null>(PID_COUNT).fill(null);
  #pesPids = 0;
  #arena: PesArena | null = null;
  /** The arena that the running scan's packets lie in; null while a chunk is scanned in place. */
  #inlet: PesArena | null = null;

  /** Sends the payload of a PID to a section assembler, or to none. */
  sections(pid: number, assembler: SectionAssembler | null): void {
    this.#sections[pid] = assembler;
    this.#want(pid, SECTIONS, assembler !== null);
  }

  /** Tells each PCR of a PID, or no more. */
  pcr(pid: number, listener: PcrListener | null): void {
    this.#pcr[pid] = listener;
    this.#want(pid, PCR, listener !== null);
  }

  /** Begins to put the PES packets of a PID together; replaces what was there. */
  pes(pid: number, onPes: (packet: PesPacket) => void): PesAssembler {
    this.endPes(pid);
    this.#arena ??= new PesArena();
    const assembler = new PesAssembler(pid, this.#arena, onPes);
    this.#pes[pid] = assembler;
    this.#pesPids++;
    this.#want(pid, PES, true);
    return assembler;
  }

  endPes(pid: number): void {
    const assembler = this.#pes[pid];
    if (assembler === null || assembler === undefined) return;
    assembler.close();
    this.#pes[pid] = null;
    this.#want(pid, PES, false);
    // A multiplex that nobody watches needs no megabyte.
    if (--this.#pesPids === 0) this.#arena = null;
  }

  /** Of every PID that somebody takes now, in order. */
  pidCounters(): PidCounters[] {
    const counters: PidCounters[] = [];
    for (let pid = 0; pid < PID_COUNT; pid++) {
      if (this.#interest[pid] === 0) continue;
      counters.push({
        pid,
        packets: this.#packets[pid]!,
        continuityErrors: this.#continuityErrors[pid]!,
        transportErrors: this.#transportErrors[pid]!,
        scrambled: this.#scrambled[pid]!,
      });
    }
    return counters;
  }

  /** What comes of a PID next need not continue what came last: it was not received meanwhile. */
  begin(pid: number): void {
    this.#next[pid] = UNKNOWN;
  }

  /** Packets were lost somewhere: forgets every counter and marks what is in the making as damaged. */
  lost(): void {
    this.#next.fill(UNKNOWN);
    for (let pid = 0; pid < PID_COUNT; pid++) if (this.#interest[pid] !== 0) this.#tellLost(pid);
  }

  /**
   * Scans whole packets.
   * @param chunk a multiple of 188 bytes, the first byte of each packet 0x47
   */
  scan(chunk: Buffer, at: Milliseconds): void {
    for (let from = 0; from < chunk.length; from += INLET_PACKETS * PACKET_BYTES) {
      const to = Math.min(chunk.length, from + INLET_PACKETS * PACKET_BYTES);
      this.#inlet = this.#arena;
      // A sink may have closed the last PES consumer on the way.
      if (this.#inlet === null) this.#run(chunk, from, to, at);
      else {
        copyInto(this.#inlet.bytes, 0, chunk.subarray(from, to));
        this.#run(this.#inlet.bytes, 0, to - from, at);
      }
    }
    this.#inlet = null;
  }

  #run(bytes: Buffer, from: number, to: number, at: Milliseconds): void {
    const next = this.#next;
    const interest = this.#interest;
    let scanned = 0;
    for (let offset = from; offset < to; offset += PACKET_BYTES) {
      scanned++;
      const second = bytes[offset + 1]!;
      const fourth = bytes[offset + 3]!;
      const pid = ((second & 0x1f) << 8) | bytes[offset + 2]!;
      // The common case first: no error, a payload, the expected counter.
      if (second < 0x80 && (fourth & 0x10) !== 0 && next[pid] === (fourth & 0x0f)) {
        next[pid] = (fourth + 1) & 0x0f;
      } else if (!this.#irregular(bytes, offset, pid)) continue;
      if (interest[pid] !== 0) this.#deliver(bytes, offset, pid, at);
    }
    this.counters.packets += scanned;
  }

  /** @returns whether the packet is to be delivered */
  #irregular(bytes: Buffer, offset: number, pid: number): boolean {
    if (pid === NULL_PID) return false;
    const second = bytes[offset + 1]!;
    const fourth = bytes[offset + 3]!;
    if (second >= 0x80) {
      this.counters.transportErrors++;
      this.#transportErrors[pid]!++;
      this.#tellLost(pid);
      return false;
    }
    if ((fourth & 0x30) === 0) return false;
    if ((fourth & 0x10) === 0) return true;
    const counter = fourth & 0x0f;
    const known = this.#next[pid]!;
    const following = (counter + 1) & 0x0f;
    if (known === UNKNOWN || (known & 0x0f) === counter) {
      this.#next[pid] = following;
      return true;
    }
    if (discontinuityIndicator(bytes, offset)) {
      this.#next[pid] = following;
      return true;
    }
    if (known === following && this.#isDuplicate(bytes, offset, pid)) {
      this.#next[pid] = following | DUPLICATE;
      return false;
    }
    this.counters.continuityErrors++;
    this.#continuityErrors[pid]!++;
    this.#next[pid] = following;
    this.#tellLost(pid);
    return true;
  }

  /** Same payload as before; of a PID that nobody wants no payload is remembered, and the counter must do. */
  #isDuplicate(bytes: Buffer, offset: number, pid: number): boolean {
    return (
      (this.#interest[pid]! & (SECTIONS | PES)) === 0 || this.#signature[pid] === signature(bytes, offset)
    );
  }

  #deliver(bytes: Buffer, offset: number, pid: number, at: Milliseconds): void {
    const wanted = this.#interest[pid]!;
    this.#packets[pid]!++;
    const second = bytes[offset + 1]!;
    const fourth = bytes[offset + 3]!;
    let start = offset + 4;
    let randomAccess = false;
    if ((fourth & 0x20) !== 0) {
      const length = bytes[offset + 4]!;
      if (length > 183) return;
      start = offset + 5 + length;
      if (length > 0) {
        const flags = bytes[offset + 5]!;
        randomAccess = (flags & 0x40) !== 0;
        if ((wanted & PCR) !== 0 && (flags & 0x10) !== 0 && length >= 7)
          this.#pcr[pid]!(readPcrBase(bytes, offset), (flags & 0x80) !== 0, at);
      }
    }
    const end = offset + PACKET_BYTES;
    if ((fourth & 0x10) === 0 || start >= end) return;
    if ((wanted & (SECTIONS | PES)) === 0) return;
    this.#signature[pid] = signature(bytes, offset);
    const pes = this.#pes[pid];
    if ((fourth & 0xc0) !== 0) {
      this.#scrambled[pid]!++;
      if (pes !== null && pes !== undefined) pes.scrambledAt = at;
      return;
    }
    if ((wanted & SECTIONS) !== 0) this.#sections[pid]?.push(bytes, start, end, (second & 0x40) !== 0);
    if (pes === null || pes === undefined) return;
    pes.clearAt = at;
    // A consumer that came in the middle of this scan begins with the next.
    if (this.#inlet === null || this.#inlet !== this.#arena) return;
    pes.push(start, end, (second & 0x40) !== 0, randomAccess, at);
  }

  #tellLost(pid: number): void {
    this.#pes[pid]?.lost();
    this.#sections[pid]?.reset();
  }

  #want(pid: number, what: number, wanted: boolean): void {
    this.#interest[pid] = wanted ? this.#interest[pid]! | what : this.#interest[pid]! & ~what;
  }
}

function discontinuityIndicator(bytes: Buffer, offset: number): boolean {
  return (bytes[offset + 3]! & 0x20) !== 0 && bytes[offset + 4]! > 0 && bytes[offset + 5]! >= 0x80;
}

/** Three words of the packet's second half; the first may differ between duplicates (PCR). @see ISO/IEC 13818-1 §2.4.3.3 */
function signature(bytes: Buffer, offset: number): number {
  return (
    word(bytes, offset + 184) ^
    Math.imul(word(bytes, offset + 120), 31) ^
    Math.imul(word(bytes, offset + 60), 961)
  );
}

function word(bytes: Buffer, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}

import { PTS_WRAP } from "../../../kernel/units.ts";

export const PACKET = 188;
const HEADER = 4;

/** How access units are put into PES packets. @see ISO/IEC 13818-1 §2.4.3.6 */
export interface PesOptions {
  readonly pid: number;
  /** e.g. 0xE0 video, 0xC0 MPEG audio, 0xBD private_stream_1. */
  readonly streamId: number;
  /** PES_packet_length 0, as only video may have. */
  readonly unbounded: boolean;
  /** Room for a PCR in the first packet of every unit. */
  readonly pcr: boolean;
  /** PES_header_data_length; more than the time stamps need is stuffing. Default: what they need. */
  readonly headerDataLength?: number;
  /** transport_scrambling_control 2 and a payload that nobody can read. */
  readonly scrambled: boolean;
}

export interface PesUnit {
  readonly data: Buffer;
  /** A DTS of its own beside the PTS. */
  readonly dts: boolean;
  readonly randomAccess: boolean;
}

/**
 * Packets made once and sent again and again: in between only time stamps and continuity counters are written anew.
 */
export interface PacketTemplate {
  readonly bytes: Buffer;
  /** Index of the first packet of every unit, and behind the last one. */
  readonly firstPacket: Int32Array;
  /** Offset of the PTS field of every unit in `bytes`; -1 where there is none to write. */
  readonly ptsAt: Int32Array;
  /** Whether a DTS follows the PTS. */
  readonly hasDts: Uint8Array;
  /** Offset of the PCR field of every unit; -1 where there is none. */
  readonly pcrAt: Int32Array;
}

/** Puts each unit into one PES packet and that into transport packets. */
export function makeTemplate(units: readonly PesUnit[], options: PesOptions): PacketTemplate {
  const pcrBytes = options.pcr ? 8 : 0;
  const headers = units.map((unit) => pesHeader(unit, options));
  const firstPacket = new Int32Array(units.length + 1);
  let packets = 0;
  for (const [index, unit] of units.entries()) {
    packets += Math.ceil((pcrBytes + (headers[index]?.length ?? 0) + unit.data.length) / (PACKET - HEADER));
    firstPacket[index + 1] = packets;
  }
  const bytes = Buffer.alloc(packets * PACKET);
  const ptsAt = new Int32Array(units.length).fill(-1);
  const pcrAt = new Int32Array(units.length).fill(-1);
  let at = 0;
  for (const [index, unit] of units.entries()) {
    const pes = Buffer.concat([headers[index] ?? Buffer.alloc(0), unit.data]);
    const start = at;
    for (let taken = 0; taken < pes.length; at += PACKET) {
      const first = at === start;
      taken += writePacket(bytes, at, pes.subarray(taken), first, first && options.pcr, unit, options);
    }
    if (options.pcr) pcrAt[index] = start + 6;
    // A scrambled time stamp is not there for anybody.
    if (!options.scrambled) ptsAt[index] = payloadStart(bytes, start) + 9;
  }
  if (options.scrambled) garble(bytes);
  return { bytes, firstPacket, ptsAt, hasDts: Uint8Array.from(units, (unit) => Number(unit.dts)), pcrAt };
}

function pesHeader(unit: PesUnit, options: PesOptions): Buffer {
  const stamps = unit.dts ? 10 : 5;
  const dataLength = options.headerDataLength ?? stamps;
  const header = Buffer.alloc(9 + dataLength, 0xff);
  header.writeUInt32BE(0x100 | options.streamId, 0);
  header.writeUInt16BE(options.unbounded ? 0 : header.length - 6 + unit.data.length, 4);
  // '10', data_alignment_indicator
  header[6] = 0x84;
  header[7] = unit.dts ? 0xc0 : 0x80;
  header[8] = dataLength;
  return header;
}

/** @returns how many bytes of the PES packet went in */
function writePacket(
  out: Buffer,
  at: number,
  pes: Buffer,
  first: boolean,
  pcr: boolean,
  unit: PesUnit,
  options: PesOptions,
): number {
  const room = PACKET - HEADER - (pcr ? 8 : 0);
  const taken = Math.min(room, pes.length);
  const adaptation = PACKET - HEADER - taken;
  out[at] = 0x47;
  out[at + 1] = (first ? 0x40 : 0) | (options.pid >> 8);
  out[at + 2] = options.pid & 0xff;
  out[at + 3] = (options.scrambled ? 0x80 : 0) | (adaptation > 0 ? 0x30 : 0x10);
  if (adaptation > 0) {
    out[at + 4] = adaptation - 1;
    if (adaptation > 1) {
      out[at + 5] = (first && unit.randomAccess ? 0x40 : 0) | (pcr ? 0x10 : 0);
      out.fill(0xff, at + 6, at + HEADER + adaptation);
    }
  }
  pes.copy(out, at + HEADER + adaptation, 0, taken);
  return taken;
}

function payloadStart(bytes: Buffer, at: number): number {
  const field = ((bytes[at + 3] ?? 0) & 0x20) === 0 ? 0 : 1 + (bytes[at + 4] ?? 0);
  return at + HEADER + field;
}

/** Stands for a cipher: the payload of each packet is mixed with noise that depends on where it lies. */
function garble(bytes: Buffer): void {
  let noise = 0x2545f491;
  for (let packet = 0; packet < bytes.length; packet += PACKET) {
    for (let at = payloadStart(bytes, packet); at < packet + PACKET; at++) {
      noise ^= noise << 13;
      noise ^= noise >>> 17;
      noise ^= noise << 5;
      bytes[at] = (bytes[at] ?? 0) ^ (noise & 0xff);
    }
  }
}

/** One packet of nothing but a PCR. */
export function makePcrTemplate(pid: number): PacketTemplate {
  const bytes = Buffer.alloc(PACKET, 0xff);
  bytes.set([0x47, pid >> 8, pid & 0xff, 0x20, PACKET - HEADER - 1, 0x10]);
  return {
    bytes,
    firstPacket: Int32Array.of(0, 1),
    ptsAt: Int32Array.of(-1),
    hasDts: Uint8Array.of(0),
    pcrAt: Int32Array.of(6),
  };
}

/** Gives all packets of a template another PID. */
export function renumber(bytes: Buffer, pid: number): void {
  for (let at = 0; at < bytes.length; at += PACKET) {
    bytes[at + 1] = ((bytes[at + 1] ?? 0) & 0xe0) | (pid >> 8);
    bytes[at + 2] = pid & 0xff;
  }
}

/** @param prefix 2 PTS alone, 3 PTS before a DTS, 1 DTS @param ticks 90 kHz, wrapped here */
export function writeTimestamp(bytes: Buffer, at: number, prefix: number, ticks: number): void {
  const value = ((ticks % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
  const high = Math.floor(value / 2 ** 30);
  const low = value % 2 ** 30;
  bytes[at] = (prefix << 4) | (high << 1) | 1;
  bytes[at + 1] = low >> 22;
  bytes[at + 2] = ((low >> 14) & 0xfe) | 1;
  bytes[at + 3] = (low >> 7) & 0xff;
  bytes[at + 4] = ((low << 1) & 0xfe) | 1;
}

/** @param value ticks of 27 MHz, wrapped here @see ISO/IEC 13818-1 §2.4.3.5 */
export function writePcr(bytes: Buffer, at: number, value: number): void {
  const wrapped = ((value % (PTS_WRAP * 300)) + PTS_WRAP * 300) % (PTS_WRAP * 300);
  const base = Math.floor(wrapped / 300);
  const extension = wrapped % 300;
  bytes.writeUInt32BE(Math.floor(base / 2), at);
  bytes[at + 4] = ((base % 2) << 7) | 0x7e | (extension >> 8);
  bytes[at + 5] = extension & 0xff;
}

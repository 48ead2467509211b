import { PacketScan } from "../../../../../src/tuner/mpegts/packet-scan.ts";
import { ms } from "../../../../../src/kernel/units.ts";

/** A reader of transport streams for tests alone: strict, slow, and made to be read. @see ISO/IEC 13818-1 §2.4.3 */

const PACKET = 188;

export interface ReadPes {
  readonly pid: number;
  readonly streamId: number;
  /** As said, 0 for unbounded. */
  readonly length: number;
  readonly pts: number;
  readonly dts: number;
  readonly randomAccess: boolean;
  readonly discontinuity: boolean;
  readonly pcr: number | null;
  readonly data: Buffer;
}

export interface ReadPcr {
  readonly pid: number;
  /** 90 kHz, 33 bits. */
  readonly base: number;
  readonly discontinuity: boolean;
  /** It came in a packet without payload. */
  readonly alone: boolean;
  /** How many PES packets had begun before. */
  readonly at: number;
}

export interface ReadTable {
  readonly pid: number;
  readonly section: Buffer;
  readonly at: number;
}

export interface Reading {
  readonly pes: ReadPes[];
  readonly pcrs: ReadPcr[];
  readonly tables: ReadTable[];
}

interface Open {
  head: Omit<ReadPes, "streamId" | "length" | "pts" | "dts" | "data">;
  parts: Buffer[];
}

/** @throws Error at whatever the standard forbids */
export function readTs(ts: Buffer): Reading {
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  must(ts.length % PACKET === 0, "not whole packets");
  const counters = new Map<number, number>();
  const open = new Map<number, Open>();
  const order: Open[] = [];
  const pcrs: ReadPcr[] = [];
  const tables: ReadTable[] = [];
  const sections = new Map<number, { at: number; parts: Buffer[] }>();
  const endSection = (pid: number): void => {
    const held = sections.get(pid);
    if (held === undefined) return;
    const whole = Buffer.concat(held.parts);
    must(whole[0] === 0, "pointer_field is 0");
    const size = (whole.readUInt16BE(2) & 0xfff) + 3;
    must(
      whole.subarray(1 + size).every((byte) => byte === 0xff),
      "stuffing of sections is 0xff",
    );
    tables.push({ pid, section: whole.subarray(1, 1 + size), at: held.at });
    sections.delete(pid);
  };
  for (let at = 0; at < ts.length; at += PACKET) {
    const packet = ts.subarray(at, at + PACKET);
    must(packet[0] === 0x47, `sync at ${at}`);
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const starts = (packet.readUInt8(1) & 0x40) !== 0;
    must((packet.readUInt8(1) & 0xa0) === 0, "no error, no priority");
    const control = packet.readUInt8(3) >> 4;
    must(control >= 1 && control <= 3, "not scrambled, something in it");
    let from = 4;
    let flags = 0;
    let pcr: number | null = null;
    if ((control & 2) !== 0) {
      const length = packet.readUInt8(4);
      must(control === 2 ? length === 183 : length <= 182, `adaptation field of ${length}`);
      flags = length > 0 ? packet.readUInt8(5) : 0;
      must((flags & ~0xd0) === 0, "no other flags");
      let used = length > 0 ? 6 : 5;
      if ((flags & 0x10) !== 0) {
        pcr = packet.readUInt32BE(6) * 2 + (packet.readUInt8(10) >> 7);
        must((packet.readUInt8(10) & 0x7f) === 0x7e && packet[11] === 0, "reserved bits, no extension");
        used = 12;
      }
      from = 5 + length;
      must(
        packet.subarray(used, from).every((byte) => byte === 0xff),
        "stuffing is 0xff",
      );
    }
    const payload = (control & 1) !== 0;
    const counter = packet.readUInt8(3) & 15;
    const last = counters.get(pid);
    must(
      last === undefined || counter === (payload ? (last + 1) & 15 : last),
      `PID ${pid}: counter ${counter} behind ${last}`,
    );
    counters.set(pid, counter);
    const discontinuity = (flags & 0x80) !== 0;
    if (pcr !== null) pcrs.push({ pid, base: pcr, discontinuity, alone: !payload, at: order.length });
    if (!payload) continue;
    const body = packet.subarray(from);
    if (pid === 0 || pid === 0x1000) {
      if (starts) {
        endSection(pid);
        sections.set(pid, { at: order.length, parts: [body] });
      } else sections.get(pid)?.parts.push(body);
      continue;
    }
    if (starts) {
      const begun = {
        head: { pid, randomAccess: (flags & 0x40) !== 0, discontinuity, pcr },
        parts: [body],
      };
      open.set(pid, begun);
      order.push(begun);
    } else {
      const held = open.get(pid);
      must(held !== undefined, "a PES packet begins with its start indicator");
      held?.parts.push(body);
    }
  }
  for (const pid of [...sections.keys()]) endSection(pid);
  return {
    pes: order.map(({ head, parts }) => ({ ...head, ...readPes(Buffer.concat(parts)) })),
    pcrs,
    tables,
  };
}

const stamp = (data: Buffer, at: number): number =>
  ((data.readUInt8(at) >> 1) & 7) * 2 ** 30 +
  (data.readUInt16BE(at + 1) >> 1) * 2 ** 15 +
  (data.readUInt16BE(at + 3) >> 1);

function readPes(pes: Buffer): Pick<ReadPes, "streamId" | "length" | "pts" | "dts" | "data"> {
  if (pes.readUIntBE(0, 3) !== 1) throw new Error("no start code");
  const streamId = pes.readUInt8(3);
  const length = pes.readUInt16BE(4);
  if (length > 0 && length !== pes.length - 6) throw new Error(`PES of ${length}, but ${pes.length - 6}`);
  if (length === 0 && streamId !== 0xe0) throw new Error("only video is unbounded");
  if (pes.readUInt8(6) !== 0x84) throw new Error("flags");
  const both = pes.readUInt8(7) === 0xc0;
  if (!both && pes.readUInt8(7) !== 0x80) throw new Error("more flags");
  if (pes.readUInt8(8) !== (both ? 10 : 5)) throw new Error("header length");
  if ((pes.readUInt8(9) & 0xf1) !== (both ? 0x31 : 0x21)) throw new Error("prefix of PTS");
  if (both && (pes.readUInt8(14) & 0xf1) !== 0x11) throw new Error("prefix of DTS");
  for (const at of both ? [11, 13, 16, 18] : [11, 13])
    if ((pes.readUInt8(at) & 1) === 0) throw new Error("marker bit");
  const pts = stamp(pes, 9);
  return { streamId, length, pts, dts: both ? stamp(pes, 14) : pts, data: pes.subarray(both ? 19 : 14) };
}

/** What our own reader of broadcasts says of continuity, of all PIDs. */
export function continuityErrors(ts: Buffer): number {
  const scan = new PacketScan();
  scan.scan(ts, ms(0));
  return scan.counters.continuityErrors + scan.counters.transportErrors;
}

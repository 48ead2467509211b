import type { FileHandle } from "node:fs/promises";
import {
  hasPcr,
  hasPesHeader,
  NULL_PID,
  PACKET_BYTES,
  packetPid,
  payloadStart,
  readPcr,
  readTimestamp,
} from "../../mpegts/packet.ts";
import type { Stride } from "../../mpegts/resync.ts";
import { SectionAssembler } from "../../mpegts/section-assembler.ts";
import { decodePat } from "../../si/pat.ts";
import { decodePmt, describeStreams } from "../../si/pmt.ts";
import type { StreamCodec } from "../../ports.ts";
import { PacketReader } from "./packet-reader.ts";
import { startsRandomAccess } from "./random-access.ts";

/** Of a longer file only so much of its beginning and its end is looked at. */
const WINDOW_BYTES = 32 * 1024 * 1024;

const VIDEO_CODECS: readonly StreamCodec[] = ["h264", "hevc", "mpeg2-video"];
const NEVER: readonly StreamCodec[] = [];

/** Where a payload unit of a PID begins. */
export interface Unit {
  /** File offset of its packet. */
  readonly position: number;
  /** DTS, or PTS where there is none, 33 bits; null for sections and PES packets without. */
  readonly dts: number | null;
  readonly pts: number | null;
  /** random_access_indicator */
  readonly indicated: boolean;
  /** The codecs in whose terms a decoder can start here; what the stream really is, the PMT may tell only later. */
  readonly startOf: readonly StreamCodec[];
  /** Whole length in payload bytes, when PES_packet_length says it; 0 otherwise. */
  readonly length: number;
}

export interface PidIndex {
  readonly pid: number;
  packets: number;
  readonly units: Unit[];
  readonly pcrs: { readonly position: number; readonly value: number }[];
  /** Of the last unit: payload bytes so far. */
  unitBytes: number;
}

/** What a look at the file has found; the raw material of a loop plan. */
export interface FileIndex {
  readonly stride: Stride;
  /** File offset of the first packet. */
  readonly first: number;
  /** File offset behind the last whole packet. */
  readonly end: number;
  readonly pids: ReadonlyMap<number, PidIndex>;
  /** Video PIDs of the PMTs, in the order of the PAT, with the PCR PID of their service. */
  readonly videos: readonly Video[];
}

export interface Video {
  readonly pid: number;
  readonly pcrPid: number;
  readonly codec: StreamCodec;
}

/** Reads the file once (a long one: its two ends) and notes clocks, units and random access points. */
export async function indexFile(
  file: FileHandle,
  size: number,
  stride: Stride,
  first: number,
): Promise<FileIndex> {
  const pids = new Map<number, PidIndex>();
  const tables = new Tables();
  const buffer = PacketReader.buffer();
  let end = first;
  const windows =
    size <= 2 * WINDOW_BYTES
      ? [{ from: first, to: size }]
      : [
          { from: first, to: first + WINDOW_BYTES },
          { from: size - WINDOW_BYTES, to: size },
        ];
  for (const { from, to } of windows) {
    const reader = new PacketReader(file, stride, from);
    for (;;) {
      const run = await reader.next(buffer);
      if (run === null || run.position >= to) break;
      for (let i = 0; i < run.packets; i++) {
        const position = run.position + i * stride;
        if (position >= to) break;
        note(pids, tables, buffer, i * PACKET_BYTES, position);
        end = position + PACKET_BYTES;
      }
    }
  }
  return { stride, first, end, pids, videos: tables.videos() };
}

function note(
  pids: Map<number, PidIndex>,
  tables: Tables,
  bytes: Buffer,
  offset: number,
  position: number,
): void {
  const pid = packetPid(bytes, offset);
  if (pid === NULL_PID || (bytes[offset + 1]! & 0x80) !== 0) return;
  let index = pids.get(pid);
  if (index === undefined) pids.set(pid, (index = { pid, packets: 0, units: [], pcrs: [], unitBytes: 0 }));
  index.packets++;
  if (hasPcr(bytes, offset)) index.pcrs.push({ position, value: readPcr(bytes, offset) });
  const start = payloadStart(bytes, offset);
  const end = offset + PACKET_BYTES;
  if (start < 0 || start >= end) return;
  const unitStart = (bytes[offset + 1]! & 0x40) !== 0;
  if (unitStart) {
    index.unitBytes = 0;
    index.units.push(readUnit(bytes, offset, start, position));
  }
  index.unitBytes += end - start;
  if ((bytes[offset + 3]! & 0xc0) === 0) tables.push(pid, bytes, start, end, unitStart);
}

function readUnit(bytes: Buffer, offset: number, start: number, position: number): Unit {
  const end = offset + PACKET_BYTES;
  const indicated = start > offset + 5 && (bytes[offset + 5]! & 0x40) !== 0;
  const none = { position, pts: null, dts: null, indicated, startOf: NEVER, length: 0 };
  const clear = (bytes[offset + 3]! & 0xc0) === 0;
  if (!clear || start + 9 > end || bytes[start] !== 0 || bytes[start + 1] !== 0 || bytes[start + 2] !== 1)
    return none;
  const coded = (bytes[start + 4]! << 8) | bytes[start + 5]!;
  const length = coded === 0 ? 0 : coded + 6;
  if (!hasPesHeader(bytes[start + 3]!)) return { ...none, length };
  const flags = bytes[start + 7]! >> 6;
  const pts = flags >= 2 && start + 14 <= end ? readTimestamp(bytes, start + 9) : null;
  const dts = flags === 3 && start + 19 <= end ? readTimestamp(bytes, start + 14) : pts;
  const data = start + 9 + bytes[start + 8]!;
  const isVideo = (bytes[start + 3]! & 0xf0) === 0xe0;
  return {
    position,
    pts,
    dts,
    indicated,
    startOf:
      isVideo && data < end
        ? VIDEO_CODECS.filter((codec) => startsRandomAccess(codec, bytes.subarray(data, end)))
        : NEVER,
    length,
  };
}

/** PAT and PMTs on the way, to know which PIDs are video. */
class Tables {
  readonly #assemblers = new Map<number, SectionAssembler>();
  readonly #order: number[] = [];
  readonly #services = new Map<number, Video[]>();

  constructor() {
    this.#assemblers.set(0, new SectionAssembler((section) => this.#pat(section)));
  }

  push(pid: number, bytes: Buffer, start: number, end: number, unitStart: boolean): void {
    this.#assemblers.get(pid)?.push(bytes, start, end, unitStart);
  }

  videos(): Video[] {
    return this.#order.flatMap((serviceId) => this.#services.get(serviceId) ?? []);
  }

  #pat(section: Buffer): void {
    const pat = decodePat(section);
    for (const { serviceId, pid } of pat?.programs ?? []) {
      if (!this.#order.includes(serviceId)) this.#order.push(serviceId);
      if (!this.#assemblers.has(pid))
        this.#assemblers.set(pid, new SectionAssembler((pmtSection) => this.#pmt(pmtSection)));
    }
  }

  #pmt(section: Buffer): void {
    const pmt = decodePmt(section);
    if (pmt === null || this.#services.has(pmt.serviceId)) return;
    const videos = describeStreams(pmt).streams.filter((stream) => VIDEO_CODECS.includes(stream.codec));
    this.#services.set(
      pmt.serviceId,
      videos.map(({ pid, codec }) => ({ pid, pcrPid: pmt.pcrPid, codec })),
    );
  }
}

import type { FileHandle } from "node:fs/promises";
import { hasPesHeader, PACKET_BYTES, packetPid, payloadStart } from "../../mpegts/packet.ts";
import {
  H264HeaderReader,
  HEAD_BYTES,
  HevcHeaderReader,
  type Counter,
  type HeaderReader,
  type SliceCounters,
} from "./coded-header.ts";
import type { FileIndex } from "./file-index.ts";
import type { LoopPlan } from "./loop-plan.ts";
import { PacketReader } from "./packet-reader.ts";

/**
 * H.264 and HEVC number their pictures (frame_num, picture order count) from IDR to IDR, and broadcast may have none. At the
 * seam of a loop the numbers would go back, and decoders drop or garble what comes again with a number that is used up: so
 * they are carried on, as continuity counters are. The fields have a fixed width and are changed in place.
 * @see ISO/IEC 14496-10 §7.4.3, §8.2.1; ISO/IEC 23008-2 §8.3.1
 */

/** A longer loop keeps its numbers: its pictures are not looked at one by one. */
const LONGEST_LOOP_BYTES = 64 * 1024 * 1024;
const START_CODE = Buffer.from([0, 0, 1]);

/** One slice header whose numbers move on with each turn. */
interface Patch {
  /** Beginning of the NAL unit as it is in the file, with its emulation prevention bytes. */
  readonly raw: Buffer;
  /** For each unescaped byte where it is in {@link raw}. */
  readonly map: readonly number[];
  readonly counters: SliceCounters;
  readonly pace: Pace;
}

/** How far a stream's numbers move on. */
interface Pace {
  readonly frame: number;
  readonly order: number;
  /** With each turn further, or (there is an IDR in the loop) always so far only. */
  readonly accumulates: boolean;
}

/** A byte of a packet that belongs to a patch. */
interface PatchedByte {
  readonly offset: number;
  readonly index: number;
  readonly patch: Patch;
}

export class PictureCounters {
  readonly #bytes: ReadonlyMap<number, readonly PatchedByte[]>;

  constructor(bytes: ReadonlyMap<number, readonly PatchedByte[]>) {
    this.#bytes = bytes;
  }

  /** Of how many packets something changes. */
  get size(): number {
    return this.#bytes.size;
  }

  /**
   * Carries the numbers in a packet on.
   * @param position file offset of the packet
   * @param turn 1 or more
   */
  rewrite(bytes: Buffer, offset: number, position: number, turn: number): void {
    const patched = this.#bytes.get(position);
    if (patched === undefined) return;
    let patch: Patch | null = null;
    let moved: Buffer | null = null;
    for (const one of patched) {
      if (one.patch !== patch) moved = moveOn((patch = one.patch), turn);
      if (moved !== null) bytes[offset + one.offset] = moved[one.index]!;
    }
  }
}

/** @returns null when the numbers cannot be written without a byte more */
function moveOn({ raw, map, counters, pace }: Patch, turn: number): Buffer | null {
  const turns = pace.accumulates ? turn : 1;
  const moved = Buffer.from(raw);
  for (const [counter, step] of [
    [counters.frame, pace.frame],
    [counters.order, pace.order],
  ] as const) {
    if (counter === null) continue;
    const range = 2 ** counter.width;
    write(moved, map, counter, (counter.value + ((turns * step) % range) + range) % range);
  }
  return isSound(moved, map) ? moved : null;
}

function write(raw: Buffer, map: readonly number[], { bit, width }: Counter, value: number): void {
  for (let i = 0; i < width; i++) {
    const at = map[(bit + i) >> 3]!;
    const mask = 0x80 >> ((bit + i) & 7);
    const one = Math.floor(value / 2 ** (width - 1 - i)) % 2 === 1;
    raw[at] = one ? raw[at]! | mask : raw[at]! & ~mask;
  }
}

/** Emulation prevention bytes stand where they stood, and none is missing. */
function isSound(raw: Buffer, map: readonly number[]): boolean {
  const again = unescape(raw);
  return again !== null && again.map.length === map.length && again.map.every((at, i) => at === map[i]);
}

/** @returns null when a start code is in it */
function unescape(raw: Buffer): { bytes: Buffer; map: number[] } | null {
  const map: number[] = [];
  let zeros = 0;
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i]!;
    if (zeros >= 2 && byte < 3) return null;
    const escape = zeros >= 2 && byte === 3;
    if (!escape) map.push(i);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return { bytes: Buffer.from(map.map((at) => raw[at]!)), map };
}

/** An elementary stream of the loop, gathered from its packets. */
interface Gathered {
  readonly chunks: Buffer[];
  /** For each chunk: file offset of its packet, and where in that it begins. */
  readonly places: { readonly position: number; readonly offset: number }[];
  begun: boolean;
}

export interface PacketAt {
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * Looks at every picture of a loop.
 * @param rest the packets that are sent behind each turn
 */
export async function findPictureCounters(
  file: FileHandle,
  index: FileIndex,
  plan: LoopPlan,
  rest: readonly PacketAt[],
): Promise<PictureCounters> {
  const found = new Map<number, PatchedByte[]>();
  const readers = new Map<number, HeaderReader>();
  for (const { pid, codec } of index.videos) {
    if (codec === "h264") readers.set(pid, new H264HeaderReader());
    else if (codec === "hevc") readers.set(pid, new HevcHeaderReader());
  }
  if (readers.size === 0 || plan.to - plan.from > LONGEST_LOOP_BYTES) return new PictureCounters(found);
  const streams = await gather(file, index, plan, rest, new Set(readers.keys()));
  for (const [pid, reader] of readers) {
    const stream = streams.get(pid);
    if (stream !== undefined) patchesOf(stream, reader, found);
  }
  return new PictureCounters(found);
}

async function gather(
  file: FileHandle,
  index: FileIndex,
  plan: LoopPlan,
  rest: readonly PacketAt[],
  pids: ReadonlySet<number>,
): Promise<Map<number, Gathered>> {
  const streams = new Map<number, Gathered>();
  const take = (bytes: Buffer, offset: number, position: number): void => {
    const pid = packetPid(bytes, offset);
    if (!pids.has(pid) || (bytes[offset + 1]! & 0x80) !== 0 || (bytes[offset + 3]! & 0xc0) !== 0) return;
    if (position >= (plan.cutAt.get(pid) ?? Infinity)) return;
    let start = payloadStart(bytes, offset);
    const end = offset + PACKET_BYTES;
    if (start < 0 || start >= end) return;
    let stream = streams.get(pid);
    if (stream === undefined) streams.set(pid, (stream = { chunks: [], places: [], begun: false }));
    if ((bytes[offset + 1]! & 0x40) !== 0) {
      if (start + 9 > end || !hasPesHeader(bytes[start + 3]!)) return;
      stream.begun = true;
      start += 9 + bytes[start + 8]!;
    }
    if (!stream.begun || start >= end) return;
    stream.chunks.push(Buffer.from(bytes.subarray(start, end)));
    stream.places.push({ position, offset: start - offset });
  };
  const buffer = PacketReader.buffer();
  const reader = new PacketReader(file, index.stride, plan.from);
  for (;;) {
    const run = await reader.next(buffer);
    if (run === null || run.position >= plan.to) break;
    for (let i = 0; i < run.packets; i++) {
      const position = run.position + i * index.stride;
      if (position < plan.to) take(buffer, i * PACKET_BYTES, position);
    }
  }
  for (const { bytes, position } of rest) take(bytes, 0, position);
  return streams;
}

interface Slice {
  /** Where the NAL unit begins in the elementary stream. */
  readonly at: number;
  readonly raw: Buffer;
  readonly map: readonly number[];
  readonly counters: SliceCounters;
}

function patchesOf(stream: Gathered, reader: HeaderReader, found: Map<number, PatchedByte[]>): void {
  const slices = slicesOf(Buffer.concat(stream.chunks), reader);
  const resetAt = slices.findIndex(({ counters }) => counters.reset);
  const before = resetAt < 0 ? slices : slices.slice(0, resetAt);
  if (before.length === 0) return;
  const last = slices.findLastIndex(({ counters }) => counters.reset);
  const pace = paceOf(before, slices.slice(Math.max(0, last)), resetAt < 0);
  const starts: number[] = [];
  let length = 0;
  for (const chunk of stream.chunks) {
    starts.push(length);
    length += chunk.length;
  }
  let chunk = 0;
  for (const { at, raw, map, counters } of before) {
    const patch: Patch = { raw, map, counters, pace };
    while (chunk + 1 < starts.length && starts[chunk + 1]! <= at) chunk++;
    for (let i = 0, c = chunk; i < raw.length; i++) {
      while (c + 1 < starts.length && starts[c + 1]! <= at + i) c++;
      const place = stream.places[c]!;
      const list = found.get(place.position) ?? [];
      list.push({ offset: place.offset + at + i - starts[c]!, index: i, patch });
      found.set(place.position, list);
    }
  }
}

function slicesOf(data: Buffer, reader: HeaderReader): Slice[] {
  // A turn may begin between parameter sets: those that come later were there before, too.
  for (const { head } of unitsOf(data)) reader.read(head.bytes);
  const slices: Slice[] = [];
  for (const { at, end, head } of unitsOf(data)) {
    const counters = reader.read(head.bytes);
    if (counters === null) continue;
    const used = [counters.frame, counters.order].map((one) => (one === null ? 0 : one.bit + one.width));
    const bytes = Math.ceil(Math.max(...used) / 8);
    if (bytes === 0 || bytes > HEAD_BYTES.slice) continue;
    // Two bytes more: what was changed must not make a start code with what follows.
    const raw = Buffer.from(data.subarray(at, Math.min(end, at + head.map[bytes - 1]! + 3)));
    slices.push({ at, raw, map: unescape(raw)!.map, counters });
  }
  return slices;
}

/** The NAL units of a byte stream, by their beginnings. */
function* unitsOf(
  data: Buffer,
): Generator<{ at: number; end: number; head: { bytes: Buffer; map: number[] } }> {
  for (let code = data.indexOf(START_CODE); code >= 0;) {
    const at = code + 3;
    code = data.indexOf(START_CODE, at);
    const end = code < 0 ? data.length : code;
    const head = unescape(data.subarray(at, Math.min(end, at + HEAD_BYTES.parameterSet)));
    if (head !== null) yield { at, end, head };
  }
}

/** How far the numbers of the turn's first pictures must move to follow on those of its last. */
function paceOf(first: readonly Slice[], last: readonly Slice[], accumulates: boolean): Pace {
  const least = Math.min(...orders(first));
  const most = Math.max(...orders(last));
  const hevc = first[0]!.counters.frame === null;
  // H.264 numbers fields: frames are two apart, and a bottom field keeps its odd number.
  const order = hevc ? most - least + 1 : 2 * (Math.floor(most / 2) - Math.floor(least / 2) + 1);
  const reference = last.findLast(({ counters }) => counters.reference) ?? last.at(-1)!;
  const frame = (reference.counters.frame?.value ?? 0) + 1 - (first[0]!.counters.frame?.value ?? 0);
  return { frame, order: Number.isFinite(order) ? order : 0, accumulates };
}

/** Picture order counts with their upper part, as decoders derive it. @see ISO/IEC 14496-10 §8.2.1.1 */
function* orders(slices: readonly Slice[]): Generator<number> {
  let reference: number | null = null;
  for (const { counters } of slices) {
    if (counters.order === null) {
      if (counters.reset) reference = 0;
      continue;
    }
    const range = 2 ** counters.order.width;
    const lsb = counters.order.value;
    const distance: number = reference === null ? 0 : (((lsb - reference) % range) + range) % range;
    const order: number =
      reference === null ? lsb : reference + (distance < range / 2 ? distance : distance - range);
    if (reference === null || counters.reference) reference = order;
    yield order;
  }
}

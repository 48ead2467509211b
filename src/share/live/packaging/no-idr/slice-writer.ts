import { H264_NAL, type H264Sps } from "../codecs/h264.ts";
import { unescapeRbsp } from "../codecs/nal.ts";
import { BitWriter } from "./bit-writer.ts";
import type { PictureParameters } from "./parameter-sets.ts";
import { isBipredicted, isPredicted, type Modification, type SliceHeader } from "./slice-header.ts";

/** What of a slice header is written anew. */
export type SliceChange = Pick<
  SliceHeader,
  "idrPicId" | "frameNum" | "orderLsb" | "modifications" | "unmark"
>;

/** @see ISO/IEC 14496-10 §7.3.3.1 */
export function writeModifications(writer: BitWriter, commands: readonly Modification[] | null): void {
  writer.flag(commands !== null);
  if (commands === null) return;
  for (const { operation, value } of commands) {
    writer.ue(operation);
    writer.ue(value);
  }
  writer.ue(3);
}

/** dec_ref_pic_marking. @see ISO/IEC 14496-10 §7.3.3.3 */
export function writeMarking(writer: BitWriter, idr: boolean, unmark: readonly number[] | null): void {
  if (idr) {
    writer.bits(0, 2);
    return;
  }
  writer.flag(unmark !== null);
  if (unmark === null) return;
  for (const value of unmark) {
    writer.ue(1);
    writer.ue(value);
  }
  writer.ue(0);
}

/** The bit behind rbsp_stop_one_bit; cabac_zero_words are left out. */
function endOf(rbsp: Buffer): number {
  let last = rbsp.length - 1;
  while (last > 0 && rbsp[last] === 0) last--;
  const byte = rbsp[last] ?? 0;
  return last * 8 + 8 - (31 - Math.clz32(byte & -byte));
}

/** A slice's NAL unit, with its beginning taken apart. */
export interface SliceBytes {
  /** RBSP of the NAL unit up to `joint`, header byte included. */
  readonly head: Buffer;
  readonly nal: Buffer;
  /** Offset in `nal`, behind a byte that no emulation prevention depends on; its length when all of it is in `head`. */
  readonly joint: number;
}

/** Header and some data: longer headers there are, but not on the air. */
const HEAD_BYTES = 192;

/** @param whole for slices whose data must be shifted */
export function sliceBytes(nal: Buffer, whole: boolean): SliceBytes {
  let joint = whole ? nal.length : Math.min(HEAD_BYTES, nal.length);
  while (joint < nal.length && (nal[joint - 1] ?? 0) <= 3) joint++;
  return { head: joint === nal.length ? unescapeWhole(nal) : unescapeRbsp(nal, joint), nal, joint };
}

/**
 * The slice with another header. Slice data is not touched: with CABAC it begins at a byte and is copied, with CAVLC it is
 * shifted. An `idrPicId` makes it one of an IDR picture, null one of another.
 * @param header as parsed of these bytes, which are whole when the slice is not of CABAC
 * @returns the pieces of the NAL unit
 * @see ISO/IEC 14496-10 §7.3.3
 */
export function rewriteSlice(
  bytes: SliceBytes,
  header: SliceHeader,
  change: SliceChange,
  parameters: { readonly sps: H264Sps; readonly pps: PictureParameters },
): Buffer[] {
  const { head } = bytes;
  const { cabac } = parameters.pps;
  const writer = new BitWriter(head.length + 64);
  writeHeader(writer, head, header, change, parameters);
  const isWhole = bytes.joint === bytes.nal.length;
  const end = isWhole ? endOf(head) : head.length * 8;
  if (cabac) writer.alignWithOnes();
  writer.copy(head, cabac ? (header.end + 7) & ~7 : header.end, end);
  const first = escapeRbsp(writer.done());
  return isWhole ? [first] : [first, bytes.nal.subarray(bytes.joint)];
}

function writeHeader(
  writer: BitWriter,
  head: Buffer,
  header: SliceHeader,
  change: SliceChange,
  { sps, pps }: { readonly sps: H264Sps; readonly pps: PictureParameters },
): void {
  const idr = change.idrPicId !== null;
  writer.bits(((head[0] ?? 0) & 0xe0) | (idr ? H264_NAL.idr : H264_NAL.slice), 8);
  writer.ue(header.firstMacroblock);
  writer.ue(header.type);
  writer.ue(header.pps);
  writer.bits(change.frameNum, sps.frameNumBits);
  if (!sps.frameOnly) {
    writer.flag(header.fields !== 3);
    if (header.fields !== 3) writer.flag(header.fields === 2);
  }
  if (change.idrPicId !== null) writer.ue(change.idrPicId);
  if (sps.orderType === 0) writer.bits(change.orderLsb, sps.orderBits);
  if (header.orderDelta !== null) writer.se(header.orderDelta);
  if (pps.redundant) writer.ue(header.redundant);
  const bipredicted = isBipredicted(header.type);
  if (bipredicted) writer.flag(header.spatial);
  if (isPredicted(header.type) || bipredicted) {
    writer.flag(header.override);
    if (header.override) writer.ue(header.active[0] - 1);
    if (header.override && bipredicted) writer.ue(header.active[1] - 1);
    writeModifications(writer, change.modifications[0]);
    if (bipredicted) writeModifications(writer, change.modifications[1]);
  }
  writer.copy(head, header.weights[0], header.weights[1]);
  if (header.reference) writeMarking(writer, idr, change.unmark);
  writer.copy(head, header.rest, header.end);
}

const ZEROS = Buffer.from([0, 0]);
const PREVENTED = Buffer.from([0, 0, 3]);

/** Emulation prevention bytes put in. @see ISO/IEC 14496-10 §7.4.1 */
export function escapeRbsp(rbsp: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = rbsp.indexOf(ZEROS); at >= 0;) {
    const next = rbsp[at + 2];
    const isEmulated = next !== undefined && next <= 3;
    if (isEmulated) {
      pieces.push(rbsp.subarray(from, at + 2), PREVENTED.subarray(2));
      from = at + 2;
    }
    at = rbsp.indexOf(ZEROS, isEmulated ? from : at + 1);
  }
  return from === 0 ? rbsp : Buffer.concat([...pieces, rbsp.subarray(from)]);
}

/** The RBSP of a whole NAL unit; faster than byte by byte, because long ones have few of these bytes. */
function unescapeWhole(nal: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = nal.indexOf(PREVENTED); at >= 0; at = nal.indexOf(PREVENTED, from)) {
    pieces.push(nal.subarray(from, at + 2));
    from = at + 3;
  }
  return from === 0 ? nal : Buffer.concat([...pieces, nal.subarray(from)]);
}

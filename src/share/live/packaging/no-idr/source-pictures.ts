import { H264_NAL } from "../codecs/h264.ts";
import { afterMarking, fillGap, isSecond } from "./marking.ts";
import type { SliceParameters } from "./parameter-sets.ts";
import { PictureOrder } from "./picture-order.ts";
import {
  initialLists,
  modifiedList,
  type Current,
  type Entry,
  type Picture,
  type References,
} from "./references.ts";
import { isBipredicted, parseSliceHeader, type SliceHeader, type Unsupported } from "./slice-header.ts";
import { sliceBytes, type SliceBytes } from "./slice-writer.ts";

/** A slice and the pictures that it refers to. */
export interface SourceSlice {
  readonly header: SliceHeader;
  readonly bytes: SliceBytes;
  /** Its reference lists; undefined where the stream has nothing that is known. */
  readonly lists: readonly [readonly (Entry | undefined)[], readonly (Entry | undefined)[]];
}

/** A frame, or one field of two. */
export interface SourcePicture {
  readonly picture: Picture;
  /** SEI and parameter sets in front of its slices. */
  readonly before: readonly Buffer[];
  readonly slices: SourceSlice[];
  /** What is marked as reference behind it. */
  after: References;
}

/** NAL units under 4-byte lengths; stops where the lengths make no sense. @see ISO/IEC 14496-15 §5.3.4.2 */
export function* nalUnits(unit: Buffer): Generator<Buffer> {
  for (let at = 0; at + 4 <= unit.length;) {
    const size = unit.readUInt32BE(at);
    if (size === 0 || at + 4 + size > unit.length) return;
    yield unit.subarray(at + 4, at + 4 + size);
    at += 4 + size;
  }
}

/**
 * Follows a stream as a decoder does, but by its headers alone: which pictures are references, and which of them a slice
 * addresses. Knows nothing of what came before its first access unit.
 */
export class SourcePictures {
  readonly #parameters: SliceParameters;
  readonly #order = new PictureOrder();
  #references: References = [];
  #frameNum: number | null = null;

  constructor(parameters: SliceParameters) {
    this.#parameters = parameters;
  }

  /** @param unit NAL units under 4-byte lengths: one frame, or both fields of one. @returns why not, when it cannot be */
  read(unit: Buffer): readonly SourcePicture[] | Unsupported {
    let before: Buffer[] = [];
    const pictures: SourcePicture[] = [];
    const picture: Picture = { top: null, bottom: null };
    for (const nal of nalUnits(unit)) {
      const type = (nal[0] ?? 0) & 31;
      if (type === H264_NAL.pps) this.#parameters.update(nal);
      if (type >= 2 && type <= 4) return "slice-type";
      if (type !== H264_NAL.slice && type !== H264_NAL.idr) {
        before.push(Buffer.from(nal));
        continue;
      }
      let bytes = sliceBytes(nal, false);
      let header = parseSliceHeader(bytes.head, (pps) => this.#parameters.of(pps));
      if (
        header === "header" ||
        (typeof header !== "string" && this.#parameters.of(header.pps)?.pps.cabac !== true)
      ) {
        bytes = sliceBytes(nal, true);
        header = parseSliceHeader(bytes.head, (pps) => this.#parameters.of(pps));
      }
      if (typeof header === "string") return header;
      if (header.redundant > 0) continue;
      const failed = this.#slice(pictures, picture, before, bytes, header);
      if (failed !== null) return failed;
      before = [];
    }
    this.#finish(pictures.at(-1));
    return pictures.length === 0 ? "header" : pictures;
  }

  #slice(
    pictures: SourcePicture[],
    picture: Picture,
    before: readonly Buffer[],
    bytes: SliceBytes,
    header: SliceHeader,
  ): Unsupported | null {
    const parameters = this.#parameters.of(header.pps);
    if (parameters === null) return "header";
    const { sps } = parameters;
    const current: Current = {
      picture,
      frameNum: header.frameNum,
      maxFrameNum: 2 ** sps.frameNumBits,
      fields: header.fields,
    };
    let open = pictures.at(-1);
    if (open?.slices[0]?.header.fields !== header.fields) {
      if (pictures.length === 2 || (open !== undefined && header.fields === 3)) return "header";
      this.#finish(open);
      this.#order.count(header, sps, picture);
      this.#fill(current, header, sps.referenceFrames);
      open = { picture, before, slices: [], after: this.#references };
      pictures.push(open);
    }
    const initial = initialLists(this.#references, current, isBipredicted(header.type));
    const lists = [0, 1].map((which) =>
      modifiedList(
        initial[which] ?? [],
        header.modifications[which] ?? null,
        this.#references,
        current,
        header.active[which] ?? 0,
      ),
    );
    open.slices.push({ header, bytes, lists: [lists[0] ?? [], lists[1] ?? []] });
    if (open.slices.length > 1) return null;
    if (header.reference) {
      const idr = header.idrPicId !== null;
      open.after = afterMarking(this.#references, current, header.unmark, sps.referenceFrames, idr);
      this.#frameNum = header.frameNum;
    }
    return null;
  }

  #finish(picture: SourcePicture | undefined): void {
    if (picture !== undefined) this.#references = picture.after;
  }

  /** References that were lost, or that the stream says it has left out. */
  #fill(current: Current, header: SliceHeader, capacity: number): void {
    const last = header.idrPicId === null ? this.#frameNum : null;
    if (last === null || current.frameNum === last || isSecond(this.#references, current)) return;
    if (current.frameNum === (last + 1) % current.maxFrameNum) return;
    this.#references = fillGap(this.#references, current, last, capacity);
  }
}

import { standIn } from "./stand-in.ts";
import { afterMarking, commandsToMark } from "./marking.ts";
import type { SliceParameters } from "./parameter-sets.ts";
import {
  commandsFor,
  initialLists,
  modifiedList,
  orderOf,
  sameEntry,
  type Current,
  type Entry,
  type References,
} from "./references.ts";
import { isBipredicted, type Modification } from "./slice-header.ts";
import { rewriteSlice, type SliceChange } from "./slice-writer.ts";
import { withoutRecoveryPoint } from "./recovery-point.ts";
import type { SourcePicture, SourceSlice } from "./source-pictures.ts";

/** A NAL unit in pieces. */
export type NalUnit = readonly Buffer[];

const mod = (value: number, range: number): number => ((value % range) + range) % range;

/**
 * Writes the pictures of one group: an IDR picture and what follows it, with frame numbers and picture order counts of
 * its own, and with references to nothing but the group. Slice data stays bit for bit what it was.
 */
export class GroupWriter {
  readonly #parameters: SliceParameters;
  readonly #idrPicId: number;
  #references: References = [];
  /** Reference frames so far: frame_num of the next one. */
  #count = 0;
  /** Picture order count of the source that is 0 here. */
  #origin = 0;
  #began = false;

  /** @param idrPicId 0..65535, another one than that of the group before */
  constructor(parameters: SliceParameters, idrPicId: number) {
    this.#parameters = parameters;
    this.#idrPicId = idrPicId;
  }

  /**
   * @param pictures of one access unit; the first access unit of a group becomes its IDR picture and must be intra
   * @param form `bare`: without SEI, the picture comes again; `stand-in`: another one in place of one that is damaged
   * @returns NAL units, null when the group has nothing of what the pictures refer to
   */
  write(pictures: readonly SourcePicture[], form: "whole" | "bare" | "stand-in" = "whole"): NalUnit[] | null {
    const nals: NalUnit[] = [];
    const frameNum = this.#count;
    const state = { references: this.#references, began: this.#began };
    for (const picture of pictures) {
      nals.push(...withoutRecoveryPoint(picture.before, form === "bare").map((nal) => [nal]));
      if (this.#picture(picture, frameNum, form === "stand-in", nals)) continue;
      this.#references = state.references;
      this.#began = state.began;
      return null;
    }
    if (pictures.some(({ slices }) => slices[0]?.header.reference)) this.#count++;
    return nals;
  }

  #picture(source: SourcePicture, frameNum: number, replaced: boolean, nals: NalUnit[]): boolean {
    const head = source.slices[0]?.header;
    const parameters = head === undefined ? null : this.#parameters.of(head.pps);
    if (head === undefined || parameters === null) return false;
    const { sps } = parameters;
    const maxFrameNum = 2 ** sps.frameNumBits;
    const current: Current = {
      picture: source.picture,
      frameNum: frameNum % maxFrameNum,
      maxFrameNum,
      fields: head.fields,
    };
    const idr = !this.#began;
    if (idr) this.#origin = orderOf(source.picture, head.fields);
    const capacity = sps.referenceFrames;
    const unmark =
      idr || !head.reference ? null : commandsToMark(this.#references, current, source.after, capacity);
    const first = (head.fields & 1 ? source.picture.top : source.picture.bottom) ?? 0;
    const orderLsb = sps.orderType === 0 ? mod(first - this.#origin, 2 ** sps.orderBits) : 0;
    const idrPicId = idr ? this.#idrPicId : null;
    const change = { idrPicId, frameNum: current.frameNum, orderLsb, unmark };
    for (const slice of replaced ? source.slices.slice(0, 1) : source.slices) {
      const own = this.#parameters.of(slice.header.pps);
      const modifications = replaced
        ? this.#nearest(slice, current, idr)
        : this.#modifications(slice, current);
      if (own === null || modifications === null) return false;
      if (replaced) nals.push(...standIn(head, { ...change, modifications }, own).map((nal) => [nal]));
      else nals.push(rewriteSlice(slice.bytes, slice.header, { ...change, modifications }, own));
    }
    this.#began = true;
    if (head.reference) this.#references = afterMarking(this.#references, current, unmark, capacity, idr);
    return true;
  }

  /** @returns null when there is nothing to refer to */
  #modifications(slice: SourceSlice, current: Current): SliceChange["modifications"] | null {
    const initial = initialLists(this.#references, current, isBipredicted(slice.header.type));
    const result: (readonly Modification[] | null)[] = [];
    for (const which of [0, 1] as const) {
      const wanted = slice.lists[which];
      const commands = this.#commands(initial[which], wanted, current);
      if (commands === undefined) return null;
      result.push(commands);
    }
    return [result[0] ?? null, result[1] ?? null];
  }

  /** The list of a stand-in: the first that the slice would refer to, or what is nearest. */
  #nearest(slice: SourceSlice, current: Current, idr: boolean): SliceChange["modifications"] | null {
    if (idr) return [null, null];
    const [initial] = initialLists(this.#references, current, false);
    const commands = this.#commands(initial, [slice.lists[0][0]], current);
    return commands === undefined ? null : [commands, null];
  }

  /** As few commands as make the list the source's; what the group does not have is replaced. */
  #commands(
    initial: readonly Entry[],
    wanted: readonly (Entry | undefined)[],
    current: Current,
  ): readonly Modification[] | null | undefined {
    if (wanted.length === 0) return null;
    const entries: Entry[] = [];
    for (const [index, entry] of wanted.entries()) {
      const known = this.#own(entry) ?? initial[Math.min(index, initial.length - 1)];
      if (known === undefined) return undefined;
      entries.push(known);
    }
    for (let count = 0; count <= entries.length; count++) {
      const commands = count === 0 ? null : commandsFor(entries.slice(0, count), current);
      const list = modifiedList(initial, commands, this.#references, current, entries.length);
      if (list.every((entry, index) => sameEntry(entry, entries[index]))) return commands;
    }
    return undefined;
  }

  /** The entry under its number in this group. */
  #own(entry: Entry | undefined): Entry | undefined {
    if (entry === undefined || entry.picture === null) return undefined;
    const reference = this.#references.find(({ picture }) => picture === entry.picture);
    if (reference === undefined || (reference.fields & entry.fields) !== entry.fields) return undefined;
    return { picture: reference.picture, frameNum: reference.frameNum, fields: entry.fields };
  }
}

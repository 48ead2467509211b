import { BitReader } from "../codecs/bit-reader.ts";
import { H264_NAL, type H264Sps } from "../codecs/h264.ts";
import type { PictureParameters } from "./parameter-sets.ts";

/** Fields of a frame as bits: 1 the top one, 2 the bottom one, 3 the whole frame. */
export type Fields = 1 | 2 | 3;

/** One command of ref_pic_list_modification: 0 subtracts, 1 adds `value` + 1 picture numbers. */
export interface Modification {
  readonly operation: 0 | 1;
  readonly value: number;
}

/** A slice header, as far as it tells of other pictures; the rest is kept as bits. @see ISO/IEC 14496-10 §7.3.3 */
export interface SliceHeader {
  readonly nalType: number;
  /** nal_ref_idc is not 0. */
  readonly reference: boolean;
  readonly firstMacroblock: number;
  /** slice_type as it is coded, 0..9. */
  readonly type: number;
  readonly pps: number;
  readonly frameNum: number;
  readonly fields: Fields;
  readonly idrPicId: number | null;
  readonly orderLsb: number;
  /** delta_pic_order_cnt_bottom, null when not coded. */
  readonly orderDelta: number | null;
  readonly redundant: number;
  /** direct_spatial_mv_pred_flag of a B slice. */
  readonly spatial: boolean;
  /** num_ref_idx_active_override_flag */
  readonly override: boolean;
  /** Lengths of the two reference lists; 0 for lists that the slice does not have. */
  readonly active: readonly [number, number];
  readonly modifications: readonly [readonly Modification[] | null, readonly Modification[] | null];
  /** Bits of pred_weight_table. */
  readonly weights: readonly [number, number];
  /** difference_of_pic_nums_minus1 of each memory_management_control_operation 1; null: sliding window. */
  readonly unmark: readonly number[] | null;
  /** The bit behind dec_ref_pic_marking. */
  readonly rest: number;
  /** The bit behind the header. */
  readonly end: number;
}

/** Why a stream is left as it is. */
export type Unsupported =
  | "long-term-reference"
  | "memory-reset"
  | "slice-type"
  | "picture-order-type"
  | "colour-planes"
  | "gradual-refresh"
  | "header";

export const isPredicted = (type: number): boolean => type % 5 === 0;
export const isBipredicted = (type: number): boolean => type % 5 === 1;
const isIntra = (type: number): boolean => type % 5 === 2;

/** @returns null in place of the commands when they address long-term references */
function readModifications(reader: BitReader): readonly Modification[] | null | Unsupported {
  if (!reader.flag()) return null;
  const commands: Modification[] = [];
  for (;;) {
    const operation = reader.ue();
    if (operation === 3) return commands;
    if (operation === 2) return "long-term-reference";
    if (operation > 3 || commands.length > 66 || reader.overrun) return "header";
    commands.push({ operation: operation === 0 ? 0 : 1, value: reader.ue() });
  }
}

/** @see ISO/IEC 14496-10 §7.3.3.3 */
function readMarking(reader: BitReader): readonly number[] | null | Unsupported {
  if (!reader.flag()) return null;
  const unmark: number[] = [];
  for (;;) {
    const operation = reader.ue();
    if (operation === 0) return unmark;
    if (operation === 5) return "memory-reset";
    if (operation > 5) return operation === 6 ? "long-term-reference" : "header";
    if (unmark.length > 66 || reader.overrun) return "header";
    const value = reader.ue();
    if (operation === 1) unmark.push(value);
    // "No long-term frame indices" is what holds anyway.
    else if (operation !== 4 || value !== 0) return "long-term-reference";
  }
}

/** @see ISO/IEC 14496-10 §7.3.3.2 */
function skipWeights(reader: BitReader, active: readonly [number, number], colour: boolean): void {
  reader.ue();
  if (colour) reader.ue();
  for (const count of active) {
    for (let i = 0; i < count; i++) {
      for (const planes of colour ? [1, 2] : [1]) {
        if (!reader.flag()) continue;
        for (let value = 0; value < planes * 2; value++) reader.se();
      }
    }
  }
}

/** @param rbsp of the NAL unit, header byte included; its beginning is enough */
export function parseSliceHeader(
  rbsp: Buffer,
  parametersOf: (pps: number) => { readonly sps: H264Sps; readonly pps: PictureParameters } | null,
): SliceHeader | Unsupported {
  const reader = new BitReader(rbsp);
  reader.skip(1);
  const reference = reader.bits(2) !== 0;
  const nalType = reader.bits(5);
  const firstMacroblock = reader.ue();
  const type = reader.ue();
  const id = reader.ue();
  const parameters = parametersOf(id);
  if (parameters === null || type > 9 || reader.overrun) return "header";
  const { sps, pps } = parameters;
  const predicted = isPredicted(type);
  const bipredicted = isBipredicted(type);
  if (!predicted && !bipredicted && !isIntra(type)) return "slice-type";
  if (sps.separateColourPlanes) return "colour-planes";
  if (sps.orderType !== 0 && sps.orderType !== 2) return "picture-order-type";
  const frameNum = reader.bits(sps.frameNumBits);
  const field = !sps.frameOnly && reader.flag();
  const fields = !field ? 3 : reader.flag() ? 2 : 1;
  const idrPicId = nalType === H264_NAL.idr ? reader.ue() : null;
  const orderLsb = sps.orderType === 0 ? reader.bits(sps.orderBits) : 0;
  const orderDelta = sps.orderType === 0 && pps.bottomOrder && !field ? reader.se() : null;
  const redundant = pps.redundant ? reader.ue() : 0;
  const spatial = bipredicted && reader.flag();
  const override = (predicted || bipredicted) && reader.flag();
  const active: [number, number] = [0, 0];
  if (predicted || bipredicted) active[0] = override ? reader.ue() + 1 : pps.active[0];
  if (bipredicted) active[1] = override ? reader.ue() + 1 : pps.active[1];
  if (active[0] > 32 || active[1] > 32) return "header";
  const first = predicted || bipredicted ? readModifications(reader) : null;
  if (typeof first === "string") return first;
  const second = bipredicted ? readModifications(reader) : null;
  if (typeof second === "string") return second;
  const weightsFrom = reader.position;
  if ((pps.weighted && predicted) || (pps.weightedBipred === 1 && bipredicted))
    skipWeights(reader, active, sps.chromaFormat !== 0);
  const weights = [weightsFrom, reader.position] as const;
  let unmark: readonly number[] | null = null;
  if (reference && nalType === H264_NAL.idr) {
    reader.skip(1);
    if (reader.flag()) return "long-term-reference";
  } else if (reference) {
    const marking = readMarking(reader);
    if (typeof marking === "string") return marking;
    unmark = marking;
  }
  const rest = reader.position;
  if (pps.cabac && !isIntra(type)) reader.ue();
  reader.se();
  if (pps.deblocking && reader.ue() !== 1) {
    reader.se();
    reader.se();
  }
  if (reader.overrun) return "header";
  return {
    nalType,
    reference,
    firstMacroblock,
    type,
    pps: id,
    frameNum,
    fields,
    idrPicId,
    orderLsb,
    orderDelta,
    redundant,
    spatial,
    override,
    active,
    modifications: [first, second],
    weights,
    unmark,
    rest,
    end: reader.position,
  };
}

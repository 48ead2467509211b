import { H264_NAL, type H264Sps } from "../codecs/h264.ts";
import { BitWriter } from "./bit-writer.ts";
import type { PictureParameters } from "./parameter-sets.ts";
import type { SliceHeader } from "./slice-header.ts";
import { escapeRbsp, writeMarking, writeModifications, type SliceChange } from "./slice-writer.ts";

/** pic_parameter_set_id of stand-ins: the last one that there can be, which no encoder uses. */
const STAND_IN_PPS = 255;
const P_SLICE = 5;
const I_SLICE = 7;
/** mb_type I_16x16_2_0_0: predicted from the mean of its neighbours, without residual. */
const MEAN_16X16 = 3;

interface Parameters {
  readonly sps: H264Sps;
  readonly pps: PictureParameters;
}

/** A picture parameter set with CAVLC, which needs no state to be written. @see ISO/IEC 14496-10 §7.3.2.2 */
function pictureParameters(pps: PictureParameters): Buffer {
  const writer = new BitWriter();
  writer.bits(0x60 | H264_NAL.pps, 8);
  writer.ue(STAND_IN_PPS);
  writer.ue(pps.sps);
  writer.flag(false);
  writer.flag(pps.bottomOrder);
  for (let value = 0; value < 3; value++) writer.ue(0); // slice groups, default lengths of lists
  writer.bits(0, 3); // no weights
  for (let value = 0; value < 3; value++) writer.se(0); // QP 26
  writer.bits(0b100, 3); // deblocking_filter_control_present_flag
  writer.flag(true);
  return escapeRbsp(writer.done());
}

function macroblocksOf(header: SliceHeader, sps: H264Sps): number {
  const columns = Math.ceil(sps.width / 16);
  const rows = sps.frameOnly ? Math.ceil(sps.height / 16) : 2 * Math.ceil(sps.height / 32);
  return columns * (header.fields === 3 ? rows : rows / 2);
}

/** @see ISO/IEC 14496-10 §7.3.4, §7.3.5 */
function greyMacroblocks(writer: BitWriter, header: SliceHeader, sps: H264Sps): void {
  const pairs = sps.macroblockPairs && header.fields === 3;
  for (let macroblock = 0; macroblock < macroblocksOf(header, sps); macroblock++) {
    if (pairs && macroblock % 2 === 0) writer.flag(false); // mb_field_decoding_flag
    writer.ue(MEAN_16X16);
    if (sps.chromaFormat === 1 || sps.chromaFormat === 2) writer.ue(0); // chroma from the mean, too
    writer.se(0); // mb_qp_delta
    writer.flag(true); // coeff_token: no coefficient
  }
}

/**
 * A picture in place of a damaged one, which a decoder may refuse: grey as an IDR picture, else a copy of the first one
 * in its reference list. Parameter set and slice.
 * @param header of a slice of the picture that it stands for
 */
export function standIn(header: SliceHeader, change: SliceChange, { sps, pps }: Parameters): Buffer[] {
  const idr = change.idrPicId !== null;
  const writer = new BitWriter();
  writer.bits((header.reference ? 0x60 : 0) | (idr ? H264_NAL.idr : H264_NAL.slice), 8);
  writer.ue(0);
  writer.ue(idr ? I_SLICE : P_SLICE);
  writer.ue(STAND_IN_PPS);
  writer.bits(change.frameNum, sps.frameNumBits);
  if (!sps.frameOnly) {
    writer.flag(header.fields !== 3);
    if (header.fields !== 3) writer.flag(header.fields === 2);
  }
  if (change.idrPicId !== null) writer.ue(change.idrPicId);
  if (sps.orderType === 0) writer.bits(change.orderLsb, sps.orderBits);
  if (header.orderDelta !== null) writer.se(header.orderDelta);
  if (!idr) {
    writer.flag(false); // one entry, by default
    writeModifications(writer, change.modifications[0]);
  }
  if (header.reference) writeMarking(writer, idr, change.unmark);
  writer.se(0); // slice_qp_delta
  writer.ue(1); // no deblocking
  if (idr) greyMacroblocks(writer, header, sps);
  else writer.ue(macroblocksOf(header, sps)); // mb_skip_run
  writer.flag(true);
  return [pictureParameters(pps), escapeRbsp(writer.done())];
}

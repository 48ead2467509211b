import { BitReader } from "./bit-reader.ts";
import { unescapeRbsp, type Colour } from "./nal.ts";
import { readVuiHead } from "./vui.ts";

/** H.264 syntax that a packager needs. @see ISO/IEC 14496-10 §7.3 */

export const H264_NAL = { slice: 1, partitionA: 2, idr: 5, sei: 6, sps: 7, pps: 8, aud: 9 } as const;

/** Sequence parameter set. @see ISO/IEC 14496-10 §7.3.2.1.1 */
export interface H264Sps {
  readonly id: number;
  readonly profile: number;
  readonly constraints: number;
  readonly level: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly separateColourPlanes: boolean;
  /** Bits of frame_num in a slice header. */
  readonly frameNumBits: number;
  /** pic_order_cnt_type, 0..2. */
  readonly orderType: number;
  /** Bits of pic_order_cnt_lsb in a slice header; 0 unless the type is 0. */
  readonly orderBits: number;
  /** max_num_ref_frames. */
  readonly referenceFrames: number;
  /** frame_mbs_only_flag: no field pictures, no macroblock pairs. */
  readonly frameOnly: boolean;
  /** mb_adaptive_frame_field_flag: frames consist of macroblock pairs. */
  readonly macroblockPairs: boolean;
  /** After cropping. */
  readonly width: number;
  readonly height: number;
  readonly sar: readonly [number, number];
  /** Frames per second; 0 when there is no timing information. */
  readonly frameRate: number;
  readonly colour: Colour | null;
  /** pic_struct_present_flag: picture timing SEI messages tell fields from frames. */
  readonly picStruct: boolean;
  /** Bits before pic_struct in a picture timing SEI message (the HRD delays). */
  readonly timingDelayBits: number;
}

export interface H264Pps {
  readonly id: number;
  readonly sps: number;
}

/** The beginning of a slice header. */
export interface H264Slice {
  readonly firstMacroblock: number;
  /** 0..4: P, B, I, SP, SI. */
  readonly type: number;
  readonly pps: number;
}

/** What tells the two fields of a frame from two frames. */
export interface H264Picture extends H264Slice {
  readonly frameNum: number;
  readonly field: boolean;
  readonly bottom: boolean;
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingLists(reader: BitReader, chromaFormat: number): void {
  const lists = chromaFormat === 3 ? 12 : 8;
  for (let list = 0; list < lists; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) next = (last + reader.se() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

/** @returns bits of cpb_removal_delay and dpb_output_delay together. @see ISO/IEC 14496-10 §E.1.2 */
function hrdDelayBits(reader: BitReader): number {
  const count = Math.min(reader.ue() + 1, 32);
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(5);
  const cpb = reader.bits(5) + 1;
  const dpb = reader.bits(5) + 1;
  reader.skip(5);
  return cpb + dpb;
}

interface Vui {
  sar: readonly [number, number];
  frameRate: number;
  colour: Colour | null;
  picStruct: boolean;
  timingDelayBits: number;
}

/** @see ISO/IEC 14496-10 §E.1.1 */
function parseVui(reader: BitReader): Vui {
  const vui: Vui = { ...readVuiHead(reader), frameRate: 0, picStruct: false, timingDelayBits: 0 };
  if (reader.flag()) {
    const units = reader.bits(32);
    const scale = reader.bits(32);
    reader.skip(1);
    if (units > 0 && scale > 0) vui.frameRate = scale / units / 2;
  }
  const nal = reader.flag();
  if (nal) vui.timingDelayBits = hrdDelayBits(reader);
  const vcl = reader.flag();
  if (vcl) vui.timingDelayBits = hrdDelayBits(reader);
  if (nal || vcl) reader.skip(1);
  vui.picStruct = reader.flag();
  return vui;
}

/** @param nal with its header byte. @returns null when it makes no sense */
export function parseH264Sps(nal: Buffer): H264Sps | null {
  const reader = new BitReader(unescapeRbsp(nal));
  reader.skip(8);
  const profile = reader.bits(8);
  const constraints = reader.bits(8);
  const level = reader.bits(8);
  const id = reader.ue();
  let chromaFormat = 1;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  let separateColourPlanes = false;
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = reader.ue();
    if (chromaFormat === 3) separateColourPlanes = reader.flag();
    bitDepthLuma = 8 + reader.ue();
    bitDepthChroma = 8 + reader.ue();
    reader.skip(1);
    if (reader.flag()) skipScalingLists(reader, chromaFormat);
  }
  const frameNumBits = reader.ue() + 4;
  const orderType = reader.ue();
  let orderBits = 0;
  if (orderType === 0) orderBits = reader.ue() + 4;
  else if (orderType === 1) {
    reader.skip(1);
    reader.se();
    reader.se();
    const cycle = reader.ue();
    if (cycle > 255) return null;
    for (let i = 0; i < cycle; i++) reader.se();
  }
  const referenceFrames = reader.ue();
  reader.skip(1);
  const widthMbs = reader.ue() + 1;
  const heightUnits = reader.ue() + 1;
  const frameOnly = reader.flag();
  const macroblockPairs = !frameOnly && reader.flag();
  reader.skip(1);
  let width = widthMbs * 16;
  let height = heightUnits * 16 * (frameOnly ? 1 : 2);
  if (reader.flag()) {
    const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const cropY = (chromaFormat === 1 ? 2 : 1) * (frameOnly ? 1 : 2);
    width -= (reader.ue() + reader.ue()) * cropX;
    height -= (reader.ue() + reader.ue()) * cropY;
  }
  if (reader.overrun || id > 31 || chromaFormat > 3 || frameNumBits > 16 || orderBits > 16) return null;
  if (width <= 0 || height <= 0 || width > 16384 || height > 16384) return null;
  // Some encoders cut the VUI short: what was read of it before the end still holds.
  const vui = reader.flag()
    ? parseVui(reader)
    : { sar: [1, 1] as const, frameRate: 0, colour: null, picStruct: false, timingDelayBits: 0 };
  return {
    id,
    profile,
    constraints,
    level,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    separateColourPlanes,
    frameNumBits,
    orderType,
    orderBits,
    referenceFrames,
    frameOnly,
    macroblockPairs,
    width,
    height,
    ...vui,
    picStruct: vui.picStruct && !reader.overrun,
  };
}

/** @param nal with its header byte. @returns null when it makes no sense */
export function parseH264Pps(nal: Buffer): H264Pps | null {
  const reader = new BitReader(unescapeRbsp(nal, 16));
  reader.skip(8);
  const id = reader.ue();
  const sps = reader.ue();
  return reader.overrun || id > 255 || sps > 31 ? null : { id, sps };
}

/** @param nal the slice's NAL unit or its first bytes, header included */
export function parseH264Slice(nal: Buffer): H264Slice | null {
  const reader = new BitReader(unescapeRbsp(nal, 16));
  reader.skip(8);
  const firstMacroblock = reader.ue();
  const type = reader.ue() % 5;
  const pps = reader.ue();
  return reader.overrun || pps > 255 ? null : { firstMacroblock, type, pps };
}

/** As {@link parseH264Slice}, on to the fields that need the sequence parameter set. @see ISO/IEC 14496-10 §7.3.3 */
export function parseH264Picture(nal: Buffer, sps: H264Sps): H264Picture | null {
  const reader = new BitReader(unescapeRbsp(nal, 24));
  reader.skip(8);
  const firstMacroblock = reader.ue();
  const type = reader.ue() % 5;
  const pps = reader.ue();
  if (sps.separateColourPlanes) reader.skip(2);
  const frameNum = reader.bits(sps.frameNumBits);
  const field = !sps.frameOnly && reader.flag();
  const bottom = field && reader.flag();
  return reader.overrun ? null : { firstMacroblock, type, pps, frameNum, field, bottom };
}

/** pic_struct of a picture timing SEI payload, null when it has none. @see ISO/IEC 14496-10 §D.1.3 */
export function parsePicStruct(payload: Buffer, sps: H264Sps): number | null {
  if (!sps.picStruct) return null;
  const reader = new BitReader(payload);
  reader.skip(sps.timingDelayBits);
  const value = reader.bits(4);
  return reader.overrun || value > 8 ? null : value;
}

/** AVCDecoderConfigurationRecord. @see ISO/IEC 14496-15 §5.3.3.1 */
export function avcConfig(sps: H264Sps, spsNals: readonly Buffer[], ppsNals: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [
    Buffer.from([1, sps.profile, sps.constraints, sps.level, 0xff, 0xe0 | spsNals.length]),
  ];
  const put = (nal: Buffer): void => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(nal.length);
    parts.push(size, nal);
  };
  spsNals.forEach(put);
  parts.push(Buffer.from([ppsNals.length]));
  ppsNals.forEach(put);
  if (HIGH_PROFILES.has(sps.profile)) {
    parts.push(
      Buffer.from([
        0xfc | sps.chromaFormat,
        0xf8 | (sps.bitDepthLuma - 8),
        0xf8 | (sps.bitDepthChroma - 8),
        0,
      ]),
    );
  }
  return Buffer.concat(parts);
}

const hex = (value: number): string => value.toString(16).padStart(2, "0");

/** RFC 6381 §3.3: `avc1.PPCCLL`, bytes 1 to 3 of the sequence parameter set. */
export const avcCodecString = (sps: H264Sps): string =>
  `avc1.${hex(sps.profile)}${hex(sps.constraints)}${hex(sps.level)}`;

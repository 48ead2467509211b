import { BitReader } from "./bit-reader.ts";
import { unescapeRbsp, type Colour } from "./nal.ts";
import { readVuiHead } from "./vui.ts";

/** HEVC syntax that a packager needs. @see ISO/IEC 23008-2 §7.3 */

export const HEVC_NAL = {
  radlN: 6,
  radlR: 7,
  raslN: 8,
  raslR: 9,
  blaWLp: 16,
  blaNLp: 18,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  lastIrap: 23,
  vps: 32,
  sps: 33,
  pps: 34,
  aud: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
} as const;

export const hevcNalType = (first: number): number => (first >> 1) & 63;

/** Sequence parameter set. @see ISO/IEC 23008-2 §7.3.2.2 */
export interface HevcSps {
  readonly id: number;
  readonly maxSubLayers: number;
  readonly temporalIdNesting: boolean;
  /** The 12 bytes of general profile, tier, compatibility, constraints and level. */
  readonly profileTierLevel: Buffer;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** After the conformance window. */
  readonly width: number;
  readonly height: number;
  readonly sar: readonly [number, number];
  /** Pictures per second; 0 when there is no timing information. */
  readonly frameRate: number;
  readonly colour: Colour | null;
  /** general_interlaced_source_flag without progressive, or field_seq_flag. */
  readonly interlaced: boolean;
}

/** Level and profile of the sub-layers: skipped. @see ISO/IEC 23008-2 §7.3.3 */
function skipSubLayers(reader: BitReader, maxSubLayers: number): void {
  const present: [boolean, boolean][] = [];
  for (let i = 0; i < maxSubLayers - 1; i++) present.push([reader.flag(), reader.flag()]);
  if (maxSubLayers > 1) reader.skip(2 * (8 - (maxSubLayers - 1)));
  for (const [profile, level] of present) reader.skip((profile ? 88 : 0) + (level ? 8 : 0));
}

function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      if (size > 1) reader.se();
      for (let i = 0; i < Math.min(64, 1 << (4 + (size << 1))); i++) reader.se();
    }
  }
}

/** @returns false for nonsense. @see ISO/IEC 23008-2 §7.3.7 */
function skipShortTermSets(reader: BitReader): boolean {
  const count = reader.ue();
  if (count > 64) return false;
  let deltas = 0;
  for (let set = 0; set < count; set++) {
    if (set > 0 && reader.flag()) {
      reader.skip(1);
      reader.ue();
      let kept = 0;
      for (let i = 0; i <= deltas; i++) {
        const used = reader.flag();
        if (used || reader.flag()) kept++;
      }
      deltas = kept;
      continue;
    }
    const negative = reader.ue();
    const positive = reader.ue();
    if (negative > 16 || positive > 16) return false;
    for (let i = 0; i < negative + positive; i++) {
      reader.ue();
      reader.skip(1);
    }
    deltas = negative + positive;
  }
  return true;
}

interface Vui {
  sar: readonly [number, number];
  frameRate: number;
  colour: Colour | null;
  fieldSequence: boolean;
}

/** @see ISO/IEC 23008-2 §E.2.1 */
function parseVui(reader: BitReader): Vui {
  const vui: Vui = { ...readVuiHead(reader), frameRate: 0, fieldSequence: false };
  reader.skip(1);
  vui.fieldSequence = reader.flag();
  reader.skip(1);
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue();
  if (reader.flag()) {
    const units = reader.bits(32);
    const scale = reader.bits(32);
    if (units > 0 && scale > 0 && !reader.overrun) vui.frameRate = scale / units;
  }
  return vui;
}

/** @param nal with its header. @returns null when it makes no sense */
export function parseHevcSps(nal: Buffer): HevcSps | null {
  const rbsp = unescapeRbsp(nal);
  if (rbsp.length < 16) return null;
  const reader = new BitReader(rbsp);
  reader.skip(16 + 4);
  const maxSubLayers = reader.bits(3) + 1;
  const temporalIdNesting = reader.flag();
  const profileTierLevel = Buffer.from(rbsp.subarray(3, 15));
  // general_progressive_source_flag and general_interlaced_source_flag follow the 40 bits of profile.
  const source = (rbsp[8] ?? 0) >> 6;
  reader.skip(96);
  skipSubLayers(reader, maxSubLayers);
  const id = reader.ue();
  const chromaFormat = reader.ue();
  if (chromaFormat === 3) reader.skip(1);
  let width = reader.ue();
  let height = reader.ue();
  if (reader.flag()) {
    const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
    const unitY = chromaFormat === 1 ? 2 : 1;
    width -= (reader.ue() + reader.ue()) * unitX;
    height -= (reader.ue() + reader.ue()) * unitY;
  }
  const bitDepthLuma = 8 + reader.ue();
  const bitDepthChroma = 8 + reader.ue();
  const pocBits = reader.ue() + 4;
  const perLayer = reader.flag();
  for (let i = perLayer ? 0 : maxSubLayers - 1; i < maxSubLayers; i++) {
    reader.ue();
    reader.ue();
    reader.ue();
  }
  for (let i = 0; i < 6; i++) reader.ue();
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2);
  if (reader.flag()) {
    reader.skip(8);
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  if (!skipShortTermSets(reader)) return null;
  if (reader.flag()) {
    const count = reader.ue();
    if (count > 32) return null;
    reader.skip(count * (pocBits + 1));
  }
  reader.skip(2);
  if (reader.overrun || id > 15 || chromaFormat > 3 || bitDepthLuma > 16 || bitDepthChroma > 16) return null;
  if (width <= 0 || height <= 0 || width > 16384 || height > 16384) return null;
  const vui: Vui = reader.flag()
    ? parseVui(reader)
    : { sar: [1, 1], frameRate: 0, colour: null, fieldSequence: false };
  const { fieldSequence, ...said } = vui;
  return {
    id,
    maxSubLayers,
    temporalIdNesting,
    profileTierLevel,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    ...said,
    interlaced: source === 1 || fieldSequence,
  };
}

/** @returns vps_video_parameter_set_id. @see ISO/IEC 23008-2 §7.3.2.1 */
export const parseHevcVps = (nal: Buffer): { readonly id: number } | null =>
  nal.length < 6 ? null : { id: (nal[2] ?? 0) >> 4 };

/** @see ISO/IEC 23008-2 §7.3.2.3 */
export function parseHevcPps(nal: Buffer): { readonly id: number; readonly sps: number } | null {
  const reader = new BitReader(unescapeRbsp(nal, 16));
  reader.skip(16);
  const id = reader.ue();
  const sps = reader.ue();
  return reader.overrun || id > 63 || sps > 15 ? null : { id, sps };
}

/** What a slice segment header says first. @see ISO/IEC 23008-2 §7.3.6.1 */
export interface HevcSlice {
  readonly first: boolean;
  readonly pps: number;
}

export function parseHevcSlice(nal: Buffer): HevcSlice | null {
  const reader = new BitReader(unescapeRbsp(nal, 16));
  reader.skip(16);
  const first = reader.flag();
  const type = hevcNalType(nal[0] ?? 0);
  if (type >= HEVC_NAL.blaWLp && type <= HEVC_NAL.lastIrap) reader.skip(1);
  const pps = reader.ue();
  return reader.overrun || pps > 63 ? null : { first, pps };
}

/** HEVCDecoderConfigurationRecord. @see ISO/IEC 14496-15 §8.3.3.1 */
export function hevcConfig(
  sps: HevcSps,
  sets: { readonly vps: readonly Buffer[]; readonly sps: readonly Buffer[]; readonly pps: readonly Buffer[] },
): Buffer {
  const head = Buffer.alloc(23);
  head[0] = 1;
  sps.profileTierLevel.copy(head, 1);
  head.writeUInt16BE(0xf000, 13); // min_spatial_segmentation_idc: unknown
  head[15] = 0xfc; // parallelismType: unknown
  head[16] = 0xfc | sps.chromaFormat;
  head[17] = 0xf8 | (sps.bitDepthLuma - 8);
  head[18] = 0xf8 | (sps.bitDepthChroma - 8);
  head[21] = (sps.maxSubLayers << 3) | (sps.temporalIdNesting ? 4 : 0) | 3;
  head[22] = 3;
  const parts: Buffer[] = [head];
  const arrays = [
    [HEVC_NAL.vps, sets.vps],
    [HEVC_NAL.sps, sets.sps],
    [HEVC_NAL.pps, sets.pps],
  ] as const;
  for (const [type, nals] of arrays) {
    const array = Buffer.alloc(3);
    array[0] = 0x80 | type;
    array.writeUInt16BE(nals.length, 1);
    parts.push(array);
    for (const nal of nals) {
      const size = Buffer.alloc(2);
      size.writeUInt16BE(nal.length);
      parts.push(size, nal);
    }
  }
  return Buffer.concat(parts);
}

/** `hvc1.{profile}.{compatibility}.{tier and level}.{constraints}`. @see ISO/IEC 14496-15 Annex E.3 */
export function hevcCodecString(sps: HevcSps): string {
  const ptl = sps.profileTierLevel;
  const head = ptl[0] ?? 0;
  const space = ["", "A", "B", "C"][head >> 6] ?? "";
  let compatibility = 0;
  for (let bit = 0; bit < 32; bit++) {
    compatibility = compatibility * 2 + ((ptl.readUInt32BE(1) >>> bit) & 1);
  }
  const constraints = [...ptl.subarray(5, 11)];
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  return [
    "hvc1",
    `${space}${head & 31}`,
    compatibility.toString(16).toUpperCase(),
    `${head & 0x20 ? "H" : "L"}${ptl[11] ?? 0}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

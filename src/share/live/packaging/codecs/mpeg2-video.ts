import { BitReader } from "./bit-reader.ts";
import type { Colour } from "./nal.ts";

/** MPEG-2 video headers. @see ISO/IEC 13818-2 §6.2 */

export const MPEG2_START = {
  picture: 0x00,
  firstSlice: 0x01,
  lastSlice: 0xaf,
  sequence: 0xb3,
  extension: 0xb5,
  sequenceEnd: 0xb7,
  group: 0xb8,
} as const;

/** extension_start_code_identifier. */
export const MPEG2_EXTENSION = { sequence: 1, display: 2, pictureCoding: 8 } as const;

const FRAME_RATES: readonly number[] = [0, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60];
/** Display aspect ratios of aspect_ratio_information 2..4. */
const ASPECTS: readonly (readonly [number, number])[] = [
  [4, 3],
  [16, 9],
  [221, 100],
];

export interface Mpeg2Sequence {
  readonly width: number;
  readonly height: number;
  readonly sar: readonly [number, number];
  readonly frameRate: number;
  /** progressive_sequence: no field pictures, no interlaced frames. */
  readonly progressive: boolean;
  /** Object type indication of the profile. @see ISO/IEC 14496-1 Table 5 */
  readonly objectType: number;
  readonly colour: Colour | null;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * @param header sequence_header from its start code's last byte (0xB3) on
 * @param extension sequence_extension from 0xB5 on; null: MPEG-1
 * @param display sequence_display_extension, from 0xB5 on
 * @returns null when it makes no sense
 */
export function parseMpeg2Sequence(
  header: Buffer,
  extension: Buffer | null,
  display: Buffer | null,
): Mpeg2Sequence | null {
  if (header.length < 8) return null;
  const reader = new BitReader(header, 8);
  let width = reader.bits(12);
  let height = reader.bits(12);
  const aspect = reader.bits(4);
  let frameRate = FRAME_RATES[reader.bits(4)] ?? 0;
  let progressive = true;
  let objectType = 0x6a;
  if (extension !== null) {
    const more = new BitReader(extension, 12);
    const profile = more.bits(8);
    progressive = more.flag();
    more.skip(2);
    width += more.bits(2) << 12;
    height += more.bits(2) << 12;
    more.skip(12 + 1 + 8 + 1);
    frameRate = (frameRate * (more.bits(2) + 1)) / (more.bits(5) + 1);
    if (more.overrun) return null;
    // Profiles count down from 5 (Simple); the escape bit marks 4:2:2.
    objectType =
      profile & 0x80 ? 0x65 : ({ 5: 0x60, 4: 0x61, 3: 0x62, 2: 0x63, 1: 0x64 }[profile >> 4] ?? 0x61);
  }
  if (width === 0 || height === 0) return null;
  let sar: readonly [number, number] = [1, 1];
  const dar = ASPECTS[aspect - 2];
  if (dar !== undefined && extension !== null) {
    const across = dar[0] * height;
    const down = dar[1] * width;
    const common = gcd(across, down);
    sar = [across / common, down / common];
  }
  return { width, height, sar, frameRate, progressive, objectType, colour: parseColour(display) };
}

function parseColour(display: Buffer | null): Colour | null {
  if (display === null || display.length < 5) return null;
  const reader = new BitReader(display, 15);
  if (!reader.flag()) return null;
  const [primaries, transfer, matrix] = [reader.bits(8), reader.bits(8), reader.bits(8)];
  return reader.overrun ? null : { primaries, transfer, matrix, fullRange: false };
}

/** picture_coding_type: 1 I, 2 P, 3 B. @param unit from 0x00 on. @see ISO/IEC 13818-2 §6.3.9 */
export function parseMpeg2Picture(
  unit: Buffer,
): { readonly temporalReference: number; readonly type: number } | null {
  if (unit.length < 4) return null;
  const reader = new BitReader(unit, 8);
  const temporalReference = reader.bits(10);
  const type = reader.bits(3);
  return type >= 1 && type <= 4 ? { temporalReference, type } : null;
}

/** picture_structure: 1 top field, 2 bottom field, 3 frame. @param unit picture_coding_extension from 0xB5 on */
export const mpeg2PictureStructure = (unit: Buffer): number => (unit.length < 4 ? 3 : (unit[3] ?? 3) & 3);

/** @param unit group_of_pictures_header from 0xB8 on. @see ISO/IEC 13818-2 §6.3.8 */
export function parseMpeg2Group(unit: Buffer): { readonly closed: boolean; readonly broken: boolean } {
  const byte = unit[4] ?? 0;
  return { closed: (byte & 0x40) !== 0, broken: (byte & 0x20) !== 0 };
}

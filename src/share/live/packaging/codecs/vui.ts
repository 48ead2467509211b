import type { BitReader } from "./bit-reader.ts";
import { SAMPLE_ASPECT_RATIOS, type Colour } from "./nal.ts";

/**
 * The beginning of the video usability information, the same in H.264 and HEVC: aspect ratio, overscan, video signal
 * type and chroma location. The reader stands behind it afterwards.
 * @see ISO/IEC 14496-10 §E.1.1, ISO/IEC 23008-2 §E.2.1
 */
export function readVuiHead(reader: BitReader): { sar: readonly [number, number]; colour: Colour | null } {
  const vui = { sar: [1, 1] as readonly [number, number], colour: null as Colour | null };
  if (reader.flag()) {
    const index = reader.bits(8);
    const sar = index === 255 ? ([reader.bits(16), reader.bits(16)] as const) : SAMPLE_ASPECT_RATIOS[index];
    if (sar !== undefined && sar[0] > 0 && sar[1] > 0) vui.sar = sar;
  }
  if (reader.flag()) reader.skip(1);
  if (reader.flag()) {
    reader.skip(3);
    const fullRange = reader.flag();
    if (reader.flag()) {
      vui.colour = {
        primaries: reader.bits(8),
        transfer: reader.bits(8),
        matrix: reader.bits(8),
        fullRange,
      };
    }
  }
  if (reader.flag()) {
    reader.ue();
    reader.ue();
  }
  return vui;
}

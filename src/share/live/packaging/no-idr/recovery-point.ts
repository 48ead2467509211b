import { H264_NAL } from "../codecs/h264.ts";
import { seiMessages, unescapeRbsp } from "../codecs/nal.ts";
import { escapeRbsp } from "./slice-writer.ts";

const RECOVERY_POINT = 6;

/** A size or type of an SEI message. @see ISO/IEC 14496-10 §7.3.2.3.1 */
function variable(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 255; left -= 255) bytes.push(255);
  return [...bytes, left];
}

/**
 * NAL units in front of a picture without the recovery point SEI message: nobody is to begin there but at IDR pictures.
 * @param bare without any SEI
 */
export function withoutRecoveryPoint(nals: readonly Buffer[], bare = false): Buffer[] {
  return nals.flatMap((nal) => {
    if (((nal[0] ?? 0) & 31) !== H264_NAL.sei) return [nal];
    if (bare) return [];
    const messages = seiMessages(unescapeRbsp(nal.subarray(1)));
    const kept = messages.filter(({ type }) => type !== RECOVERY_POINT);
    if (kept.length === messages.length) return [nal];
    if (kept.length === 0) return [];
    const parts = kept.map(({ type, payload }) =>
      Buffer.concat([Buffer.from([...variable(type), ...variable(payload.length)]), payload]),
    );
    return [escapeRbsp(Buffer.concat([nal.subarray(0, 1), ...parts, Buffer.from([0x80])]))];
  });
}

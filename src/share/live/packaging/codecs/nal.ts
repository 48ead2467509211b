/** What H.264 and HEVC share: NAL units in an Annex B byte stream. @see ISO/IEC 14496-10 Annex B */

/** Three-byte start code; `Buffer.indexOf` finds it without a JavaScript loop over the payload. */
export const START_CODE = Buffer.from([0, 0, 1]);

/**
 * The RBSP of a NAL unit or of its beginning: emulation prevention bytes taken out.
 * @param limit bytes of the NAL unit to look at; slice headers need few
 * @see ISO/IEC 14496-10 §7.3.1
 */
export function unescapeRbsp(nal: Buffer, limit = nal.length): Buffer {
  const end = Math.min(limit, nal.length);
  const rbsp = Buffer.allocUnsafe(end);
  let length = 0;
  let zeros = 0;
  for (let at = 0; at < end; at++) {
    const byte = nal[at] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    rbsp[length++] = byte;
  }
  return rbsp.subarray(0, length);
}

/** One SEI message. */
export interface SeiMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/**
 * The messages of an SEI RBSP. Stops silently where the bytes make no sense.
 * @param rbsp with the NAL header taken off
 * @see ISO/IEC 14496-10 §7.3.2.3.1, ISO/IEC 23008-2 §7.3.5
 */
export function seiMessages(rbsp: Buffer): SeiMessage[] {
  const messages: SeiMessage[] = [];
  let at = 0;
  const variable = (): number => {
    let value = 0;
    while (rbsp[at] === 0xff) {
      value += 255;
      at++;
    }
    value += rbsp[at++] ?? 0;
    return value;
  };
  while (at + 2 < rbsp.length) {
    const type = variable();
    const size = variable();
    if (at + size > rbsp.length) break;
    messages.push({ type, payload: rbsp.subarray(at, at + size) });
    at += size;
  }
  return messages;
}

/** Sample aspect ratios 1..16. @see ISO/IEC 14496-10 Table E-1, ISO/IEC 23008-2 Table E.1 */
export const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

/** Colour description of a VUI. @see ISO/IEC 23091-2 */
export interface Colour {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

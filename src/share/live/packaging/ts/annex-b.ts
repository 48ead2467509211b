import type { PesBuffer } from "./pes-buffer.ts";

const START = Buffer.from([0, 0, 0, 1]);
/** Access unit delimiter that allows every slice type. @see ISO/IEC 14496-10 §7.3.2.4 */
const AVC_DELIMITER = Buffer.from([0, 0, 0, 1, 0x09, 0xf0]);
/** @see ISO/IEC 23008-2 §7.3.2.5 */
const HEVC_DELIMITER = Buffer.from([0, 0, 0, 1, 0x46, 0x01, 0x50]);

/** SPS and PPS of an AVCDecoderConfigurationRecord, under start codes. @see ISO/IEC 14496-15 §5.3.3.1 */
export function avcParameterSets(config: Buffer): Buffer {
  const parts: Buffer[] = [];
  const pps = readSets(config, 6, (config[5] ?? 0) & 31, parts);
  readSets(config, pps + 1, config[pps] ?? 0, parts);
  return Buffer.concat(parts);
}

/** VPS, SPS and PPS of an HEVCDecoderConfigurationRecord, under start codes. @see ISO/IEC 14496-15 §8.3.3.1 */
export function hevcParameterSets(config: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 23;
  for (let array = 0; array < (config[22] ?? 0) && at + 3 <= config.length; array++)
    at = readSets(config, at + 3, config.readUInt16BE(at + 1), parts);
  return Buffer.concat(parts);
}

/** @returns where it ends */
function readSets(config: Buffer, from: number, count: number, into: Buffer[]): number {
  let at = from;
  for (let set = 0; set < count && at + 2 <= config.length; set++) {
    const end = at + 2 + config.readUInt16BE(at);
    into.push(START, config.subarray(at + 2, end));
    at = end;
  }
  return at;
}

/**
 * NAL units under lengths become a byte stream: an access unit delimiter first, and the parameter sets before every random
 * access point. Lengths are as long as start codes, and are replaced in place.
 * @see ISO/IEC 13818-1 §2.14.1, §2.17.1; TS 101 154 §4.1.8.17
 */
export class AnnexBFraming {
  readonly #delimiter: Buffer;
  readonly #start: Buffer;
  /** H.264: the two fields of a frame are two access units, each with its delimiter. */
  readonly #fields: boolean;

  constructor(family: "avc" | "hevc", config: Buffer) {
    this.#fields = family === "avc";
    this.#delimiter = family === "avc" ? AVC_DELIMITER : HEVC_DELIMITER;
    const sets = family === "avc" ? avcParameterSets(config) : hevcParameterSets(config);
    this.#start = Buffer.concat([this.#delimiter, sets]);
  }

  frame(data: Buffer, randomAccess: boolean, into: PesBuffer): boolean {
    into.put(randomAccess ? this.#start : this.#delimiter);
    let at = into.end;
    into.put(data);
    let { bytes } = into;
    let slices = false;
    while (at + 4 < into.end) {
      const size =
        ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
      // What is no NAL unit stays as it is.
      if (size > into.end - at - 4) break;
      if (this.#fields && size > 0) {
        const type = bytes[at + 4]! & 31;
        const slice = type === 1 || type === 2 || type === 5;
        if (slices && beginsField(type, slice, bytes[at + 5]!)) {
          into.insert(this.#delimiter, at);
          bytes = into.bytes;
          at += this.#delimiter.length;
          slices = false;
        }
        slices ||= slice;
      }
      bytes[at] = 0;
      bytes[at + 1] = 0;
      bytes[at + 2] = 0;
      bytes[at + 3] = 1;
      at += 4 + size;
    }
    return true;
  }
}

/**
 * Behind a slice: what begins the next access unit. A slice does when its first_mb_in_slice is 0, that is, its first bit 1.
 * @see ISO/IEC 14496-10 §7.4.1.2.3
 */
function beginsField(type: number, slice: boolean, second: number): boolean {
  return slice ? second >= 0x80 : (type >= 6 && type <= 8) || (type >= 14 && type <= 18);
}

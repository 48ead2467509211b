import { readAacConfig, type AacConfig } from "./aac.ts";
import { BitReader } from "./bit-reader.ts";

/** AAC in LOAS/LATM. @see ISO/IEC 14496-3 §1.7 */

/** What a StreamMuxConfig says; kept until the next one. */
export interface LatmConfig {
  readonly aac: AacConfig;
  /** AudioSpecificConfig, byte aligned. */
  readonly specific: Buffer;
  /** AudioMuxElements hold one more sub-frame than this. */
  readonly subFrames: number;
  /** Bits of other data behind the payload. */
  readonly otherBits: number;
}

/** @see ISO/IEC 14496-3 §1.7.3 Table 1.43 */
function latmValue(reader: BitReader): number {
  const bytes = reader.bits(2) + 1;
  return reader.bits(bytes * 8);
}

/** `count` bits from where the reader is, moved to a byte boundary; the reader is left behind them. */
export function copyBits(data: Buffer, reader: BitReader, count: number): Buffer {
  const out = Buffer.alloc(Math.ceil(count / 8));
  const shift = reader.position & 7;
  const first = reader.position >> 3;
  if (shift === 0) data.copy(out, 0, first, first + out.length);
  else {
    for (let index = 0; index < out.length; index++) {
      const pair = ((data[first + index] ?? 0) << 8) | (data[first + index + 1] ?? 0);
      out[index] = (pair >> (8 - shift)) & 0xff;
    }
  }
  const spare = out.length * 8 - count;
  if (spare > 0) out[out.length - 1] = (out[out.length - 1] ?? 0) & (0xff << spare);
  reader.skip(count);
  return out;
}

/** One programme, one layer, frames of variable length: what broadcasts send. @returns null for anything else */
function readStreamMuxConfig(data: Buffer, reader: BitReader): LatmConfig | null {
  const version = reader.bits(1);
  if (version === 1 && reader.flag()) return null;
  if (version === 1) latmValue(reader);
  const sameTiming = reader.flag();
  const subFrames = reader.bits(6);
  const programmes = reader.bits(4);
  const layers = reader.bits(3);
  if (!sameTiming || programmes !== 0 || layers !== 0) return null;
  const length = version === 1 ? latmValue(reader) : null;
  const start = reader.position;
  const aac = readAacConfig(reader);
  if (aac === null) return null;
  const bits = length ?? reader.position - start;
  if (bits > 2048 || reader.position - start > bits) return null;
  const specific = copyBits(data, new BitReader(data, start), bits);
  reader.skip(start + bits - reader.position);
  if (reader.bits(3) !== 0) return null;
  reader.skip(8);
  let otherBits = 0;
  if (reader.flag()) {
    if (version === 1) otherBits = latmValue(reader);
    else {
      for (let more = true; more && !reader.overrun;) {
        more = reader.flag();
        otherBits = otherBits * 256 + reader.bits(8);
      }
    }
  }
  if (reader.flag()) reader.skip(8);
  return reader.overrun ? null : { aac, specific, subFrames, otherBits };
}

/** Bytes of the AudioMuxElement behind a LOAS header at `at`, null when there is none; needs 3 bytes. */
export function loasLength(data: Buffer, at: number): number | null {
  if (data[at] !== 0x56 || ((data[at + 1] ?? 0) & 0xe0) !== 0xe0) return null;
  return (((data[at + 1] ?? 0) & 0x1f) << 8) | (data[at + 2] ?? 0);
}

/**
 * The access units of an AudioMuxElement.
 * @param element without the LOAS header
 * @param known the configuration so far: an element may say "the same"
 * @returns null when it cannot be read (no configuration yet, a layout that no broadcast has, damage)
 */
export function parseAudioMuxElement(
  element: Buffer,
  known: LatmConfig | null,
): { readonly config: LatmConfig; readonly units: readonly Buffer[] } | null {
  const reader = new BitReader(element);
  const config = reader.flag() ? known : readStreamMuxConfig(element, reader);
  if (config === null) return null;
  const units: Buffer[] = [];
  for (let sub = 0; sub <= config.subFrames; sub++) {
    let length = 0;
    for (let byte = 255; byte === 255; length += byte) {
      byte = reader.bits(8);
      if (reader.overrun) return null;
    }
    if (length * 8 > reader.left) return null;
    if (length > 0) units.push(copyBits(element, reader, length * 8));
  }
  return { config, units };
}

import { BitReader } from "./bit-reader.ts";

/** AC-3 and E-AC-3 synchronisation frames. @see TS 102 366 §4.4, Annex E */

const RATES: readonly number[] = [48000, 44100, 32000];
const BIT_RATES: readonly number[] = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];
const CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5];
const BLOCKS: readonly number[] = [1, 2, 3, 6];
export const AC3_SYNC = Buffer.from([0x0b, 0x77]);
/** Bytes that a header needs at most. */
export const AC3_HEADER = 64;

export interface Ac3Frame {
  readonly enhanced: false;
  readonly fscod: number;
  readonly sampleRate: number;
  readonly bsid: number;
  readonly bsmod: number;
  readonly acmod: number;
  readonly lfe: boolean;
  readonly bitRateCode: number;
  /** Bytes. */
  readonly length: number;
  readonly channels: number;
}

export interface Eac3Frame {
  readonly enhanced: true;
  readonly fscod: number;
  readonly sampleRate: number;
  readonly bsid: number;
  readonly bsmod: number;
  readonly acmod: number;
  readonly lfe: boolean;
  /** 0 independent, 1 dependent, 2 independent and converted from AC-3. */
  readonly type: number;
  readonly substream: number;
  /** Audio blocks of 256 samples: 1, 2, 3 or 6. */
  readonly blocks: number;
  readonly length: number;
  readonly channels: number;
  /** chanmap of a dependent substream, null when not coded. */
  readonly channelMap: number | null;
  /** complexity_index_type_a of joint object coding (Atmos), null without. @see TS 103 420 §8.3.1 */
  readonly complexity: number | null;
}

export type AnyAc3Frame = Ac3Frame | Eac3Frame;

/** @param data from the frame's first byte on. @returns null when there is no frame */
export function parseAc3Frame(data: Buffer): AnyAc3Frame | null {
  if (data.length < 8 || data[0] !== 0x0b || data[1] !== 0x77) return null;
  const bsid = (data[5] ?? 0) >> 3;
  if (bsid <= 8) return parseAc3(data, bsid);
  return bsid > 10 && bsid <= 16 ? parseEac3(data.subarray(0, AC3_HEADER), bsid) : null;
}

function parseAc3(data: Buffer, bsid: number): Ac3Frame | null {
  const fscod = (data[4] ?? 0) >> 6;
  const frmsizecod = (data[4] ?? 0) & 63;
  const sampleRate = RATES[fscod];
  const bitRate = BIT_RATES[frmsizecod >> 1];
  if (sampleRate === undefined || bitRate === undefined) return null;
  const odd = fscod === 1 ? frmsizecod & 1 : 0;
  const length = 2 * (Math.floor((bitRate * 96_000) / sampleRate) + odd);
  const reader = new BitReader(data, 45);
  const bsmod = reader.bits(3);
  const acmod = reader.bits(3);
  if ((acmod & 1) !== 0 && acmod !== 1) reader.skip(2);
  if ((acmod & 4) !== 0) reader.skip(2);
  if (acmod === 2) reader.skip(2);
  const lfe = reader.flag();
  const channels = (CHANNELS[acmod] ?? 2) + (lfe ? 1 : 0);
  return {
    enhanced: false,
    fscod,
    sampleRate,
    bsid,
    bsmod,
    acmod,
    lfe,
    bitRateCode: frmsizecod >> 1,
    length,
    channels,
  };
}

/** @see TS 102 366 §E.1.2.2 (bsi) */
function parseEac3(data: Buffer, bsid: number): Eac3Frame | null {
  const reader = new BitReader(data, 16);
  const type = reader.bits(2);
  const substream = reader.bits(3);
  const length = (reader.bits(11) + 1) * 2;
  const fscod = reader.bits(2);
  let sampleRate = RATES[fscod];
  let blocks = 6;
  let blockCode = 3;
  if (fscod === 3) sampleRate = (RATES[reader.bits(2)] ?? 0) / 2;
  else {
    blockCode = reader.bits(2);
    blocks = BLOCKS[blockCode] ?? 6;
  }
  const acmod = reader.bits(3);
  const lfe = reader.flag();
  reader.skip(5);
  if (sampleRate === undefined || sampleRate === 0 || type === 3 || length < 8) return null;
  for (let programme = 0; programme < (acmod === 0 ? 2 : 1); programme++) {
    reader.skip(5);
    if (reader.flag()) reader.skip(8);
  }
  let channelMap: number | null = null;
  if (type === 1 && reader.flag()) channelMap = reader.bits(16);
  if (reader.flag()) skipMixing(reader, type, acmod, lfe, blockCode);
  let bsmod = 0;
  if (reader.flag()) {
    bsmod = reader.bits(3);
    reader.skip(2);
    if (acmod === 2) reader.skip(4);
    if (acmod >= 6) reader.skip(2);
    for (let programme = 0; programme < (acmod === 0 ? 2 : 1); programme++) if (reader.flag()) reader.skip(8);
    if (fscod < 3) reader.skip(1);
  }
  if (type === 0 && blockCode !== 3) reader.skip(1);
  if (type === 2 && (blockCode === 3 || reader.flag())) reader.skip(6);
  let complexity: number | null = null;
  if (reader.flag()) {
    const bytes = reader.bits(6) + 1;
    if (bytes >= 2) {
      reader.skip(7);
      if (reader.flag()) complexity = reader.bits(8);
    }
  }
  if (reader.overrun) complexity = null;
  const channels = (CHANNELS[acmod] ?? 2) + (lfe ? 1 : 0);
  return {
    enhanced: true,
    fscod,
    sampleRate,
    bsid,
    bsmod,
    acmod,
    lfe,
    type,
    substream,
    blocks,
    length,
    channels,
    channelMap,
    complexity,
  };
}

/** @see TS 102 366 §E.1.2.2, mixmdate */
function skipMixing(reader: BitReader, type: number, acmod: number, lfe: boolean, blockCode: number): void {
  if (acmod > 2) reader.skip(2);
  if ((acmod & 1) !== 0 && acmod > 2) reader.skip(6);
  if ((acmod & 4) !== 0) reader.skip(6);
  if (lfe && reader.flag()) reader.skip(5);
  if (type !== 0) return;
  if (reader.flag()) reader.skip(6);
  if (acmod === 0 && reader.flag()) reader.skip(6);
  if (reader.flag()) reader.skip(6);
  const definition = reader.bits(2);
  if (definition === 1) reader.skip(5);
  else if (definition === 2) reader.skip(12);
  else if (definition === 3) reader.skip(8 * (reader.bits(5) + 2));
  if (acmod < 2) {
    if (reader.flag()) reader.skip(14);
    if (acmod === 0 && reader.flag()) reader.skip(14);
  }
  if (!reader.flag()) return;
  if (blockCode === 0) {
    reader.skip(5);
    return;
  }
  for (let block = 0; block < (BLOCKS[blockCode] ?? 6); block++) if (reader.flag()) reader.skip(5);
}

/** Body of `dac3`. @see TS 102 366 §F.4 */
export function dac3(frame: Ac3Frame): Buffer {
  const bits =
    (frame.fscod << 22) |
    (frame.bsid << 17) |
    (frame.bsmod << 14) |
    (frame.acmod << 11) |
    ((frame.lfe ? 1 : 0) << 10) |
    (frame.bitRateCode << 5);
  return Buffer.from([bits >> 16, (bits >> 8) & 0xff, bits & 0xff]);
}

/**
 * Body of `dec3` for one independent substream and those that depend on it.
 * @param unit the frames of one access unit, the independent one first
 * @see TS 102 366 §F.6
 */
export function dec3(unit: readonly Eac3Frame[]): Buffer {
  const first = unit[0];
  if (first === undefined) return Buffer.alloc(0);
  const dependent = unit.filter(({ type }) => type === 1);
  const bytes = unit.reduce((sum, { length }) => sum + length, 0);
  const samples = unit.reduce((sum, { type, blocks }) => sum + (type === 1 ? 0 : blocks * 256), 0);
  const kbps = Math.min(8191, Math.ceil((bytes * 8 * first.sampleRate) / Math.max(256, samples) / 1000));
  let bits = BigInt(kbps) << 3n; // num_ind_sub − 1 = 0
  const put = (value: number, count: number): void => {
    bits = (bits << BigInt(count)) | BigInt(value);
  };
  put(first.fscod, 2);
  put(first.bsid, 5);
  put(0, 2);
  put(first.bsmod, 3);
  put(first.acmod, 3);
  put(first.lfe ? 1 : 0, 1);
  put(0, 3);
  // The same substream comes once per frame of fewer than six blocks: count each only once.
  const substreams = new Map(dependent.map((frame) => [frame.substream, frame]));
  put(substreams.size, 4);
  if (substreams.size > 0)
    put(
      [...substreams.values()].reduce((map, frame) => map | channelLocations(frame), 0),
      9,
    );
  else put(0, 1);
  let count = 13 + 3 + 2 + 5 + 2 + 3 + 3 + 1 + 3 + 4 + (substreams.size > 0 ? 9 : 1);
  const complexity = unit.find((frame) => frame.complexity !== null)?.complexity;
  if (complexity !== undefined && complexity !== null) {
    put(1, 8);
    put(complexity, 8);
    count += 16;
  }
  const pad = (8 - (count % 8)) % 8;
  put(0, pad);
  return Buffer.from(bits.toString(16).padStart((count + pad) / 4, "0"), "hex");
}

/**
 * complexity_index_type_a in the body of a `dec3`: how many objects the joint object coding (Atmos) has at most.
 * @returns null without
 * @see TS 102 366 §F.6, TS 103 420 §C.3
 */
export function dec3Complexity(body: Buffer): number | null {
  const reader = new BitReader(body, 13);
  for (let left = reader.bits(3) + 1; left > 0; left--) {
    reader.skip(19);
    reader.skip(reader.bits(4) > 0 ? 9 : 1);
  }
  reader.skip(7);
  const coded = reader.flag();
  const complexity = reader.bits(8);
  return coded && complexity > 0 && !reader.overrun ? complexity : null;
}

/** chan_loc of dec3 from chanmap: its bits 5..12 and LFE2. @see TS 102 366 Table E.1.5, Table F.6.1 */
function channelLocations(frame: Eac3Frame): number {
  const map = frame.channelMap ?? 0;
  let locations = 0;
  // chanmap counts from its most significant bit: 5 is Lc/Rc, which chan_loc has as bit 0; 15 is LFE, 14 is LFE2.
  for (let location = 0; location < 8; location++)
    if ((map >> (15 - (5 + location))) & 1) locations |= 1 << location;
  if ((map >> 1) & 1) locations |= 1 << 8;
  return locations;
}

/** Whether the frame's own CRC holds. @see TS 102 366 §4.4.5, §E.1.3.3 */
export function ac3Intact(data: Buffer, frame: AnyAc3Frame): boolean {
  if (data.length < frame.length) return false;
  // Both kinds: the last 16 bits make the remainder of everything behind the sync word zero.
  return crc16(data, 2, frame.length) === 0;
}

/** x^16 + x^15 + x^2 + 1. Only runs over frames that came with a loss. */
function crc16(data: Buffer, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) {
    crc ^= (data[at] ?? 0) << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x8005 : 0)) & 0xffff;
  }
  return crc;
}

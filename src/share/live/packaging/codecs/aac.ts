import type { BitReader } from "./bit-reader.ts";

/** AAC in ADTS and its AudioSpecificConfig. @see ISO/IEC 14496-3 §1.6, §1.A.2 */

export const AAC_RATES: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** Channels of each channel_configuration; 0 means "in a program_config_element". @see ISO/IEC 14496-3 Table 1.19 */
export const AAC_CHANNELS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8];

/** One ADTS frame's header. */
export interface AdtsHeader {
  /** Audio object type: 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number;
  readonly rateIndex: number;
  readonly sampleRate: number;
  readonly channelConfiguration: number;
  /** Bytes of header, CRC included. */
  readonly headerLength: number;
  /** Bytes of the frame with its header. */
  readonly frameLength: number;
  /** Raw data blocks in the frame, 1..4. */
  readonly blocks: number;
  readonly crc: boolean;
}

/** @returns the header at `at`, or null when there is none; needs 7 bytes */
export function parseAdts(data: Buffer, at: number): AdtsHeader | null {
  if (at + 7 > data.length) return null;
  const b1 = data[at + 1] ?? 0;
  // Syncword, layer 0; the MPEG-2/4 bit does not matter.
  if (data[at] !== 0xff || (b1 & 0xf6) !== 0xf0) return null;
  const b2 = data[at + 2] ?? 0;
  const b3 = data[at + 3] ?? 0;
  const rateIndex = (b2 >> 2) & 15;
  const sampleRate = AAC_RATES[rateIndex];
  if (sampleRate === undefined) return null;
  const frameLength = ((b3 & 3) << 11) | ((data[at + 4] ?? 0) << 3) | ((data[at + 5] ?? 0) >> 5);
  const blocks = ((data[at + 6] ?? 0) & 3) + 1;
  const crc = (b1 & 1) === 0;
  const headerLength = 7 + (crc ? 2 * blocks : 0);
  if (frameLength <= headerLength) return null;
  return {
    objectType: (b2 >> 6) + 1,
    rateIndex,
    sampleRate,
    channelConfiguration: ((b2 & 1) << 2) | (b3 >> 6),
    headerLength,
    frameLength,
    blocks,
    crc,
  };
}

/**
 * AudioSpecificConfig of an ADTS stream.
 * @param sbr the PMT says High Efficiency AAC: SBR is signalled explicitly, as Apple asks of fMP4 (authoring spec 2.24)
 * @see ISO/IEC 14496-3 §1.6.2.1
 */
export function adtsConfig(header: AdtsHeader, sbr = false): Buffer {
  const bits = (header.objectType << 11) | (header.rateIndex << 7) | (header.channelConfiguration << 3);
  const twice = AAC_RATES.indexOf(header.sampleRate * 2);
  if (!sbr || twice < 0) return Buffer.from([bits >> 8, bits & 0xff]);
  // Hierarchical signalling: object type 5, core rate, channels, SBR rate, then the core's object type.
  const value =
    (5n << 27n) |
    (BigInt(header.rateIndex) << 23n) |
    (BigInt(header.channelConfiguration) << 19n) |
    (BigInt(twice) << 15n) |
    (BigInt(header.objectType) << 10n);
  const config = Buffer.alloc(4);
  config.writeUInt32BE(Number(value));
  return config;
}

/** What an AudioSpecificConfig says. */
export interface AacConfig {
  /** The outermost object type: 2 LC, 5 SBR, 29 SBR with parametric stereo. */
  readonly objectType: number;
  /** Rate of the core coder: the time scale of its frames. */
  readonly coreRate: number;
  /** Rate of what comes out, twice the core's with SBR. */
  readonly outputRate: number;
  readonly channels: number;
  /** Core samples per frame: 1024 or 960. */
  readonly frameSamples: number;
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readRate(reader: BitReader): number {
  const index = reader.bits(4);
  return index === 15 ? reader.bits(24) : (AAC_RATES[index] ?? 0);
}

/** Channels of a program_config_element. @see ISO/IEC 14496-3 Table 4.2 */
function readProgramConfig(reader: BitReader, configStart: number): number {
  reader.skip(4 + 2 + 4);
  const front = reader.bits(4);
  const side = reader.bits(4);
  const back = reader.bits(4);
  const lfe = reader.bits(2);
  const data = reader.bits(3);
  const coupling = reader.bits(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(3);
  let channels = lfe;
  for (let i = 0; i < front + side + back; i++) {
    channels += reader.flag() ? 2 : 1;
    reader.skip(4);
  }
  reader.skip(4 * lfe + 4 * data + 5 * coupling);
  reader.skip((8 - ((reader.position - configStart) % 8)) % 8);
  reader.skip(8 * reader.bits(8));
  return channels;
}

/**
 * Reads an AudioSpecificConfig of the AAC family; leaves the reader behind it.
 * @returns null for other object types or nonsense
 * @see ISO/IEC 14496-3 §1.6.2.1, §4.4.1
 */
export function readAacConfig(reader: BitReader): AacConfig | null {
  const start = reader.position;
  const objectType = readObjectType(reader);
  const coreRate = readRate(reader);
  const channelConfiguration = reader.bits(4);
  let outputRate = coreRate;
  let core = objectType;
  if (objectType === 5 || objectType === 29) {
    outputRate = readRate(reader);
    core = readObjectType(reader);
  }
  if (![1, 2, 3, 4].includes(core)) return null;
  const short = reader.flag();
  if (reader.flag()) reader.skip(14);
  const extension = reader.flag();
  let channels = AAC_CHANNELS[channelConfiguration] ?? 0;
  if (channelConfiguration === 0) channels = readProgramConfig(reader, start);
  if (extension) reader.skip(1);
  if (reader.overrun || coreRate === 0 || channels === 0) return null;
  // Parametric stereo makes two channels of one.
  if (objectType === 29 && channels === 1) channels = 2;
  return { objectType, coreRate, outputRate, channels, frameSamples: short ? 960 : 1024 };
}

/** MPEG-1 and MPEG-2 audio. @see ISO/IEC 11172-3 §2.4.1.3, ISO/IEC 13818-3 §2.4.2.3 */

const RATES: readonly number[] = [44100, 48000, 32000];
/** kb/s by [MPEG-1 layer I, II, III, MPEG-2 layer I, II and III]. */
const BIT_RATES: readonly (readonly number[])[] = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

export interface MpegAudioHeader {
  /** 1, 2 or 3. */
  readonly layer: number;
  /** MPEG-2 half sampling rates. */
  readonly low: boolean;
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per frame. */
  readonly samples: number;
  /** Bytes. */
  readonly length: number;
}

/** @returns the header at `at`, null when there is none; needs 4 bytes */
export function parseMpegAudio(data: Buffer, at: number): MpegAudioHeader | null {
  if (at + 4 > data.length || data[at] !== 0xff) return null;
  const b1 = data[at + 1] ?? 0;
  const b2 = data[at + 2] ?? 0;
  // Sync of 12 bits; the eleven-bit form (MPEG-2.5) is in no broadcast.
  if ((b1 & 0xf0) !== 0xf0) return null;
  const low = (b1 & 8) === 0;
  const layer = 4 - ((b1 >> 1) & 3);
  const rate = RATES[(b2 >> 2) & 3];
  if (layer === 4 || rate === undefined) return null;
  const table = low ? (layer === 1 ? 3 : 4) : layer - 1;
  const bitRate = (BIT_RATES[table]?.[b2 >> 4] ?? 0) * 1000;
  if (bitRate === 0) return null;
  const sampleRate = low ? rate / 2 : rate;
  const padding = (b2 >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && low ? 576 : 1152;
  const length =
    layer === 1
      ? (Math.floor((12 * bitRate) / sampleRate) + padding) * 4
      : Math.floor(((samples / 8) * bitRate) / sampleRate) + padding;
  return { layer, low, sampleRate, channels: (data[at + 3] ?? 0) >> 6 === 3 ? 1 : 2, samples, length };
}

import { AAC_RATES } from "../codecs/aac.ts";
import { BitReader } from "../codecs/bit-reader.ts";
import type { PesBuffer } from "./pes-buffer.ts";

/** What an ADTS header can say of an AAC stream: the core coder alone; SBR and PS are found by the decoder. */
export interface AdtsForm {
  /** Audio object type of the core: 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number;
  readonly rateIndex: number;
  /** 0: a program_config_element in the frames tells. */
  readonly channelConfiguration: number;
}

const HEADER = 7;
/** 13 bits hold the length of a frame, header included. */
const MAX_FRAME = 0x1fff;
/** The least bits of a program_config_element. @see ISO/IEC 14496-3 Table 4.2 */
const PROGRAM_CONFIG_BITS = 34;
const NO_INDEX = 15;

/**
 * The ADTS form of an AudioSpecificConfig.
 * @returns null when ADTS cannot say it: other object types (xHE-AAC, ER, ELD), frames of 960 samples, a rate without
 *   index, more channels than configuration 7, channels that only the configuration's own program_config_element tells
 * @see ISO/IEC 14496-3 §1.A.3.2, §1.6.2.1
 */
export function adtsForm(config: Buffer): AdtsForm | null {
  const reader = new BitReader(config);
  let objectType = reader.bits(5);
  const rateIndex = reader.bits(4);
  const channelConfiguration = rateIndex === NO_INDEX ? -1 : reader.bits(4);
  if (objectType === 5 || objectType === 29) {
    if (reader.bits(4) === NO_INDEX) reader.skip(24);
    objectType = reader.bits(5);
  }
  const short = reader.flag();
  const scaled = reader.flag();
  reader.skip(1);
  if (reader.overrun || objectType < 1 || objectType > 4 || short || scaled) return null;
  if (channelConfiguration < 0 || channelConfiguration > 7 || AAC_RATES[rateIndex] === undefined) return null;
  if (channelConfiguration === 0 && reader.left >= PROGRAM_CONFIG_BITS) return null;
  return { objectType, rateIndex, channelConfiguration };
}

/** Puts the 7-byte header (MPEG-4, no CRC, one raw_data_block) before AAC frames. @see ISO/IEC 14496-3 §1.A.2.2 */
export class AdtsFraming {
  readonly #header: Buffer;

  constructor({ objectType, rateIndex, channelConfiguration }: AdtsForm) {
    this.#header = Buffer.from([
      0xff,
      0xf1,
      ((objectType - 1) << 6) | (rateIndex << 2) | (channelConfiguration >> 2),
      (channelConfiguration & 3) << 6,
      0,
      // adts_buffer_fullness 0x7FF: variable bit rate.
      0x1f,
      0xfc,
    ]);
  }

  /** @returns false when the frame is too long for the header */
  frame(data: Buffer, _randomAccess: boolean, into: PesBuffer): boolean {
    const length = data.length + HEADER;
    if (length > MAX_FRAME) return false;
    const header = this.#header;
    header[3] = (header[3]! & 0xc0) | (length >> 11);
    header[4] = (length >> 3) & 0xff;
    header[5] = ((length & 7) << 5) | 0x1f;
    into.put(header);
    into.put(data);
    return true;
  }
}

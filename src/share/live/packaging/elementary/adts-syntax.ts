import { AAC_CHANNELS, adtsConfig, parseAdts, type AdtsHeader } from "../codecs/aac.ts";
import type { AudioConfig, AudioSyntax, FoundFrame } from "./audio-config.ts";

/** AAC in ADTS framing. @see ISO/IEC 14496-3 §1.A.2 */
export class AdtsSyntax implements AudioSyntax {
  readonly #sbr: boolean;
  #key = -1;
  #config: AudioConfig | null = null;

  /** @param sbr the PMT's AAC descriptor names a High Efficiency profile */
  constructor(sbr = false) {
    this.#sbr = sbr;
  }

  sync(data: Buffer, from: number): number {
    for (let at = data.indexOf(0xff, from); at >= 0; at = data.indexOf(0xff, at + 1)) {
      if (at + 1 >= data.length) return -1;
      if (((data[at + 1] ?? 0) & 0xf6) === 0xf0) return at;
    }
    return -1;
  }

  frame(data: Buffer, at: number): FoundFrame | "more" | null {
    if (at + 9 > data.length) return "more";
    const header = parseAdts(data, at);
    if (header === null) return null;
    if (at + header.frameLength > data.length) return "more";
    const units = blocksOf(data, at, header);
    const lost = header.blocks - units.length;
    return { length: header.frameLength, units, lost, config: this.#configOf(header) };
  }

  /** The CRC covers only a part of the frame that cannot be found without decoding it: not trusted. */
  intact(): boolean {
    return false;
  }

  #configOf(header: AdtsHeader): AudioConfig | null {
    const channels = AAC_CHANNELS[header.channelConfiguration] ?? 0;
    // Channel configuration 0: a program_config_element in the first block tells; stereo is what such streams are.
    const key = (header.objectType << 16) | (header.rateIndex << 8) | header.channelConfiguration;
    if (key !== this.#key) {
      const sbr = this.#sbr && header.sampleRate <= 24_000;
      this.#key = key;
      this.#config = {
        family: "aac",
        codec: sbr ? "mp4a.40.5" : `mp4a.40.${header.objectType}`,
        sampleRate: header.sampleRate,
        channels: channels === 0 ? 2 : channels,
        frameSamples: 1024,
        config: adtsConfig(header, sbr),
      };
    }
    return this.#config;
  }
}

/** Several raw_data_blocks can be told apart only by the positions that come with the CRC; without, the frame is left out. */
function blocksOf(data: Buffer, at: number, header: AdtsHeader): Buffer[] {
  const start = at + header.headerLength;
  const end = at + header.frameLength;
  if (header.blocks === 1) return [data.subarray(start, end)];
  if (!header.crc) return [];
  const units: Buffer[] = [];
  let from = start;
  for (let block = 1; block <= header.blocks; block++) {
    const next = block < header.blocks ? start + data.readUInt16BE(at + 7 + (block - 1) * 2) : end;
    // Each block ends with its own 16-bit check.
    if (next - 2 <= from || next > end) return [];
    units.push(data.subarray(from, next - 2));
    from = next;
  }
  return units;
}

import { loasLength, parseAudioMuxElement, type LatmConfig } from "../codecs/latm.ts";
import type { AudioConfig, AudioSyntax, FoundFrame } from "./audio-config.ts";

/** AAC in LOAS framing, taken out bit by bit as it is. @see ISO/IEC 14496-3 §1.7.2 */
export class LatmSyntax implements AudioSyntax {
  #latm: LatmConfig | null = null;
  #config: AudioConfig | null = null;

  sync(data: Buffer, from: number): number {
    for (let at = data.indexOf(0x56, from); at >= 0; at = data.indexOf(0x56, at + 1)) {
      if (at + 1 >= data.length) return -1;
      if (((data[at + 1] ?? 0) & 0xe0) === 0xe0) return at;
    }
    return -1;
  }

  frame(data: Buffer, at: number): FoundFrame | "more" | null {
    if (at + 3 > data.length) return "more";
    const length = loasLength(data, at);
    if (length === null || length === 0) return null;
    const end = at + 3 + length;
    if (end > data.length) return "more";
    const element = parseAudioMuxElement(data.subarray(at + 3, end), this.#latm);
    if (element === null) return { length: 3 + length, units: [], lost: 1, config: this.#config };
    if (element.config !== this.#latm) this.#take(element.config);
    return { length: 3 + length, units: element.units, config: this.#config };
  }

  /** The configuration is repeated several times a second; only a different one is a change. */
  #take(latm: LatmConfig): void {
    this.#latm = latm;
    const { aac, specific } = latm;
    if (this.#config?.config.equals(specific)) return;
    this.#config = {
      family: "aac",
      codec: `mp4a.40.${aac.objectType}`,
      sampleRate: aac.coreRate,
      channels: aac.channels,
      frameSamples: aac.frameSamples,
      config: specific,
    };
  }

  /** LATM carries no check of its payload. */
  intact(): boolean {
    return false;
  }
}

import { parseMpegAudio } from "../codecs/mpeg-audio.ts";
import type { AudioConfig, AudioSyntax, FoundFrame } from "./audio-config.ts";

/** MPEG-1/2 audio, mostly layer II. @see ISO/IEC 11172-3 §2.4.1.2 */
export class MpegAudioSyntax implements AudioSyntax {
  #key = -1;
  #config: AudioConfig | null = null;

  sync(data: Buffer, from: number): number {
    for (let at = data.indexOf(0xff, from); at >= 0; at = data.indexOf(0xff, at + 1)) {
      if (at + 1 >= data.length) return -1;
      if (((data[at + 1] ?? 0) & 0xf0) === 0xf0 && ((data[at + 1] ?? 0) & 6) !== 0) return at;
    }
    return -1;
  }

  frame(data: Buffer, at: number): FoundFrame | "more" | null {
    if (at + 4 > data.length) return "more";
    const header = parseMpegAudio(data, at);
    if (header === null) return null;
    if (at + header.length > data.length) return "more";
    const key = (header.sampleRate * 16 + header.layer) * 4 + header.channels;
    if (key !== this.#key) {
      this.#key = key;
      this.#config = {
        family: "mp2",
        codec: header.low ? "mp4a.69" : "mp4a.6B",
        sampleRate: header.sampleRate,
        channels: header.channels,
        frameSamples: header.samples,
        config: Buffer.alloc(0),
      };
    }
    return { length: header.length, units: [data.subarray(at, at + header.length)], config: this.#config };
  }

  /** The check word covers headers and allocation, not the samples: not trusted after a loss. */
  intact(): boolean {
    return false;
  }
}

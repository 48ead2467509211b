import { readAacConfig } from "../codecs/aac.ts";
import { BitReader } from "../codecs/bit-reader.ts";
import type { PesBuffer } from "./pes-buffer.ts";

/** 13 bits hold the length of an AudioMuxElement. */
const MAX_ELEMENT = 0x1fff;

/**
 * AAC frames in LOAS, each with its whole StreamMuxConfig: for what ADTS cannot say (960 samples a frame, a
 * program_config_element in the configuration). @see ISO/IEC 14496-3 §1.7.2, §1.7.3
 */
export class LoasFraming {
  /** useSameStreamMux and StreamMuxConfig, from the first bit on; what is left of the last byte is zero. */
  readonly #head: Buffer;
  readonly #headBits: number;

  /** @returns null when the end of the configuration is not known, and LATM cannot embed it */
  static of(config: Buffer): LoasFraming | null {
    const reader = new BitReader(config);
    return readAacConfig(reader) === null ? null : new LoasFraming(config, reader.position);
  }

  private constructor(config: Buffer, bits: number) {
    const head: number[] = [];
    const put = (value: number, count: number): void => {
      for (let bit = count - 1; bit >= 0; bit--) head.push((value >> bit) & 1);
    };
    put(0b001, 3); // a configuration follows, version 0, one framing for all
    put(0, 6 + 4 + 3); // one sub-frame, programme, layer
    const reader = new BitReader(config);
    for (let bit = 0; bit < bits; bit++) put(reader.bits(1), 1);
    put(0, 3); // frameLengthType: each frame says its length
    put(0xff, 8); // latmBufferFullness: variable bit rate
    put(0, 2); // no other data, no check
    this.#headBits = head.length;
    this.#head = Buffer.alloc(Math.ceil(head.length / 8));
    head.forEach((bit, at) => (this.#head[at >> 3]! |= bit << (7 - (at & 7))));
  }

  /** @returns false when the frame is too long for the framing */
  frame(data: Buffer, _randomAccess: boolean, into: PesBuffer): boolean {
    const counts = Math.floor(data.length / 255) + 1;
    const element = Math.ceil((this.#headBits + 8 * (counts + data.length)) / 8);
    if (element > MAX_ELEMENT) return false;
    let at = into.reserve(3 + element);
    const { bytes } = into;
    bytes[at++] = 0x56;
    bytes[at++] = 0xe0 | (element >> 8);
    bytes[at++] = element & 0xff;
    bytes.set(this.#head, at);
    at += this.#headBits >> 3;
    const shift = this.#headBits & 7;
    // What of the last byte belongs to what came before.
    let open = shift === 0 ? 0 : bytes[at]!;
    for (let index = -counts; index < data.length; index++) {
      const byte = index >= 0 ? data[index]! : index < -1 ? 255 : data.length % 255;
      bytes[at++] = open | (byte >> shift);
      open = (byte << (8 - shift)) & 0xff;
    }
    if (shift > 0) bytes[at] = open;
    return true;
  }
}

import { AC3_HEADER, AC3_SYNC, ac3Intact, dac3, dec3, parseAc3Frame, type Eac3Frame } from "../codecs/ac3.ts";
import type { AudioConfig, AudioSyntax, FoundFrame } from "./audio-config.ts";

/** Channels that a dependent substream adds, by chanmap bit from the most significant. @see TS 102 366 Table E.1.5 */
const CHANNELS_OF_BIT: readonly number[] = [1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 2, 1, 1];
/** Blocks of an access unit: 1536 samples. */
const UNIT_BLOCKS = 6;

/**
 * AC-3 and E-AC-3, told apart by what comes and not by what the PMT calls it. An E-AC-3 access unit is the frames of
 * independent substream 0 until they make 1536 samples, with the dependent substreams between them.
 * @see TS 102 366 §E.1.3.1.2, §F.5
 */
export class Ac3Syntax implements AudioSyntax {
  #key = "";
  #config: AudioConfig | null = null;
  /** Frames in the last access unit: when as many are here and nothing else is, the unit is complete. */
  #usual = 0;

  sync(data: Buffer, from: number): number {
    return data.indexOf(AC3_SYNC, from);
  }

  frame(data: Buffer, at: number, last: boolean): FoundFrame | "more" | null {
    if (at + 8 > data.length) return last ? null : "more";
    const head = parseAc3Frame(data.subarray(at, at + AC3_HEADER));
    if (head === null) return null;
    if (at + head.length > data.length) return last ? null : "more";
    if (!head.enhanced) {
      const unit = data.subarray(at, at + head.length);
      const config = this.#know(`ac3 ${dac3(head).toString("hex")} ${head.sampleRate}`, () => ({
        family: "ac-3",
        codec: "ac-3",
        sampleRate: head.sampleRate,
        channels: head.channels,
        frameSamples: 1536,
        config: dac3(head),
      }));
      return { length: head.length, units: [unit], config };
    }
    return this.#enhanced(data, at, head, last);
  }

  #enhanced(data: Buffer, at: number, head: Eac3Frame, last: boolean): FoundFrame | "more" | null {
    // Other programmes' substreams, and what depends on a frame that is not here.
    if (head.type === 1 || head.substream !== 0)
      return { length: head.length, units: [], config: this.#config };
    const frames: Eac3Frame[] = [];
    const others: [number, number][] = [];
    let blocks = 0;
    let end = at;
    let foreign = false;
    for (;;) {
      if (end === data.length && blocks >= UNIT_BLOCKS && frames.length === this.#usual) break;
      const room = data.length - end;
      const next = room >= 8 ? parseAc3Frame(data.subarray(end, end + AC3_HEADER)) : null;
      if (next === null || end + next.length > data.length) {
        if (blocks >= UNIT_BLOCKS && (last || (next === null && room >= 8))) break;
        return last || (next === null && room >= 8) ? null : "more";
      }
      if (!next.enhanced) {
        if (blocks >= UNIT_BLOCKS) break;
        return null;
      }
      const independent = next.type !== 1;
      if (independent && next.substream === 0) {
        if (blocks >= UNIT_BLOCKS) break;
        blocks += next.blocks;
        foreign = false;
      } else if (independent) foreign = true;
      if (foreign) others.push([end, end + next.length]);
      else frames.push(next);
      end += next.length;
    }
    this.#usual = frames.length;
    return {
      length: end - at,
      units: [without(data, at, end, others)],
      config: this.#enhancedConfig(frames),
    };
  }

  #enhancedConfig(frames: readonly Eac3Frame[]): AudioConfig | null {
    const first = frames[0];
    if (first === undefined) return null;
    const key = frames
      .map(({ fscod, bsid, bsmod, acmod, lfe, type, substream, channelMap, complexity, sampleRate }) =>
        [fscod, bsid, bsmod, acmod, lfe, type, substream, channelMap, complexity, sampleRate].join(),
      )
      .join(";");
    return this.#know(key, () => {
      const added = frames
        .filter(({ type }) => type === 1)
        .reduce((sum, frame) => sum + addedChannels(frame), 0);
      return {
        family: "ec-3",
        codec: "ec-3",
        sampleRate: first.sampleRate,
        channels: first.channels + added,
        frameSamples: 1536,
        config: dec3(frames),
      };
    });
  }

  #know(key: string, make: () => AudioConfig): AudioConfig | null {
    if (key !== this.#key) {
      this.#key = key;
      this.#config = make();
    }
    return this.#config;
  }

  intact(data: Buffer, frame: FoundFrame): boolean {
    for (let at = 0; at < frame.length;) {
      const part = data.subarray(at, frame.length);
      const head = parseAc3Frame(part);
      if (head === null || !ac3Intact(part, head)) return false;
      at += head.length;
    }
    return true;
  }
}

/** Channels beyond the independent substream's: those that replace some of its own (5.1 to 7.1) are counted there. */
function addedChannels(frame: Eac3Frame): number {
  let added = 0;
  for (let bit = 5; bit < 15; bit++)
    if (((frame.channelMap ?? 0) >> (15 - bit)) & 1) added += CHANNELS_OF_BIT[bit] ?? 0;
  return added;
}

/** The bytes with some ranges left out; no copy when there are none. */
function without(data: Buffer, from: number, to: number, ranges: readonly [number, number][]): Buffer {
  if (ranges.length === 0) return data.subarray(from, to);
  const parts: Buffer[] = [];
  let at = from;
  for (const [start, end] of ranges) {
    parts.push(data.subarray(at, start));
    at = end;
  }
  parts.push(data.subarray(at, to));
  return Buffer.concat(parts);
}

import { PTS_WRAP, wrapDelta } from "../../../../kernel/units.ts";
import type { AudioConfig, AudioSyntax, FoundFrame } from "./audio-config.ts";
import type { CodedFrame, ElementaryParser, PesInput } from "./pes.ts";

const NOTHING = Buffer.alloc(0);
/** A frame longer than this is none (the longest: E-AC-3 with eight dependent substreams). */
const MAX_FRAME = 64 * 1024;

/**
 * Audio frames out of PES packets. Frames may span packets; a packet's PTS belongs to the first frame that begins in it,
 * the others follow by their durations. @see ISO/IEC 13818-1 §2.4.3.7
 */
export class AudioStream implements ElementaryParser {
  readonly #syntax: AudioSyntax;
  readonly #emit: (frame: CodedFrame<AudioConfig>) => void;
  /** The beginning of a frame whose end has not come. */
  #carry = NOTHING;
  #carryDamaged = false;
  /** Time stamps whose frame has not been found yet, and where in the next buffer their packet began. */
  #stamps: { readonly pts: number; readonly from: number }[] = [];
  /** Two frames in a row were found where they had to be. */
  #locked = false;
  /** 33-bit time of the next frame that has no PTS of its own: an anchor and the frames since. */
  #anchor: number | null = null;
  #sinceAnchor = 0;

  constructor(syntax: AudioSyntax, emit: (frame: CodedFrame<AudioConfig>) => void) {
    this.#syntax = syntax;
    this.#emit = emit;
  }

  push(packet: PesInput): void {
    if (packet.damaged && this.#carry.length > 0) this.#carryDamaged = true;
    const carried = this.#carry.length;
    const data = carried === 0 ? packet.data : Buffer.concat([this.#carry, packet.data]);
    if (packet.pts !== null) this.#stamps.push({ pts: packet.pts, from: carried });
    this.#parse(data, carried, packet.damaged, false);
  }

  flush(): void {
    const data = this.#carry;
    this.#carry = NOTHING;
    this.#parse(data, data.length, false, true);
  }

  reset(): void {
    this.#carry = NOTHING;
    this.#carryDamaged = false;
    this.#locked = false;
    this.#anchor = null;
    this.#stamps = [];
  }

  #parse(data: Buffer, carried: number, damaged: boolean, last: boolean): void {
    let at = 0;
    for (;;) {
      const found = this.#syntax.sync(data, at);
      if (found < 0) {
        // The last bytes may be the first of a sync word.
        at = Math.max(at, data.length - 3);
        break;
      }
      if (found !== at) this.#locked = false;
      at = found;
      const frame = this.#syntax.frame(data, at, last);
      if (frame === "more") break;
      if (frame === null || frame.length <= 0) {
        at++;
        this.#locked = false;
        continue;
      }
      if (!this.#locked && !last) {
        // Look for the next frame where this one ends: payload bytes often look like a sync word.
        const next = at + frame.length;
        if (next + 4 <= data.length && this.#syntax.sync(data, next) !== next) {
          at++;
          continue;
        }
      }
      this.#locked = true;
      this.#takeStamp(at, frame.config);
      const suspect = damaged || (at < carried && this.#carryDamaged);
      const good = !suspect || this.#syntax.intact(data.subarray(at, at + frame.length), frame);
      this.#deliver(frame, good);
      at += frame.length;
    }
    const rest = data.length - at;
    this.#carryDamaged = rest > 0 && (damaged || (at < carried && this.#carryDamaged));
    // What was skipped without a frame took its packet's time with it.
    if (this.#stamps.length > 0)
      this.#stamps = this.#stamps.slice(-4).map(({ pts, from }) => ({ pts, from: Math.max(0, from - at) }));
    this.#carry = rest > 0 && rest <= MAX_FRAME ? Buffer.from(data.subarray(at)) : NOTHING;
  }

  /** A packet's time is that of the first frame that begins in it. */
  #takeStamp(at: number, config: AudioConfig | null): void {
    let pts: number | null = null;
    while ((this.#stamps[0]?.from ?? Infinity) <= at) pts = this.#stamps.shift()?.pts ?? null;
    if (pts !== null) this.#takeTime(pts, config);
  }

  /** Broadcast time stamps are rounded to ticks: within one tick the exact count of samples is kept. */
  #takeTime(pts: number, config: AudioConfig | null): void {
    if (this.#anchor !== null && config !== null) {
      const expected = this.#anchor + (this.#sinceAnchor * config.frameSamples * 90_000) / config.sampleRate;
      if (Math.abs(wrapDelta(Math.round(expected), pts)) <= 1 && this.#sinceAnchor < 1e6) return;
    }
    this.#anchor = pts;
    this.#sinceAnchor = 0;
  }

  #deliver({ units, lost = 0, config }: FoundFrame, good: boolean): void {
    if (this.#anchor === null) return;
    if (config === null) {
      // How long it is nobody knows: the next packet's time counts again.
      this.#anchor = null;
      return;
    }
    const duration = (config.frameSamples * 90_000) / config.sampleRate;
    for (const data of units) {
      const pts = Math.round(this.#anchor + this.#sinceAnchor * duration) % PTS_WRAP;
      this.#sinceAnchor++;
      if (!good) continue;
      this.#emit({
        pts,
        dts: pts,
        duration,
        randomAccess: true,
        idr: true,
        skippedLeading: false,
        decodableLeading: false,
        damaged: false,
        config,
        data,
      });
    }
    this.#sinceAnchor += lost;
  }
}

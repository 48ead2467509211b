import type { SubtitleTrack, Track } from "../media-source.ts";

/** What a rendition needs of a line, bits per second. */
export interface BitRates {
  readonly peak: number;
  readonly average: number;
}

/** Bits per picture element and second of a broadcast: generous, since a value too low makes players stall. */
const VIDEO_BITS: Record<string, number> = { avc: 0.2, hevc: 0.12, mpeg2: 0.55 };
const AUDIO_BITS: Record<string, number> = { aac: 160_000, "ac-3": 448_000, "ec-3": 384_000, mp2: 256_000 };

/** A guess for the first playlist of a channel never received before. */
export function guessBitRates(track: Track | SubtitleTrack): BitRates {
  if (track.kind === "subtitle") return { peak: 10_000, average: 1000 };
  if (track.kind === "audio") {
    const rate = AUDIO_BITS[track.family] ?? 256_000;
    return { peak: rate, average: rate };
  }
  const perSecond = track.width * track.height * (track.frameRate > 0 ? track.frameRate : 25);
  const average = Math.max(1_000_000, Math.round(perSecond * (VIDEO_BITS[track.family] ?? 0.3)));
  return { peak: Math.round(average * 1.5), average };
}

/** Measures segments as they come. */
export class BitRateMeter {
  #bits = 0;
  #seconds = 0;
  #peak = 0;
  #longest = 0;
  #segments = 0;

  add(length: number, seconds: number): void {
    if (seconds <= 0) return;
    this.#segments++;
    this.#bits += length * 8;
    this.#seconds += seconds;
    this.#longest = Math.max(this.#longest, seconds);
    this.#peak = Math.max(this.#peak, (length * 8) / seconds);
  }

  get segments(): number {
    return this.#segments;
  }

  /** The longest segment, s. */
  get longest(): number {
    return this.#longest;
  }

  /** null before the first segment. */
  rates(): BitRates | null {
    return this.#seconds === 0 ? null : { peak: this.#peak, average: this.#bits / this.#seconds };
  }
}

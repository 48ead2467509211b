import { signal } from "@preact/signals";
import { recall, remember } from "../memory.ts";
import { readAudioWish, writeAudioWish, type AudioWish } from "./audio-tracks.ts";
import { NOT_CONVERTED } from "./problem-kinds.ts";
import { QUALITIES, type Quality } from "./quality.ts";
import { readWish, writeWish, type SubtitleWish } from "./subtitle-tracks.ts";

/** How the viewer likes it on every channel; remembered on this device. */
export class ViewerWishes {
  readonly quality = signal<Quality>(QUALITIES.find((one) => one === recall("quality")) ?? "original");
  #audio = readAudioWish(recall("audio-language"));
  #subtitles = readWish(recall("subtitles"));
  /** The channel whose conversion was refused: it is watched as it is broadcast. */
  #unconverted: string | null = null;
  /** Whether what plays was asked to be converted. */
  #converted = false;

  get audio(): AudioWish | null {
    return this.#audio;
  }

  set audio(wish: AudioWish) {
    this.#audio = wish;
    remember("audio-language", writeAudioWish(wish));
  }

  get subtitles(): SubtitleWish | null {
    return this.#subtitles;
  }

  /** Null: none. */
  set subtitles(wish: SubtitleWish | null) {
    this.#subtitles = wish;
    remember("subtitles", writeWish(wish));
  }

  /** @returns whether that is another one */
  choose(quality: Quality): boolean {
    if (quality === this.quality.value) return false;
    this.quality.value = quality;
    remember("quality", quality);
    this.#unconverted = null;
    return true;
  }

  /** The quality to ask the box for; null: as it is broadcast. */
  asked(channel: string): Quality | null {
    this.#converted = this.quality.value !== "original" && this.#unconverted !== channel;
    return this.#converted ? this.quality.value : null;
  }

  /** What plays is what was broadcast. */
  get asBroadcast(): boolean {
    return !this.#converted;
  }

  isUnconverted(channel: string): boolean {
    return this.#unconverted === channel;
  }

  /** @returns whether what was refused was a wish that can be given up, and is now */
  giveUp(code: string, channel: string | null): boolean {
    if (!this.#converted || !NOT_CONVERTED.has(code)) return false;
    this.#unconverted = channel;
    return true;
  }
}

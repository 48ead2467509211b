import { signal } from "@preact/signals";
import { recall, remember } from "../memory.ts";
import { readAudioWish, writeAudioWish, type AudioWish } from "./audio-tracks.ts";
import { AutoQuality } from "./auto-quality.ts";
import { NOT_CONVERTED } from "./problem-kinds.ts";
import { QUALITIES, type Quality, type QualityWish } from "./quality.ts";
import { readWish, writeWish, type SubtitleWish } from "./subtitle-tracks.ts";

const WISHES: readonly QualityWish[] = ["auto", ...QUALITIES];

/** What the link holds is the same after a look at the list. */
const AUTO = new AutoQuality();

/** How the viewer likes it on every channel; remembered on this device. */
export class ViewerWishes {
  /** Where nothing was chosen, what is broadcast: at home any link holds it, and converting costs the box much. */
  readonly quality = signal<QualityWish>(WISHES.find((one) => one === recall("quality")) ?? "original");
  readonly auto = AUTO;
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

  /** What the wish comes to now. */
  get effective(): Quality {
    return this.quality.value === "auto" ? this.auto.quality.value : this.quality.value;
  }

  /** @returns whether something else is to be shown for it */
  choose(quality: QualityWish): boolean {
    if (quality === this.quality.value) return false;
    const former = this.effective;
    if (quality === "auto") this.auto.begin(former);
    this.quality.value = quality;
    remember("quality", quality);
    this.#unconverted = null;
    return this.effective !== former || (this.effective !== "original") !== this.#converted;
  }

  /** The quality to ask the box for; null: as it is broadcast. */
  asked(channel: string): Quality | null {
    this.#converted = this.effective !== "original" && this.#unconverted !== channel;
    return this.#converted ? this.effective : null;
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
    if (this.quality.value === "auto") this.auto.refused();
    else this.#unconverted = channel;
    return true;
  }
}

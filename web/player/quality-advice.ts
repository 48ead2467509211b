import { signal } from "@preact/signals";
import type { Channel } from "../../src/protocol/api.ts";
import type { LinkMeter } from "./link-meter.ts";
import type { Quality } from "./quality.ts";
import type { Stage } from "./stage.ts";
import { smaller } from "./stall-advice.ts";
import type { ViewerWishes } from "./viewer-wishes.ts";

/** Seconds behind live, of somebody who went back. */
const FAR_BACK = 15;

/** Which quality suits the link: taken where the viewer left it to the app, else only spoken of. */
export class QualityAdvice {
  /** A smaller picture that would stand still less; null: nothing to suggest. */
  readonly suggestion = signal<Quality | null>(null);
  readonly #wishes: ViewerWishes;
  readonly #link: LinkMeter;

  constructor(wishes: ViewerWishes, link: LinkMeter) {
    this.#wishes = wishes;
    this.#link = link;
  }

  /**
   * Only who watches live is given another quality: it begins there.
   * @param stage where it plays; null: nothing plays, or it is paused
   * @param stalls times that the picture stood still since the channel began
   * @returns whether another quality is wanted from now on
   */
  look(channel: Channel | null, stage: Pick<Stage, "window" | "facts"> | null, stalls: number): boolean {
    if (this.#wishes.quality.value !== "auto" || channel?.kind !== "tv") return false;
    const window = stage?.window ?? null;
    if (window === null || window.live - window.at > FAR_BACK) return false;
    const rate = stage?.facts?.bitRate ?? null;
    if (!this.#wishes.auto.look({ now: performance.now(), link: this.#link.rate, rate, stalls }))
      return false;
    this.#link.forget(); // it was measured by another stream
    return true;
  }

  /** The picture stood still too often: speaks of a smaller one, where there is one. */
  suggest(channel: Channel | null): void {
    const wish = smaller(this.#wishes.effective);
    if (channel?.kind === "tv" && !this.#wishes.isUnconverted(channel.id)) this.suggestion.value = wish;
  }
}

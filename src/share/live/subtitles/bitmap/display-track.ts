import type { Ticks90k } from "../../../../kernel/units.ts";
import type { BitmapDisplay, BitmapRegion } from "./bitmap-subtitles.ts";
import { overlaySegment, type OverlaySpan } from "./overlay-segment.ts";

/** Displays that are kept, at most; broadcasters of live subtitles send five a second. */
const MOST_DISPLAYS = 256;
/** Pixels that are kept, at most: what no broadcaster needs, and a hostile one cannot exceed. */
const MOST_PIXELS = 16 * 1024 * 1024;

/** The displays of a service, from when they are decoded to when the last segment that states them is made. */
export class DisplayTrack {
  #displays: BitmapDisplay[] = [];

  /** @param display later than the one before, or at the same time and instead of it */
  add(display: BitmapDisplay): void {
    if (this.#displays.at(-1)?.at === display.at) this.#displays.pop();
    this.#displays.push(display);
    while (this.#displays.length > 1 && this.#isTooMuch()) this.#displays.shift();
  }

  /** The document of a segment. Segments come in order: what is over before this one is forgotten. */
  segment(span: OverlaySpan): string {
    this.#forget(span.start);
    return overlaySegment(this.#displays, span);
  }

  /** After a jump of the time line. */
  clear(): void {
    this.#displays = [];
  }

  #forget(start: Ticks90k): void {
    const first = this.#displays.findLastIndex(({ at }) => at <= start);
    if (first > 0) this.#displays = this.#displays.slice(first);
  }

  #isTooMuch(): boolean {
    if (this.#displays.length > MOST_DISPLAYS) return true;
    // A picture that several displays show is there once.
    const regions = new Set<BitmapRegion>(this.#displays.flatMap(({ regions }) => regions));
    let pixels = 0;
    for (const region of regions) pixels += region.pixels.length;
    return pixels > MOST_PIXELS;
  }
}

import type { BitmapRegion } from "./bitmap-subtitles.ts";
import type { Depth } from "./default-cluts.ts";
import type { RegionComposition } from "./segments.ts";

/** A region's pixel memory, which lasts from display set to display set within an epoch. @see EN 300 743 §5.2.2 */
export class Region {
  readonly width: number;
  readonly height: number;
  readonly depth: Depth;
  /** What the stream says of it now. */
  composition: RegionComposition;
  #pixels: Uint8Array;
  #shown: BitmapRegion | null = null;

  constructor(composition: RegionComposition) {
    this.width = composition.width;
    this.height = composition.height;
    this.depth = composition.depth;
    this.composition = composition;
    this.#pixels = new Uint8Array(this.width * this.height);
    if (composition.background !== 0) this.#pixels.fill(composition.background);
  }

  fits(composition: RegionComposition): boolean {
    return (
      this.width === composition.width &&
      this.height === composition.height &&
      this.depth === composition.depth
    );
  }

  fill(entry: number): void {
    if (this.#shown === null) this.#pixels.fill(entry);
    else this.#pixels = new Uint8Array(this.width * this.height).fill(entry);
    this.#shown = null;
  }

  /** The pixels, to be written to: a copy when somebody holds what was shown. */
  draw(): Uint8Array {
    if (this.#shown !== null) this.#pixels = this.#pixels.slice();
    this.#shown = null;
    return this.#pixels;
  }

  /** What there is to see; the same object as long as that does not change. */
  show(x: number, y: number, palette: Uint8Array): BitmapRegion {
    const shown = this.#shown;
    if (shown !== null && shown.x === x && shown.y === y && shown.palette === palette) return shown;
    this.#shown = { x, y, width: this.width, height: this.height, palette, pixels: this.#pixels };
    return this.#shown;
  }
}

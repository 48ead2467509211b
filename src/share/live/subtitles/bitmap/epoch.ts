import type { BitmapRegion } from "./bitmap-subtitles.ts";
import { ClutFamily } from "./clut.ts";
import { DEFAULT_CLUTS } from "./default-cluts.ts";
import { drawObject, parseObjectData } from "./object-data.ts";
import { Region } from "./region.ts";
import { parseRegionComposition, type DisplayDefinition, type PageComposition } from "./segments.ts";

/** Pixels of all regions together, at most: a whole UHD display, a hundred times what the standard asks of a decoder. */
const MOST_PIXELS = 3840 * 2160;
/** Work on one PES packet, at most, in pixels filled. A large real one takes half a million; a hostile one, seconds. */
const MOST_WORK = 2 * MOST_PIXELS;
/** A byte of an object takes as long as this many pixels of a fill. */
const WORK_PER_BYTE = 50;

/**
 * What a decoder remembers from one mode change to the next: regions, colour tables, and which object goes where.
 * @see EN 300 743 §4.3, §5.2
 */
export class Epoch {
  readonly #regions = new Map<number, Region>();
  readonly #cluts = new Map<number, ClutFamily>();
  #pixels = 0;
  #work = 0;

  /** A new PES packet. */
  begin(): void {
    this.#work = 0;
  }

  /** @see EN 300 743 §7.2.3 */
  composeRegion(body: Buffer, display: DisplayDefinition): void {
    const composition = parseRegionComposition(body);
    if (composition === null || composition.width > display.width || composition.height > display.height)
      return;
    const size = composition.width * composition.height;
    let region = this.#regions.get(composition.id);
    if (region === undefined || !region.fits(composition)) {
      const pixels = this.#pixels + size - (region === undefined ? 0 : region.width * region.height);
      if (pixels > Math.min(2 * display.width * display.height, MOST_PIXELS) || !this.#affords(size)) return;
      this.#pixels = pixels;
      // A new region begins in its background colour: what else was in its memory nobody could know.
      region = new Region(composition);
      this.#regions.set(composition.id, region);
      return;
    }
    region.composition = composition;
    if (composition.fill && this.#affords(size)) region.fill(composition.background);
  }

  /** @see EN 300 743 §7.2.4 */
  defineClut(body: Buffer): void {
    if (body.length >= 2) this.#clut(body.readUInt8(0)).define(body);
  }

  /** @see EN 300 743 §7.2.8 */
  offerClut(body: Buffer): void {
    if (body.length >= 2) this.#clut(body.readUInt8(0)).offer(body);
  }

  /** Draws an object wherever regions list it; one that none lists is forgotten. @see EN 300 743 §7.2.5 */
  drawObject(body: Buffer): void {
    const object = parseObjectData(body);
    if (object === null) return;
    const id = body.readUInt16BE(0);
    for (const region of this.#regions.values()) {
      const places = region.composition.objects.filter((place) => place.id === id);
      if (places.length === 0) continue;
      const { width, height, depth } = region;
      const canvas = { pixels: region.draw(), width, height, depth };
      for (const { x, y } of places) {
        const work =
          object.coding === "fields"
            ? body.length * WORK_PER_BYTE
            : WORK_PER_BYTE * object.width * object.height;
        if (this.#affords(work)) drawObject(object, canvas, x, y);
      }
    }
  }

  /** The regions of a page, as they are now. */
  show(page: PageComposition, display: DisplayDefinition): BitmapRegion[] {
    return page.regions.flatMap(({ id, x, y }) => {
      const region = this.#regions.get(id);
      if (region === undefined) return [];
      const palette = this.#cluts.get(region.composition.clut)?.palette(region.depth);
      return [region.show(display.x + x, display.y + y, palette ?? DEFAULT_CLUTS[region.depth])];
    });
  }

  #clut(id: number): ClutFamily {
    const clut = this.#cluts.get(id) ?? new ClutFamily();
    this.#cluts.set(id, clut);
    return clut;
  }

  #affords(work: number): boolean {
    this.#work += work;
    return this.#work <= MOST_WORK;
  }
}

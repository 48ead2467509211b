import { ticks, type Ticks90k } from "../../../../kernel/units.ts";
import { Epoch } from "./epoch.ts";
import {
  parseDisplayDefinition,
  parsePageComposition,
  segmentsOf,
  SegmentType,
  STANDARD_DISPLAY,
  type DisplayDefinition,
  type PageComposition,
  type Segment,
} from "./segments.ts";

/** A picture with its place on the display. Never changed once it was shown; the same object while nothing of it changes. */
export interface BitmapRegion {
  /** Pixels from the display's left edge; what sticks out is to be clipped. */
  readonly x: number;
  /** Lines from the display's top. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** RGBA, 4, 16 or 256 entries, not premultiplied. */
  readonly palette: Uint8Array;
  /** One palette entry a pixel, line by line. */
  readonly pixels: Uint8Array;
}

/** All that is on the screen from `at` on, until the next display comes or `until` has come. */
export interface BitmapDisplay {
  /** On the time line of the PTS that was pushed. */
  readonly at: Ticks90k;
  /** When the page times out. */
  readonly until: Ticks90k;
  /** What the regions' addresses count in: 720 x 576, or what the stream defines. */
  readonly width: number;
  readonly height: number;
  /** In the order of the page, top to bottom; empty: the screen is cleared. */
  readonly regions: readonly BitmapRegion[];
}

export interface BitmapSubtitlesOptions {
  readonly compositionPage: number;
  readonly ancillaryPage: number;
  /** Called from within {@link BitmapSubtitles.push}. Another display with the same `at` replaces the one before. */
  show(display: BitmapDisplay): void;
}

/** A page that is taken off at once may stay for up to five seconds. @see EN 300 743 §7.2.2 (page_time_out) */
const LEAST_TIME_OUT = 5;
const SECOND = 90_000;

/** The segments that show something by themselves, once they are all there. */
const WHOLE_SET: readonly number[] = [SegmentType.regionComposition, SegmentType.objectData];

/**
 * Decodes one bitmap subtitle service. Never throws, whatever comes in; what is damaged is left out.
 *
 * Segments are executed as they come. The versions that they carry are not looked at: a segment that comes again with the
 * same version has the same content, and a version that is the same by chance, after a loss, must not hide a new content.
 * Disparity (0x15) is passed over: it moves subtitles towards a viewer with 3D glasses, and its absence means none.
 * @see EN 300 743
 */
export class BitmapSubtitles {
  readonly #options: BitmapSubtitlesOptions;
  #display: DisplayDefinition = STANDARD_DISPLAY;
  #epoch = new Epoch();
  /** Null until an acquisition point: what came before cannot be known. @see EN 300 743 §5.1.1 */
  #page: PageComposition | null = null;
  #pageBytes: Buffer = Buffer.alloc(0);
  #until: Ticks90k = ticks(0);
  #pts: Ticks90k | null = null;
  /** Types of segment in the display set that is being read. */
  readonly #types = new Set<number>();
  /** Something came since the last display. */
  #changed = false;
  /** The stream ends its display sets; null: not known yet. */
  #marksEnds: boolean | null = null;
  #shown: BitmapDisplay | null = null;

  constructor(options: BitmapSubtitlesOptions) {
    this.#options = options;
  }

  /**
   * The data of one PES packet.
   * @param pesData from data_identifier on; valid during the call
   * @param pts packets with the same PTS are one display set
   */
  push(pesData: Buffer, pts: Ticks90k): void {
    if (pts !== this.#pts) this.#begin(pts);
    this.#epoch.begin();
    for (const segment of segmentsOf(pesData)) this.#take(segment, pts);
    // Without an end of display set segment, the end of the packet has to do. EN 300 743 §7.2.6
    if (this.#marksEnds === false || (this.#marksEnds === null && this.#isWhole())) this.#show(pts);
  }

  /** After a loss or a jump: waits for the next acquisition point. */
  reset(): void {
    this.#display = STANDARD_DISPLAY;
    this.#forget();
    this.#pts = null;
    this.#marksEnds = null;
  }

  #begin(pts: Ticks90k): void {
    if (this.#pts !== null && this.#changed) {
      this.#show(this.#pts);
      this.#marksEnds = this.#marksEnds === true ? null : false;
    }
    this.#pts = pts;
    this.#types.clear();
  }

  #take({ type, page, body }: Segment, pts: Ticks90k): void {
    const { compositionPage, ancillaryPage } = this.#options;
    if (page !== compositionPage && page !== ancillaryPage) return;
    if (type === SegmentType.displayDefinition) {
      this.#display = parseDisplayDefinition(body) ?? this.#display;
      return;
    }
    if (type === SegmentType.pageComposition) {
      if (page === compositionPage) this.#composePage(body, pts);
      return;
    }
    if (this.#page === null) return;
    this.#types.add(type);
    switch (type) {
      case SegmentType.regionComposition:
        this.#epoch.composeRegion(body, this.#display);
        break;
      case SegmentType.clutDefinition:
        this.#epoch.defineClut(body);
        break;
      case SegmentType.alternativeClut:
        this.#epoch.offerClut(body);
        break;
      case SegmentType.objectData:
        this.#epoch.drawObject(body);
        break;
      case SegmentType.endOfDisplaySet:
        this.#marksEnds = true;
        this.#show(pts);
        return;
      default:
        return;
    }
    this.#changed = true;
  }

  #composePage(body: Buffer, pts: Ticks90k): void {
    const page = parsePageComposition(body);
    if (page === null || (this.#page === null && page.state === "normal")) return;
    // An acquisition point that is sent once more, for those who join, takes nothing away from the others.
    const again = page.state === "acquisition" && body.equals(this.#pageBytes);
    if (page.state !== "normal" && !again) this.#epoch = new Epoch();
    this.#page = page;
    this.#pageBytes = Buffer.from(body);
    this.#until = ticks(pts + (page.timeOut === 0 ? LEAST_TIME_OUT : page.timeOut) * SECOND);
    this.#types.add(SegmentType.pageComposition);
    this.#changed = true;
  }

  /** A page, and all that it needs; a page without regions needs nothing. */
  #isWhole(): boolean {
    if (!this.#types.has(SegmentType.pageComposition)) return false;
    return this.#page?.regions.length === 0 || WHOLE_SET.every((type) => this.#types.has(type));
  }

  #show(pts: Ticks90k): void {
    if (this.#page === null || !this.#changed) return;
    this.#changed = false;
    const { width, height } = this.#display;
    const before = this.#shown?.regions ?? [];
    const regions = this.#epoch
      .show(this.#page, this.#display)
      .filter(({ x, y }) => x < width && y < height)
      .map((region) => before.find((shown) => isSame(shown, region)) ?? region);
    this.#shown = { at: pts, until: this.#until, width, height, regions };
    this.#options.show(this.#shown);
  }

  #forget(): void {
    this.#epoch = new Epoch();
    this.#page = null;
    this.#pageBytes = Buffer.alloc(0);
    this.#types.clear();
    this.#changed = false;
    this.#shown = null;
  }
}

/** Broadcasters repeat what is on the screen every few seconds: who has made a picture of it need not do it again. */
function isSame(one: BitmapRegion, other: BitmapRegion): boolean {
  if (one === other) return true;
  if (one.x !== other.x || one.y !== other.y || one.width !== other.width || one.height !== other.height)
    return false;
  return Buffer.compare(one.palette, other.palette) === 0 && Buffer.compare(one.pixels, other.pixels) === 0;
}

import { seconds, type Seconds, type Ticks90k } from "../../../../kernel/units.ts";
import type { BitmapDisplay, BitmapRegion } from "./bitmap-subtitles.ts";
import { cropRegion } from "./crop.ts";
import { encodePng } from "./png.ts";

/** A picture to lay over the video. */
export interface OverlayRegion {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Base64. */
  readonly png: string;
}

/** All that is on the screen from `at` on, until the next display begins or `until` has come. */
export interface OverlayDisplay {
  /** On the presentation time line. The same in each segment that states this display. */
  readonly at: Seconds;
  /** Null when the screen is cleared, which does not time out. */
  readonly until: Seconds | null;
  /** What the regions' places count in; to be stretched over the video. */
  readonly width: number;
  readonly height: number;
  readonly regions: readonly OverlayRegion[];
}

export interface OverlayDocument {
  readonly displays: readonly OverlayDisplay[];
}

export interface OverlaySpan {
  /** The segment's first moment, on the time line of the displays. */
  readonly start: Ticks90k;
  /** Where the next segment starts. */
  readonly end: Ticks90k;
  /** What is 0 s on the presentation time line. */
  readonly origin: Ticks90k;
}

/** A display stays for many segments, and its pictures for many displays. */
const pictures = new WeakMap<BitmapRegion, OverlayRegion | null>();

/**
 * The JSON document of one media segment: what begins within it, and before that what is on the screen at its start, so
 * that a viewer who begins there sees it. The latter comes with its own `at`, which is before the segment: who has it
 * already knows it by that (as cues of WebVTT segments, RFC 8216 §3.5).
 * @param displays in order of time; those of other segments may be among them
 */
export function overlaySegment(displays: readonly BitmapDisplay[], span: OverlaySpan): string {
  const { start, end, origin } = span;
  const inSeconds = (at: Ticks90k): Seconds => seconds(Math.round((at - origin) / 0.09) / 1e6);
  const document: OverlayDocument = {
    displays: displays
      .filter((display, index) => {
        if (display.at >= start) return display.at < end;
        const next = displays[index + 1];
        return display.until > start && display.regions.length > 0 && (next === undefined || next.at > start);
      })
      .map((display) => ({
        at: inSeconds(display.at),
        until: display.regions.length === 0 ? null : inSeconds(display.until),
        width: display.width,
        height: display.height,
        regions: display.regions.flatMap((region) => pictureOf(region) ?? []),
      })),
  };
  return JSON.stringify(document);
}

function pictureOf(region: BitmapRegion): OverlayRegion | null {
  const known = pictures.get(region);
  if (known !== undefined) return known;
  const part = cropRegion(region);
  const picture =
    part === null
      ? null
      : {
          x: part.x,
          y: part.y,
          width: part.width,
          height: part.height,
          png: encodePng(part).toString("base64"),
        };
  pictures.set(region, picture);
  return picture;
}

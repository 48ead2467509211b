/** A picture to lay over the video. */
export interface OverlayRegion {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Base64. */
  readonly png: string;
}

/** All that is on the screen from `at` on; see the box's `OverlayDisplay`. */
export interface OverlayDisplay {
  /** Seconds on the time line of the segments (tfdt). */
  readonly at: number;
  /** Null: the screen is empty until the next one. */
  readonly until: number | null;
  /** What the regions' places count in. */
  readonly width: number;
  readonly height: number;
  readonly regions: readonly OverlayRegion[];
}

/** Seconds around the present for which displays are kept; what is farther away is fetched again. */
const KEEP = 60;

/** Subtitles that are pictures, in order of time. Pure. */
export class OverlayTimeline {
  #displays: OverlayDisplay[] = [];

  /** A display that a later segment states again is the same by its `at`. */
  add(displays: readonly OverlayDisplay[]): void {
    for (const display of displays) {
      const place = this.#displays.findIndex(({ at }) => at >= display.at);
      if (place < 0) this.#displays.push(display);
      else this.#displays.splice(place, this.#displays[place]?.at === display.at ? 1 : 0, display);
    }
  }

  /** What is on the screen. @param time seconds on the time line of the segments */
  at(time: number): OverlayDisplay | null {
    const display = this.#displays.findLast(({ at }) => at <= time + ROUNDING);
    if (display === undefined || display.regions.length === 0) return null;
    return display.until !== null && time + ROUNDING >= display.until ? null : display;
  }

  /** @param time seconds; displays far from it are dropped */
  forget(time: number): void {
    this.#displays = this.#displays.filter(
      ({ at, until }) => (until ?? at) > time - KEEP && at < time + KEEP,
    );
  }
}

/** Media time is told in microseconds by some and in ticks by others. */
const ROUNDING = 0.002;

/** @returns the displays of a segment's document; what is none is left out */
export function displaysOf(document: unknown): OverlayDisplay[] {
  const displays = (document as { displays?: unknown } | null)?.displays;
  return Array.isArray(displays) ? displays.filter(isDisplay) : [];
}

function isDisplay(value: unknown): value is OverlayDisplay {
  const { at, until, width, height, regions } = (value ?? {}) as Partial<
    Record<keyof OverlayDisplay, unknown>
  >;
  return (
    [at, width, height].every(Number.isFinite) &&
    (until === null || Number.isFinite(until)) &&
    Array.isArray(regions)
  );
}

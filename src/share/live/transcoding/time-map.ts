/** What counting says and what a time stamp says may differ by this, 90 kHz: a millisecond of rounding and jitter. */
const TOLERANCE = 90;
/** Anchors kept; what an encoder holds back is much less than what lies between so many. */
const ANCHORS = 64;

/**
 * Where on the source's timeline a position in a stream of samples lies. Sound goes through ffmpeg as a stream without gaps; what
 * goes in is counted, what comes out is counted, and the count is exact: only where the source itself jumped does the map have a
 * new anchor. Positions are ticks of 90 kHz, fractional, from 0. Pure.
 */
export class TimeMap {
  #anchors: { readonly position: number; readonly pts: number }[] = [];
  #position = 0;

  /** Position of what goes in next. */
  get position(): number {
    return this.#position;
  }

  /**
   * A frame goes in.
   * @param duration ticks, fractional
   * @returns its position
   */
  add(pts: number, duration: number): number {
    const position = this.#position;
    const last = this.#anchors.at(-1);
    if (last === undefined || Math.abs(pts - (last.pts + position - last.position)) > TOLERANCE) {
      this.#anchors.push({ position, pts });
      if (this.#anchors.length > ANCHORS) this.#anchors.shift();
    }
    this.#position += duration;
    return position;
  }

  /** @returns the time of a position, ticks, not rounded; null before anything went in */
  at(position: number): number | null {
    let anchor = this.#anchors[0];
    for (const next of this.#anchors) {
      // Half a tick: positions of samples and of frames are fractions that need not meet.
      if (next.position > position + 0.5) break;
      anchor = next;
    }
    return anchor === undefined ? null : anchor.pts + position - anchor.position;
  }
}

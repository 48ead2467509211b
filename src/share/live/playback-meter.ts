import { bytes, seconds, type Bytes, type Seconds } from "../../kernel/units.ts";

/** Counts what one playback takes. */
export class PlaybackMeter {
  #bytes = 0;
  #seconds = 0;
  /** Of these, seconds that were told. */
  #told = 0;
  /** Programme time up to which was watched, epoch s. */
  #watchedUntil = 0;

  /** Bodies of media answers. */
  get bytes(): Bytes {
    return bytes(this.#bytes);
  }

  /** Programme time, each second once. */
  get seconds(): Seconds {
    return seconds(this.#seconds);
  }

  /**
   * Books what a media answer took.
   * @param sent bytes
   * @param stretch the programme time in it, epoch s; what was booked before counts once
   * @returns seconds of it that are new
   */
  book(sent: number, stretch?: { readonly from: number; readonly seconds: number }): number {
    let watched = 0;
    if (stretch !== undefined) {
      const until = stretch.from + stretch.seconds;
      watched = Math.max(0, until - Math.max(stretch.from, this.#watchedUntil));
      this.#watchedUntil = Math.max(until, this.#watchedUntil);
    }
    this.#bytes += sent;
    this.#seconds += watched;
    return watched;
  }

  /** Programme time that was not told yet, s; from now on it was. */
  untold(): number {
    const untold = this.#seconds - this.#told;
    this.#told = this.#seconds;
    return untold;
  }
}

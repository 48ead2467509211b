import { bytes, seconds, type Bytes, type Milliseconds, type Seconds } from "../../kernel/units.ts";
import { WatchedStretches } from "./watched-stretches.ts";

/** Counts what one playback takes. */
export class PlaybackMeter {
  #bytes = 0;
  #seconds = 0;
  /** Of these, seconds that were told. */
  #told = 0;
  readonly #watched = new WatchedStretches();

  /** Bodies of media answers. */
  get bytes(): Bytes {
    return bytes(this.#bytes);
  }

  /** Programme time, each second once; what was watched again much later, again. */
  get seconds(): Seconds {
    return seconds(this.#seconds);
  }

  /**
   * Books what a media answer took.
   * @param sent bytes
   * @param now monotonic
   * @param stretch the programme time in it, epoch s; see {@link WatchedStretches}
   * @returns seconds of it that are new
   */
  book(
    sent: number,
    now: Milliseconds,
    stretch?: { readonly from: number; readonly seconds: number },
  ): Seconds {
    const watched =
      stretch === undefined ? seconds(0) : this.#watched.add(stretch.from, stretch.seconds, now);
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

import type Hls from "hls.js";
import type { Fragment, LevelDetails } from "hls.js";
import { OverlayLayer } from "./overlay-layer.ts";
import { OverlayTimeline, displaysOf } from "./overlay-timeline.ts";

/** Seconds ahead of the picture for which subtitles are fetched. */
const AHEAD = 20;
/** A document that does not come after so many attempts is left out. */
const ATTEMPTS = 4;

export interface OverlaySource {
  /** Of the overlay's media playlist; its documents lie beside it. */
  readonly address: string;
  /**
   * What is to be added to the element's time to get the segments' own, seconds. Null while it is not known.
   * @param cc discontinuity sequence number
   */
  offset(cc: number): number | null;
}

/**
 * Subtitles that are pictures, of one rendition. Their documents bear the media sequence numbers of the video's segments, so
 * that the playlist which hls.js follows already says what there is.
 */
export class OverlaySubtitles {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  readonly #source: OverlaySource;
  readonly #layer: OverlayLayer;
  readonly #timeline = new OverlayTimeline();
  /** By media sequence number: attempts; Infinity when it is here. */
  readonly #attempts = new Map<number, number>();
  readonly #closing = new AbortController();
  #busy = false;

  constructor(
    hls: Hls,
    screen: { video: HTMLVideoElement; overlay: HTMLCanvasElement },
    source: OverlaySource,
  ) {
    this.#hls = hls;
    this.#video = screen.video;
    this.#source = source;
    this.#layer = new OverlayLayer(screen.overlay, screen.video);
    const { signal } = this.#closing;
    for (const name of ["timeupdate", "seeked"])
      this.#video.addEventListener(name, () => this.#onTime(this.#video.currentTime), { signal });
    this.#followFrames();
    void this.fetchMore();
  }

  /** The playlist has got longer, or the picture moved. */
  async fetchMore(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const tried = new Set<number>();
    for (let next = this.#missing(tried); next !== null; next = this.#missing(tried)) {
      tried.add(next);
      await this.#fetch(next);
    }
    this.#busy = false;
  }

  close(): void {
    this.#closing.abort();
    this.#layer.close();
  }

  /** @returns the first segment about now whose document is not here, or null */
  #missing(tried: ReadonlySet<number>): number | null {
    if (this.#closing.signal.aborted) return null;
    const { currentTime } = this.#video;
    for (const fragment of this.#fragments()) {
      const { sn, start, end } = fragment;
      if (sn === "initSegment" || tried.has(sn)) continue;
      if (end <= currentTime || start > currentTime + AHEAD) continue;
      if ((this.#attempts.get(sn) ?? 0) < ATTEMPTS) return sn;
    }
    return null;
  }

  async #fetch(sequence: number): Promise<void> {
    this.#attempts.set(sequence, (this.#attempts.get(sequence) ?? 0) + 1);
    try {
      const { signal } = this.#closing;
      const response = await fetch(new URL(`${sequence}.json`, this.#source.address), { signal });
      if (!response.ok) return;
      const displays = displaysOf(await response.json());
      if (signal.aborted) return;
      this.#attempts.set(sequence, Infinity);
      this.#timeline.add(displays);
      this.#layer.prepare(displays);
      this.#onTime(this.#video.currentTime);
    } catch {
      // It is asked for again with the next change of the playlist.
    }
  }

  /** To the frame where the browser tells of frames. */
  #followFrames(): void {
    if (!("requestVideoFrameCallback" in this.#video)) return;
    const video = this.#video;
    const onFrame = (_: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
      if (this.#closing.signal.aborted) return;
      this.#show(mediaTime);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  #onTime(currentTime: number): void {
    this.#show(currentTime);
    void this.fetchMore();
  }

  #show(currentTime: number): void {
    const playing = this.#fragments().find(({ start, end }) => start <= currentTime && currentTime < end);
    const offset = this.#source.offset((playing ?? this.#fragments().at(-1))?.cc ?? 0);
    if (offset === null) return;
    const time = currentTime + offset;
    this.#layer.show(this.#timeline.at(time));
  }

  #fragments(): readonly Fragment[] {
    const details: LevelDetails | null = this.#hls.latestLevelDetails;
    return details?.fragments ?? [];
  }
}

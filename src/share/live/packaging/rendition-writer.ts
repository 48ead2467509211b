import type { Track } from "../media-source.ts";
import { fragmentHeader, type FragmentSample } from "./fmp4/fragment.ts";
import { initSegment, timescaleOf } from "./fmp4/init-segment.ts";
import type { MediaPiece, SlabPool, SlabWriter } from "./slab-pool.ts";

/** Pictures are shown no longer than this: half a second, 90 kHz. */
const MAX_FRAME_TICKS = 45_000;

interface QueuedSample {
  readonly size: number;
  /** Decode time in the track's ticks on the presentation timeline. */
  readonly time: number;
  readonly compositionOffset: number;
  readonly sync: boolean;
}

/** One `moof` and `mdat`: a whole segment today, a part of one when parts come. */
export interface Fragment {
  readonly header: Buffer;
  readonly payload: MediaPiece;
  readonly startsWithSync: boolean;
  readonly samples: number;
}

/**
 * Samples of one rendition on their way into fragments. The payload is copied once, into slabs, as it arrives; what ends up in
 * which fragment is decided afterwards, because sound may come before the picture that its segment is cut at.
 */
export class RenditionWriter {
  readonly id: string;
  readonly track: Track;
  readonly init: Buffer;
  /** Ticks per second. */
  readonly timescale: number;
  /** The interval (media sequence number) that is being filled. */
  sequence: number;
  /** Presentation time in 90 kHz at which the next segment begins; null before the first. */
  position: number | null = null;
  readonly #slabs: SlabWriter;
  #queue: QueuedSample[] = [];
  #queuedBytes = 0;
  #fragments = 0;
  /** Audio: where the next frame belongs, by count of samples; null at the start of a continuity. */
  #expected: number | null = null;
  /** No sample may begin before this. */
  #floor = 0;
  /** Ticks between the last two samples, for the last one before a break. */
  #lastDuration: number;

  constructor(id: string, track: Track, sequence: number, pool: SlabPool) {
    this.id = id;
    this.track = track;
    this.init = initSegment(track);
    this.timescale = timescaleOf(track);
    this.sequence = sequence;
    this.#slabs = pool.writer();
    this.#lastDuration =
      track.kind === "audio" ? track.frameSamples : Math.round(90_000 / (track.frameRate || 25));
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** 90 kHz time of the newest sample, null when none is queued. */
  get latest(): number | null {
    const last = this.#queue.at(-1);
    return last === undefined ? null : this.#to90k(last.time);
  }

  /** 90 kHz decode time at which the newest sample ends, nominally. */
  get end(): number {
    const last = this.#queue.at(-1);
    return this.#to90k(last === undefined ? this.#floor : last.time + this.#lastDuration);
  }

  /** @param dts, pts 90 kHz on the presentation timeline */
  addVideo(dts: number, pts: number, sync: boolean, data: Buffer): void {
    const previous = this.#queue.at(-1);
    const time = Math.max(dts, this.#floor);
    // A gap is no duration.
    if (previous !== undefined && time - previous.time <= MAX_FRAME_TICKS)
      this.#lastDuration = time - previous.time;
    this.#push({ size: data.length, time, compositionOffset: pts - time, sync }, time + 1, data);
  }

  /**
   * Time is the count of samples; time stamps only correct it when they are off by more than half a frame.
   * @param pts 90 kHz on the presentation timeline
   * @returns false when the frame lies in time that is already taken, and was dropped
   */
  addAudio(pts: number, frameSamples: number, data: Buffer): boolean {
    const said = (pts * this.timescale) / 90_000;
    let time = Math.round(said);
    if (this.#expected !== null && Math.abs(said - this.#expected) <= frameSamples / 2) time = this.#expected;
    if (time < this.#floor) {
      if (this.#floor - time > frameSamples / 2) return false;
      time = this.#floor;
    }
    this.#lastDuration = frameSamples;
    this.#expected = time + frameSamples;
    this.#push({ size: data.length, time, compositionOffset: 0, sync: true }, time + frameSamples, data);
    return true;
  }

  #push(sample: QueuedSample, floor: number, data: Buffer): void {
    this.#slabs.write(data);
    this.#queue.push(sample);
    this.#queuedBytes += data.length;
    this.#floor = floor;
  }

  /** How many queued samples begin before `end` (90 kHz); all of them means that the stream has not come so far. */
  countBefore(end: number): number {
    // From the back: mostly nothing, or only the newest, is past the end.
    let count = this.#queue.length;
    for (let last = this.#queue[count - 1]; last !== undefined; last = this.#queue[count - 1]) {
      if (this.#to90k(last.time) < end) break;
      count--;
    }
    return count;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** 90 kHz time of a queued sample. */
  timeOf(index: number): number | null {
    const sample = this.#queue[index];
    return sample === undefined ? null : this.#to90k(sample.time);
  }

  /**
   * Takes the first samples out as a fragment; with 0 of them, one that holds nothing.
   * @param end decode time (90 kHz) of what follows the last of them, when it is not in the queue
   */
  take(count: number, end: number | null): Fragment {
    const taken = this.#queue.splice(0, count);
    const following = this.#queue[0]?.time ?? (end === null ? null : this.#from90k(end));
    const samples: FragmentSample[] = taken.map((sample, index) => {
      const next = taken[index + 1]?.time ?? following ?? sample.time + this.#lastDuration;
      const { size, sync, compositionOffset } = sample;
      return { size, duration: Math.max(1, next - sample.time), sync, compositionOffset };
    });
    const size = taken.reduce((sum, sample) => sum + sample.size, 0);
    this.#queuedBytes -= size;
    const time = taken[0]?.time ?? this.#from90k(Math.max(0, this.position ?? 0));
    return {
      header: fragmentHeader(++this.#fragments, time, samples, this.track.kind === "video"),
      payload: this.#slabs.take(size),
      startsWithSync: taken[0]?.sync ?? false,
      samples: taken.length,
    };
  }

  /** Throws away what is queued. */
  clear(): void {
    if (this.#queuedBytes > 0) this.#slabs.take(this.#queuedBytes).release();
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** The timeline is broken here: the next sample sets its own time, not before what was written. */
  breakTimeline(): void {
    this.#expected = null;
  }

  /** Returns the memory that no segment uses. */
  close(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#slabs.close();
  }

  #to90k(time: number): number {
    return this.timescale === 90_000 ? time : (time * 90_000) / this.timescale;
  }

  #from90k(time: number): number {
    return this.timescale === 90_000 ? time : Math.round((time * this.timescale) / 90_000);
  }
}

import { seconds, type Seconds } from "../../../kernel/units.ts";
import type { Track } from "../media-source.ts";
import { fragmentHeader, type FragmentSample } from "./fmp4/fragment.ts";
import { initSegment, timescaleOf } from "./fmp4/init-segment.ts";
import { SlabMedia, type SlabPool, type SlabWriter } from "./slab-pool.ts";

/** Pictures are shown no longer than this: half a second, 90 kHz. */
const MAX_FRAME_TICKS = 45_000;

/** Time stamps of constant frame rates are off by less, 90 kHz. */
const ROUNDING = 90;
/**
 * What is lost may leave such a hole behind a part, and it is closed: the picture or frame of sound behind it begins where the
 * part ends, and lasts longer; 90 kHz.
 */
export const MAX_HOLE = 22_500;

interface QueuedSample {
  readonly size: number;
  /** Decode time in the track's ticks on the presentation timeline. */
  readonly time: number;
  readonly compositionOffset: number;
  readonly sync: boolean;
}

/** One `moof` and `mdat`. */
export interface Fragment {
  readonly data: SlabMedia;
  readonly startsWithSync: boolean;
  readonly samples: number;
  /** Sum of the samples' durations. */
  readonly duration: Seconds;
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
  /** Presentation time in 90 kHz at which that interval begins here; null before the first. */
  position: number | null = null;
  /** Fragments of that interval that were handed out. */
  fragments: Fragment[] = [];
  readonly #slabs: SlabWriter;
  #queue: QueuedSample[] = [];
  #queuedBytes = 0;
  #fragmentsMade = 0;
  /** Time of the newest sample since the beginning or the last {@link clear}. */
  #newest: number | null = null;
  /** Audio: where the next frame belongs, by count of samples; null at the start of a continuity. */
  #expected: number | null = null;
  /** No sample may begin before this. */
  #floor = 0;
  /** Where the last part ended, nominally. */
  #rounded = 0;
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

  /** Bytes of the interval that is being filled, handed out or not. */
  get bytes(): number {
    return this.fragments.reduce((sum, { data }) => sum + data.length, this.#queuedBytes);
  }

  /** Whether that interval has any sample. */
  get filled(): boolean {
    return this.#queue.length > 0 || this.fragments.length > 0;
  }

  /** 90 kHz time of the newest sample, null before the first. */
  get latest(): number | null {
    return this.#newest === null ? null : this.#to90k(this.#newest);
  }

  /** 90 kHz decode time at which the newest sample ends, nominally. */
  get end(): number {
    return this.#to90k(this.#newest === null ? this.#floor : this.#newest + this.#lastDuration);
  }

  /** @param dts, pts 90 kHz on the presentation timeline */
  addVideo(dts: number, pts: number, sync: boolean, data: Buffer): void {
    const time = Math.max(this.#joins(dts) ? this.#rounded : dts, this.#floor);
    if (this.#newest !== null && this.#isFrame(time - this.#newest)) this.#lastDuration = time - this.#newest;
    this.#push({ size: data.length, time, compositionOffset: pts - time, sync }, time + 1, data);
  }

  /**
   * Whether a sample is to begin where the part before it was said to end. A tick or two are the source's rounding; more is a
   * loss, after which players drop everything up to the next random access point (W3C Media Source Extensions, coded frame
   * processing): decoded earlier than was meant, the picture is shown at its time all the same.
   */
  #joins(dts: number): boolean {
    const gap = dts - this.#rounded;
    return (
      this.#rounded > 0 &&
      this.#queue.length === 0 &&
      gap >= -Math.max(ROUNDING, this.#lastDuration) &&
      gap <= MAX_HOLE
    );
  }

  /** Whether so many ticks are the duration of a picture, and no gap after one. */
  #isFrame(duration: number): boolean {
    const rate = this.track.kind === "video" ? this.track.frameRate : 0;
    if (rate === 0) return duration > 1 && duration <= MAX_FRAME_TICKS;
    return Math.abs(duration * rate - 90_000) < 45_000;
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
    this.#newest = sample.time;
    this.#floor = floor;
  }

  /** Whether sound is missing between the newest frame and one at `pts` (90 kHz): the count of samples does not go on. */
  lacksBefore(pts: number): boolean {
    if (this.#newest === null) return false;
    const end = this.#newest + this.#lastDuration;
    return (pts * this.timescale) / 90_000 - end > this.#lastDuration / 2;
  }

  /** 90 kHz: until when the part that is being filled may last. */
  partEnd(target: Seconds): number {
    const first = this.#queue[0];
    return first === undefined ? this.end : this.#to90k(first.time + Math.floor(target * this.timescale));
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
   * How many of the first samples make a part that can be handed out now.
   * @param target seconds that no part exceeds
   * @param before 90 kHz: samples that end later wait, a cut may come among them
   * @returns 0 when a part is not full yet
   */
  fullPart(target: Seconds, before: number): number {
    const first = this.#queue[0];
    if (first === undefined || this.#newest === null) return 0;
    const most = Math.floor(target * this.timescale);
    const from = first.time;
    // Sound waits for the frame that follows: a hole behind a part that is gone could not be closed any more.
    const waits = this.track.kind === "audio";
    // Asked at every sample: mostly one more would fit into the part, and nothing is to be counted.
    if (this.#newest + (waits ? 1 : 2) * this.#lastDuration - from <= most) return 0;
    let count = 0;
    for (; count < this.#queue.length; count++) {
      const end = this.#endOf(count);
      if (end - from > most) {
        if (!waits || !this.#silentUntil(count, from + most)) break;
        if (this.#to90k(from + most) > before) return 0;
        count++;
        break;
      }
      if (this.#to90k(end) > before) return 0;
    }
    const last = this.#endOf(count - 1);
    const more = count < this.#queue.length || (!waits && last - from + this.#lastDuration > most);
    // A picture that lasts longer than a part may: it is handed out alone, and cut to the target.
    return more ? Math.max(1, count) : 0;
  }

  /** Whether a sample would end in time, were it not for what is lost behind it: the rest of its part is silence. */
  #silentUntil(index: number, end: number): boolean {
    const sample = this.#queue[index];
    const next = this.#queue[index + 1];
    if (sample === undefined || next === undefined || sample.time + this.#lastDuration > end) return false;
    return this.#to90k(next.time - end) <= MAX_HOLE;
  }

  /** Lets a queued sample begin at `time` (90 kHz), where it is not more than a small hole behind. */
  pull(index: number, time: number): void {
    const sample = this.#queue[index];
    const at = this.#from90k(time);
    if (sample === undefined || at >= sample.time || this.#to90k(sample.time - at) > MAX_HOLE) return;
    this.#queue[index] = { ...sample, time: at };
    if (index === this.#queue.length - 1) this.#newest = at;
  }

  /** When a queued sample ends: where the next one begins, or nominally. */
  #endOf(index: number): number {
    const sample = this.#queue[index];
    if (sample === undefined) return 0;
    return this.#queue[index + 1]?.time ?? sample.time + this.#lastDuration;
  }

  /**
   * Takes the first samples out as a fragment; with 0 of them, one that holds nothing.
   * @param end decode time (90 kHz) of what follows the last of them, when it is not in the queue
   * @param longest seconds: a last sample that would last until after that is shortened
   */
  take(count: number, end: number | null, longest: Seconds): Fragment {
    const taken = this.#queue.splice(0, count);
    const following = this.#queue[0]?.time ?? (end === null ? null : this.#from90k(end));
    const time = taken[0]?.time ?? this.#from90k(Math.max(0, this.position ?? 0));
    const most = time + Math.floor(longest * this.timescale);
    let size = 0;
    let reached = time;
    const samples: FragmentSample[] = taken.map((sample, index) => {
      const next = taken[index + 1]?.time ?? following ?? sample.time + this.#lastDuration;
      const duration = Math.max(1, Math.min(next, Math.max(most, sample.time + 1)) - sample.time);
      size += sample.size;
      reached = sample.time + duration;
      return {
        size: sample.size,
        duration,
        sync: sample.sync,
        compositionOffset: sample.compositionOffset,
      };
    });
    this.#queuedBytes -= size;
    // A tick or two between nominal and real time are the source's rounding: what follows begins where this ends.
    if (count > 0 && this.#queue.length === 0) this.#rounded = reached;
    if (this.track.kind === "audio" && count > 0) this.pull(0, this.#to90k(reached));
    const header = fragmentHeader(++this.#fragmentsMade, time, samples, this.track.kind === "video");
    const payload = this.#slabs.take(size);
    const fragment: Fragment = {
      data: new SlabMedia([header, ...payload.buffers], [payload]),
      startsWithSync: taken[0]?.sync ?? false,
      samples: taken.length,
      duration: seconds((reached - time) / this.timescale),
    };
    this.fragments.push(fragment);
    return fragment;
  }

  /** How long its fragments last together. */
  get handedOut(): Seconds {
    return seconds(this.fragments.reduce((sum, { duration }) => sum + duration, 0));
  }

  /** Throws away what is queued. */
  clear(): void {
    if (this.#queuedBytes > 0) this.#slabs.take(this.#queuedBytes).release();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#newest = null;
    for (const { data } of this.fragments.splice(0)) data.release();
  }

  /** The timeline is broken here: the next sample sets its own time, not before what was written. */
  breakTimeline(): void {
    this.#expected = null;
    this.#rounded = 0;
  }

  /** Returns the memory that no segment uses. */
  close(): void {
    this.clear();
    this.#slabs.close();
  }

  #to90k(time: number): number {
    return this.timescale === 90_000 ? time : (time * 90_000) / this.timescale;
  }

  #from90k(time: number): number {
    return this.timescale === 90_000 ? time : Math.round((time * this.timescale) / 90_000);
  }
}

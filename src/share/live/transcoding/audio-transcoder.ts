import { ticks } from "../../../kernel/units.ts";
import type { AccessUnit, AudioTrack } from "../media-source.ts";
import { parseAdts } from "../packaging/codecs/aac.ts";
import { AAC, audioArguments } from "./ffmpeg-arguments.ts";
import { matroskaHeader, matroskaUnit } from "./matroska-writer.ts";
import { SupervisedFfmpeg } from "./supervised-ffmpeg.ts";
import { TimeMap } from "./time-map.ts";
import type { TrackTranscoder, TranscoderEvents, Workshop } from "./track-transcoder.ts";

/** An AAC frame, 90 kHz. */
const FRAME = (AAC.frameSamples * 90_000) / AAC.sampleRate;
/** AAC-LC, 48 kHz, two channels. @see ISO/IEC 14496-3 §1.6.2.1 */
const CONFIG = Buffer.from([0x11, 0x90]);
/** Sound of so long may wait for ffmpeg, and is given again to the next when one dies. */
const LIMITS = { ticks: 4 * 90_000, bytes: 1024 * 1024 };
/** So much before what is missing is given to a new decoder and encoder: what they make of their first frames is no good. */
const WARM_UP = 10_000;

interface Kept {
  readonly pts: number;
  readonly data: Buffer;
}

/**
 * One sound track to AAC. Time is counted in samples, in and out; no time stamp goes through ffmpeg. What has not come out is
 * kept, so that the next ffmpeg goes on, to the sample, where one died.
 */
export class AudioTranscoder implements TrackTranscoder {
  readonly #track: AudioTrack;
  readonly #events: TranscoderEvents;
  readonly #bitrate: number;
  /** Of a frame that goes in, 90 kHz, fractional. */
  readonly #duration: number;
  #ffmpeg: SupervisedFfmpeg | null = null;
  #kept: Kept[] = [];
  #map = new TimeMap();
  /** Position of the next frame that comes out, 90 kHz. */
  #position = 0;
  #skip = 0;
  #carry = Buffer.alloc(0);
  /** Of the last frame that came out, 90 kHz, fractional. */
  #last: number | null = null;

  /** @param bitrate bits per second */
  constructor(track: AudioTrack, bitrate: number, workshop: Workshop, events: TranscoderEvents) {
    this.#track = track;
    this.#bitrate = bitrate;
    this.#events = events;
    this.#duration = (track.frameSamples * 90_000) / track.sampleRate;
    this.#ffmpeg = new SupervisedFfmpeg({
      ...workshop,
      limits: LIMITS,
      header: matroskaHeader(track),
      args: () => audioArguments(this.#bitrate, this.#skip),
      begins: () => this.#begins(),
      output: (chunk) => this.#output(chunk),
      // Nothing will be missing.
      died: () => undefined,
      finished: () => events.finished(),
      gaveUp: () => events.gaveUp(),
    });
    const { id, language, audioDescription } = track;
    events.track({
      kind: "audio",
      id,
      language,
      audioDescription,
      family: "aac",
      codec: "mp4a.40.2",
      ...AAC,
      config: CONFIG,
    });
  }

  unit({ pts, data }: AccessUnit): void {
    const kept = { pts, data: Buffer.from(data) };
    this.#kept.push(kept);
    while (this.#kept.length * this.#duration > LIMITS.ticks) this.#kept.shift();
    this.#feed(kept);
  }

  finish(): void {
    this.#ffmpeg?.finish();
  }

  stop(): void {
    this.#ffmpeg?.stop();
  }

  #begins(): void {
    this.#ffmpeg?.forgetQueue();
    this.#map = new TimeMap();
    this.#carry = Buffer.alloc(0);
    this.#skip = 0;
    const first = this.#kept[0]?.pts;
    if (this.#last !== null && first !== undefined && first <= this.#last + FRAME) {
      // Frames are to begin where the ones before would have gone on.
      const off = (this.#last + FRAME - first) % FRAME;
      this.#skip = Math.round((off * AAC.sampleRate) / 90_000);
    }
    // The encoder begins with a frame of nothing that fades into the first one.
    this.#position = (this.#skip * 90_000) / AAC.sampleRate - FRAME;
    for (const kept of this.#kept) this.#feed(kept);
  }

  #feed({ pts, data }: Kept): void {
    const position = this.#map.add(pts, this.#duration);
    this.#ffmpeg?.feed({
      pts: position,
      randomAccess: true,
      bytes: matroskaUnit(position, true, data),
    });
  }

  #output(chunk: Buffer): void {
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let at = 0;
    for (let header = parseAdts(data, at); header !== null; header = parseAdts(data, at)) {
      if (at + header.frameLength > data.length) break;
      this.#frame(data.subarray(at + header.headerLength, at + header.frameLength));
      at += header.frameLength;
    }
    this.#carry = Buffer.from(data.subarray(at));
  }

  #frame(data: Buffer): void {
    const position = this.#position;
    this.#position += FRAME;
    if (position < -0.5) return;
    const time = this.#map.at(position);
    // What the one before this had made already, or what lies in time that is taken because the source jumped back.
    if (time === null || (this.#last !== null && time < this.#last + FRAME / 2)) return;
    this.#last = time;
    const done = time - WARM_UP;
    while ((this.#kept[0]?.pts ?? done) < done) this.#kept.shift();
    const pts = ticks(Math.round(time));
    this.#events.unit({ track: this.#track.id, pts, dts: pts, randomAccess: true, idr: true, data });
  }
}

import { isTellyportError, type ErrorCode } from "../../../kernel/errors.ts";
import type { ChannelCodecs, VideoFamily } from "../../../protocol/api.ts";
import type { WeightClass } from "../../../tuner/ports.ts";
import type {
  AccessUnit,
  MediaSink,
  MediaSource,
  MediaSourceTimings,
  Subtitle,
  SubtitleTrack,
  Track,
} from "../media-source.ts";
import { AudioTranscoder } from "./audio-transcoder.ts";
import { coresNeeded, type CostlyPicture, type CpuBudget, type CpuLease } from "./cpu-budget.ts";
import { Era } from "./era.ts";
import { transcodes, type Profile } from "./profile.ts";
import type { TrackTranscoder, TranscoderEvents, Workshop } from "./track-transcoder.ts";
import { gaveUp } from "./transcoding-errors.ts";
import { VideoTranscoder } from "./video-transcoder.ts";

/** Bits per second of stereo sound. */
const AUDIO_BIT_RATES = { normal: 128_000, low: 64_000 };
/** Sound tracks of a service that are made anew, each by 50 MB of ffmpeg; more pass as they are. */
const MAX_SOUND = 3;
/** Eras that wait for the one before them; more breaks than that in a second, and the oldest is not waited for. */
const MAX_ERAS = 3;

export interface TranscodedSourceOptions {
  readonly inner: MediaSource;
  readonly profile: Profile;
  /** The picture as far as it is known: what cannot be converted is refused before anything is tuned. */
  readonly expected: ChannelCodecs["video"];
  /** Resolves to what transcoding needs. @throws TellyportError `transcoder-missing` */
  prepare(): Promise<{ readonly workshop: Workshop; readonly budget: CpuBudget; readonly speed: number }>;
}

type Prepared = Awaited<ReturnType<TranscodedSourceOptions["prepare"]>>;

/**
 * Another source with some tracks made anew, on the same timeline. Tracks that the profile leaves alone pass with the very same
 * access units.
 */
export class TranscodedSource implements MediaSource, MediaSink {
  readonly #options: TranscodedSourceOptions;
  #sink: MediaSink | null = null;
  #prepared: Prepared | null = null;
  #lease: CpuLease | null = null;
  /** The first speaks; each of the others waits for the one before it. */
  #eras: Era[] = [];
  #tracks: readonly Track[] = [];
  /** What the sink was told last. */
  #told: readonly Track[] | null = null;
  /** Why the inner source ended, until the last era is out. */
  #ending: (() => void) | null = null;
  #over = false;

  constructor(options: TranscodedSourceOptions) {
    this.#options = options;
  }

  /** @throws TellyportError `transcoder-missing`, `transcoder-busy`, and those of the inner source */
  async start(sink: MediaSink, signal: AbortSignal): Promise<MediaSourceTimings> {
    this.#sink = sink;
    this.#prepared = await this.#options.prepare();
    signal.throwIfAborted();
    const { inner, expected } = this.#options;
    if (expected !== null) this.#take({ ...expected, family: familyOf(expected.family), sar: [1, 1] });
    try {
      return await inner.start(this, signal);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  reweigh(weight: WeightClass): void {
    this.#options.inner.reweigh?.(weight);
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.inner.stop();
    for (const era of this.#eras) era.stop();
    this.#eras = [];
    this.#lease?.release();
    this.#lease = null;
  }

  // ---- what the inner source says

  tracks(tracks: readonly Track[]): void {
    if (this.#over || this.#ending !== null) return;
    this.#tracks = tracks;
    this.#told = null;
    if (this.#pay()) this.#nextEra();
  }

  discontinuity(): void {
    if (this.#over || this.#ending !== null || this.#eras.length === 0) return;
    this.#nextEra();
  }

  accessUnit(unit: AccessUnit): void {
    if (!this.#over && this.#ending === null) this.#eras.at(-1)?.unit(unit);
  }

  subtitleTracks(tracks: readonly SubtitleTrack[]): void {
    this.#sink?.subtitleTracks?.(tracks);
  }

  subtitle(subtitle: Subtitle): void {
    this.#sink?.subtitle?.(subtitle);
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#over || this.#ending !== null) return;
    this.#ending = () => this.#end(code, message, detail);
    if (this.#eras.length === 0) this.#ending();
    else this.#eras.at(-1)?.finish();
  }

  // ----

  /** Takes from the budget what the picture costs. @returns false when that ended the source */
  #pay(): boolean {
    const video = this.#tracks.find((track) => track.kind === "video");
    try {
      if (video !== undefined) this.#take(video);
      return true;
    } catch (error) {
      if (!isTellyportError(error)) throw error;
      this.#end(error.code, error.message, error.detail);
      return false;
    }
  }

  /** @throws TellyportError `transcoder-missing`, `transcoder-busy` */
  #take(picture: CostlyPicture): void {
    const encoder = this.#prepared?.workshop.encoders[0];
    if (this.#prepared === null || encoder === undefined) return;
    const { budget, speed } = this.#prepared;
    const cores = coresNeeded(picture, this.#options.profile.kind, encoder, speed);
    if (this.#lease === null) this.#lease = budget.take(cores);
    else this.#lease.adjust(cores);
  }

  #nextEra(): void {
    this.#eras.at(-1)?.finish();
    const sink: Pick<MediaSink, "accessUnit"> = { accessUnit: (unit) => this.#sink?.accessUnit(unit) };
    const era: Era = new Era({
      tracks: this.#tracks,
      transcoder: (track, events) => this.#transcoder(track, events),
      sink,
      begins: (tracks) => this.#tell(tracks),
      finished: () => this.#finished(era),
      gaveUp: () => {
        const { code, message, detail } = gaveUp();
        this.#end(code, message, detail);
      },
      clock: this.#workshop.clock,
    });
    this.#eras.push(era);
    if (this.#eras.length === 1) era.open();
    if (this.#eras.length <= MAX_ERAS) return;
    this.#eras.shift()?.stop();
    this.#eras[0]?.open();
  }

  get #workshop(): Workshop {
    if (this.#prepared === null) throw new Error("a source delivered before it was started");
    return this.#prepared.workshop;
  }

  #transcoder(track: Track, events: TranscoderEvents): TrackTranscoder | null {
    const { kind } = this.#options.profile;
    if (!transcodes(this.#options.profile, track)) return null;
    if (track.kind === "audio") {
      const sound = this.#tracks.filter(
        (other) => other.kind === "audio" && transcodes(this.#options.profile, other),
      );
      if (sound.indexOf(track) >= MAX_SOUND) return null;
      const bitrate = kind === "low" ? AUDIO_BIT_RATES.low : AUDIO_BIT_RATES.normal;
      return new AudioTranscoder(track, bitrate, this.#workshop, events);
    }
    return kind === "aac-audio" ? null : new VideoTranscoder(track, kind, this.#workshop, events);
  }

  #tell(tracks: readonly Track[]): void {
    if (this.#told !== null && sameTracks(this.#told, tracks)) this.#sink?.discontinuity();
    else this.#sink?.tracks(tracks);
    this.#told = tracks;
  }

  #finished(era: Era): void {
    this.#eras = this.#eras.filter((other) => other !== era);
    const next = this.#eras[0];
    if (next !== undefined) next.open();
    else this.#ending?.();
  }

  #end(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#over) return;
    this.stop();
    this.#sink?.ended(code, message, detail);
  }
}

const familyOf = (family: VideoFamily): CostlyPicture["family"] =>
  family === "avc-recovery-point" ? "avc" : family;

function sameTracks(a: readonly Track[], b: readonly Track[]): boolean {
  return a.length === b.length && a.every((track, index) => sameTrack(track, b[index]));
}

/** A player that follows the one can follow the other without being told. */
function sameTrack(a: Track, b: Track | undefined): boolean {
  return b?.id === a.id && b.kind === a.kind && b.codec === a.codec && b.config.equals(a.config);
}

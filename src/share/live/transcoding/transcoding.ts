import { availableParallelism } from "node:os";
import type { Clock } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import type { ChannelCodecs } from "../../../protocol/api.ts";
import type { MediaSource } from "../media-source.ts";
import { probeAudio, probeVideo, type VideoAbilities } from "./capabilities.ts";
import { CpuBudget } from "./cpu-budget.ts";
import type { FfmpegRunner } from "./ffmpeg-runner.ts";
import { findFfmpeg, type FoundFfmpeg } from "./find-ffmpeg.ts";
import { transcodesVideo, type Profile } from "./profile.ts";
import { spawnFfmpeg } from "./spawn-ffmpeg.ts";
import { TranscodedSource } from "./transcoded-source.ts";
import type { Workshop } from "./track-transcoder.ts";
import { noEncoder, noFfmpeg } from "./transcoding-errors.ts";

/** After so long without ffmpeg it is looked for again, ms: somebody may have followed the advice. */
const LOOK_AGAIN = 30_000;

export interface TranscodingOptions {
  /** Where `TELLYPORT_FFMPEG` and `PATH` are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the box vendor's ffmpeg. Default: none. */
  readonly vendor?: string | null;
  /** Processor cores that all video transcodes together may use. Default: half of what there is, and at least one. */
  readonly cores?: number | null;
  readonly clock: Clock;
  readonly log: Log;
  /** How an ffmpeg is run. Default: as a child process. */
  readonly createRunner?: (path: string) => FfmpegRunner;
}

/** What this box can convert. */
export interface TranscodingAbilities {
  readonly ffmpeg: FoundFfmpeg;
  /** AAC works. */
  readonly audio: boolean;
  readonly video: VideoAbilities;
}

interface Found {
  readonly ffmpeg: FoundFfmpeg;
  readonly runner: FfmpegRunner;
  readonly audio: boolean;
}

const NO_VIDEO: VideoAbilities = { encoders: [], devices: { render: null }, speed: 1 };

/** All transcoding of the box: one ffmpeg, what it can do here, and how much of the processor it may use. */
export class Transcoding {
  readonly #options: TranscodingOptions;
  readonly #budget: CpuBudget;
  #found: Promise<Found | null> | null = null;
  #video: Promise<VideoAbilities> | null = null;
  /** Monotonic ms when nothing was found; null when something was. */
  #missedAt: number | null = null;
  #runner: FfmpegRunner | null = null;

  constructor(options: TranscodingOptions) {
    this.#options = options;
    this.#budget = new CpuBudget(options.cores ?? Math.max(1, availableParallelism() / 2));
  }

  /** What works here: found out when it is first needed, in a second or two, and remembered. Null without ffmpeg. */
  async abilities(): Promise<TranscodingAbilities | null> {
    const found = await this.#find();
    if (found === null) return null;
    const { ffmpeg, audio } = found;
    return { ffmpeg, audio, video: await this.#probeVideo(found) };
  }

  /**
   * The inner source with what the profile makes of it.
   * @param expected what the channel is known to send; with it, what is too much is refused before anything is tuned
   */
  source(inner: MediaSource, profile: Profile, expected: ChannelCodecs | null = null): MediaSource {
    return new TranscodedSource({
      inner,
      profile,
      expected: expected?.video ?? null,
      prepare: () => this.#prepare(profile),
    });
  }

  /** This box's ffmpeg; null without. */
  async runner(): Promise<FfmpegRunner | null> {
    return (await this.#find())?.runner ?? null;
  }

  /** Ends every ffmpeg; resolves when they are gone, at most two seconds later. */
  async stop(): Promise<void> {
    await this.#runner?.stop();
  }

  async #prepare(profile: Profile): Promise<{ workshop: Workshop; budget: CpuBudget; speed: number }> {
    const found = await this.#find();
    if (found === null) throw noFfmpeg();
    if (!found.audio) throw noEncoder("AAC");
    // Sound alone need not wait for what pictures take.
    const video = transcodesVideo(profile) ? await this.#probeVideo(found) : NO_VIDEO;
    if (transcodesVideo(profile) && video.encoders.length === 0) throw noEncoder("H.264");
    const { clock, log } = this.#options;
    const { encoders, devices, speed } = video;
    const threads = Math.min(4, Math.max(1, availableParallelism()));
    return {
      workshop: { runner: found.runner, clock, log, profile: profile.kind, encoders, devices, threads },
      budget: this.#budget,
      speed,
    };
  }

  #probeVideo({ runner, ffmpeg }: Found): Promise<VideoAbilities> {
    const { clock, log } = this.#options;
    this.#video ??= probeVideo(runner, ffmpeg.encoders, clock).then((video) => {
      log.info({ encoders: video.encoders, speed: Math.round(video.speed * 100) / 100 }, "video-encoders");
      return video;
    });
    return this.#video;
  }

  #find(): Promise<Found | null> {
    const now = this.#options.clock.monotonic();
    if (this.#missedAt !== null && now - this.#missedAt > LOOK_AGAIN) this.#found = null;
    this.#found ??= this.#look();
    return this.#found;
  }

  async #look(): Promise<Found | null> {
    const { environment, vendor, clock, log, createRunner } = this.#options;
    this.#missedAt = null;
    const ffmpeg = await findFfmpeg({ environment, vendor: vendor ?? null, log });
    if (ffmpeg === null) {
      this.#missedAt = clock.monotonic();
      return null;
    }
    const { path } = ffmpeg;
    const runner = createRunner?.(path) ?? spawnFfmpeg({ path, environment, clock });
    this.#runner = runner;
    return { ffmpeg, runner, audio: await probeAudio(runner, clock) };
  }
}

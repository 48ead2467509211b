import { PTS_WRAP, ticks, wrapDelta } from "../../../kernel/units.ts";
import type { AccessUnit, VideoTrack } from "../media-source.ts";
import { H264Stream } from "../packaging/elementary/h264-stream.ts";
import type { VideoConfig } from "../packaging/elementary/nal-stream.ts";
import type { CodedFrame } from "../packaging/elementary/pes.ts";
import { pictureOf, videoArguments } from "./ffmpeg-arguments.ts";
import { matroskaHeader, matroskaUnit } from "./matroska-writer.ts";
import type { ProfileKind } from "./profile.ts";
import { SupervisedFfmpeg } from "./supervised-ffmpeg.ts";
import type { TrackTranscoder, TranscoderEvents, Workshop } from "./track-transcoder.ts";
import { TsVideoReader } from "./ts-video-reader.ts";

/** Video of so long may wait for ffmpeg: as long as it takes to see that one hangs and to start another. */
const LIMITS = { ticks: 2.5 * 90_000, bytes: 8 * 1024 * 1024 };

/**
 * One video track to H.264, each picture at the time that it had. When an ffmpeg dies, the next one begins at the first random
 * access point that waits; what lies between is missing.
 */
export class VideoTranscoder implements TrackTranscoder {
  readonly #track: VideoTrack;
  readonly #events: TranscoderEvents;
  readonly #ffmpeg: SupervisedFfmpeg;
  readonly #frameRate: number;
  #reader: TsVideoReader | null = null;
  /** Time of the newest picture that came in: those that come out are near. */
  #newest = 0;
  #last = -1;
  #config: VideoConfig | null = null;
  #broken = true;

  constructor(
    track: VideoTrack,
    profile: Exclude<ProfileKind, "aac-audio">,
    workshop: Workshop,
    events: TranscoderEvents,
  ) {
    this.#track = track;
    this.#events = events;
    const picture = pictureOf(track, profile);
    this.#frameRate = picture.frameRate;
    const { encoders } = workshop;
    this.#ffmpeg = new SupervisedFfmpeg({
      ...workshop,
      limits: LIMITS,
      header: matroskaHeader(track),
      args: (failures) => {
        // Hardware that has no session left, or not for this picture: the next best.
        const encoder = encoders[Math.min(failures, encoders.length - 1)] ?? "libx264";
        return videoArguments(picture, profile, encoder, workshop);
      },
      begins: () => this.#begins(),
      output: (chunk) => this.#reader?.push(chunk),
      died: () => this.#died(),
      finished: () => events.finished(),
      gaveUp: () => events.gaveUp(),
    });
  }

  unit({ pts, randomAccess, data }: AccessUnit): void {
    this.#newest = Math.max(this.#newest, pts);
    this.#ffmpeg.feed({ pts, randomAccess, bytes: matroskaUnit(pts, randomAccess, data) });
  }

  finish(): void {
    this.#ffmpeg.finish();
  }

  stop(): void {
    this.#ffmpeg.stop();
  }

  #begins(): void {
    this.#reader = new TsVideoReader(new H264Stream((frame) => this.#frame(frame)));
  }

  #died(): void {
    this.#reader = null;
    this.#broken = true;
    this.#events.broken();
  }

  #frame(frame: CodedFrame<VideoConfig>): void {
    const { config, randomAccess, idr, data } = frame;
    const pts = ticks(this.#newest + wrapDelta(this.#newest % PTS_WRAP, frame.pts));
    if (config === null || pts <= this.#last) return;
    if (this.#broken && !randomAccess) return;
    this.#broken = false;
    this.#last = pts;
    if (this.#config === null || !sameConfig(this.#config, config)) {
      const { id } = this.#track;
      // What the encoder says of its rate is its time base.
      this.#events.track({ kind: "video", id, ...config, frameRate: this.#frameRate, interlaced: false });
    }
    this.#config = config;
    this.#events.unit({ track: this.#track.id, pts, dts: pts, randomAccess, idr, data });
  }
}

const sameConfig = (a: VideoConfig, b: VideoConfig): boolean => a === b || a.config.equals(b.config);

import type { Clock } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import type { AccessUnit, Track } from "../media-source.ts";
import type { EncoderDevices, VideoEncoder } from "./encoder.ts";
import type { FfmpegRunner } from "./ffmpeg-runner.ts";
import type { ProfileKind } from "./profile.ts";

/** What one track becomes. Its own ffmpeg makes it: when that dies, the other tracks do not notice. */
export interface TrackTranscoder {
  /** A unit of the source. */
  unit(unit: AccessUnit): void;
  /** The source is over: what is under way comes out, then `finished` is called. */
  finish(): void;
  /** Ends it at once; nothing is called any more. */
  stop(): void;
}

export interface TranscoderEvents {
  /** What comes out: before the first unit, and when it changes. */
  track(track: Track): void;
  /** On the source's timeline; valid during the call. */
  unit(unit: AccessUnit): void;
  /** Something is missing: the next unit is a random access point. */
  broken(): void;
  finished(): void;
  /** It failed too often. */
  gaveUp(): void;
}

/** What all transcoders of a source share. */
export interface Workshop {
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly profile: ProfileKind;
  /** That work here, best first; at least one where the profile needs it. */
  readonly encoders: readonly VideoEncoder[];
  readonly devices: EncoderDevices;
  /** Threads for one software encoder. */
  readonly threads: number;
}

import type { Seconds } from "../../kernel/units.ts";
import type { ChannelCodecs } from "../../protocol/api.ts";
import type { Service, WeightClass } from "../../tuner/ports.ts";
import type { MediaSink, MediaSource } from "./media-source.ts";
import type { SegmentSink } from "./packaging/ports.ts";
import type { StreamProfile } from "./stream-profile.ts";

/** Makes the source of one service's media; `consumer` is for people. */
export type SourceFactory = (service: Service, weight: WeightClass, consumer: string) => MediaSource;

/** Makes the packager of one live stream. `longest`: no segment may be longer. */
export type PackagerFactory = (
  sink: SegmentSink,
  longest: Seconds,
  container: StreamProfile["container"],
) => MediaSink;

/** Converts what a source gives. @param codecs what the channel is known to send, or null */
export type Converter = (
  source: MediaSource,
  profile: NonNullable<StreamProfile["transcode"]>,
  codecs: ChannelCodecs | null,
) => MediaSource;

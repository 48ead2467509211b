import type { Seconds } from "../../kernel/units.ts";
import type { Service, WeightClass } from "../../tuner/ports.ts";
import type { MediaSink, MediaSource } from "./media-source.ts";
import type { SegmentSink } from "./packaging/ports.ts";

/** Makes the source of one service's media; `consumer` is for people. */
export type SourceFactory = (service: Service, weight: WeightClass, consumer: string) => MediaSource;

/** Makes the packager of one live stream. `longest`: no segment may be longer. */
export type PackagerFactory = (sink: SegmentSink, longest: Seconds) => MediaSink;

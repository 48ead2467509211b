import type { Clock } from "../../kernel/clock.ts";
import type { FfmpegRunner } from "../live/transcoding/ffmpeg-runner.ts";
import { fragmentStill } from "./fragment-still.ts";
import { jpegStill } from "./jpeg-still.ts";
import type { StillMaker } from "./still.ts";

export interface StillMakerOptions {
  /** The box's ffmpeg; null where there is none. */
  readonly ffmpeg: () => Promise<FfmpegRunner | null>;
  readonly clock: Clock;
}

/** JPEG with ffmpeg, and the broadcaster's own coding without. */
export function stillMaker({ ffmpeg, clock }: StillMakerOptions): StillMaker {
  return async (picture, signal) => {
    const runner = await ffmpeg();
    return runner === null ? fragmentStill(picture) : jpegStill(picture, runner, clock, signal);
  };
}

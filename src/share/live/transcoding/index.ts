export { neededProfile, transcodesVideo, type Needed, type Profile, type ProfileKind } from "./profile.ts";
export { Transcoding, type TranscodingAbilities, type TranscodingOptions } from "./transcoding.ts";
export type { FfmpegRunner } from "./ffmpeg-runner.ts";

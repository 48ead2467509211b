import type { AudioFamily, Capabilities, ChannelCodecs, VideoFamily } from "../../../src/protocol/api.ts";

/** Of one picture and some sounds, by their families. */
export const codecs = (video: VideoFamily | null, ...audio: AudioFamily[]): ChannelCodecs => ({
  video:
    video === null
      ? null
      : { family: video, codec: "x", width: 1280, height: 720, frameRate: 25, interlaced: false },
  audio: audio.map((family) => ({ family, codec: "y", language: null, description: false })),
});
/** As browsers are that decode nothing but what all of them do. */
export const chromium: Capabilities = { video: ["avc"], audio: ["aac"] };
export const safari: Capabilities = {
  video: ["avc", "avc-recovery-point", "hevc"],
  audio: ["aac", "ac-3", "ec-3"],
};

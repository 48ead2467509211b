import type { AudioFamily, Capabilities, VideoFamily } from "../../src/protocol/api.ts";

/** One question per codec family, in fMP4; HEVC at level 3.1 stands for the family. */
const VIDEO: readonly (readonly [VideoFamily, string])[] = [
  ["avc", 'video/mp4; codecs="avc1.640028"'],
  ["hevc", 'video/mp4; codecs="hvc1.1.6.L93.B0"'],
  ["mpeg2", 'video/mp4; codecs="mp4v.61"'],
];
const AUDIO: readonly (readonly [AudioFamily, string])[] = [
  ["aac", 'audio/mp4; codecs="mp4a.40.2"'],
  ["ac-3", 'audio/mp4; codecs="ac-3"'],
  ["ec-3", 'audio/mp4; codecs="ec-3"'],
  ["mp2", 'audio/mp4; codecs="mp4a.6B"'],
];

/**
 * What this browser decodes, asked of it and never guessed from its name.
 * @param supports whether a media type with codecs would play
 * @param startsAtRecoveryPoint whether H.264 without IDR pictures was seen to play
 */
export function capabilitiesOf(
  supports: (type: string) => boolean,
  startsAtRecoveryPoint: boolean,
): Capabilities {
  const video = VIDEO.filter(([, type]) => supports(type)).map(([family]) => family);
  if (startsAtRecoveryPoint && video.includes("avc")) video.push("avc-recovery-point");
  return { video, audio: AUDIO.filter(([, type]) => supports(type)).map(([family]) => family) };
}

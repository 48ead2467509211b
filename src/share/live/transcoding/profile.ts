import type { AudioFamily, Capabilities, ChannelCodecs } from "../../../protocol/api.ts";
import type { Track } from "../media-source.ts";

/**
 * What a transcode makes of a service.
 *
 * - `aac-audio`: sound that is not AAC becomes AAC; the picture is not touched.
 * - `h264`: the picture becomes progressive H.264 of the same size with an IDR every second, and sound as in `aac-audio`.
 * - `medium`: a picture of at most 540 lines at 1.2 Mb/s, sound as in `aac-audio`.
 * - `low`: a picture of at most 360 lines at 0.5 Mb/s, all sound AAC at 64 kb/s.
 */
export type Profile =
  | { readonly kind: "aac-audio" }
  | { readonly kind: "h264" }
  | { readonly kind: "medium" }
  | { readonly kind: "low" };

export type ProfileKind = Profile["kind"];

/** Whether the picture is made anew, which is what costs. */
export const transcodesVideo = ({ kind }: Profile): boolean => kind !== "aac-audio";

/**
 * - `nothing`: the client plays the channel as it is.
 * - a profile: the one that makes it playable with the least work.
 * - `hopeless`: the client decodes nothing that could be made.
 */
export type Needed = "nothing" | "hopeless" | Profile;

/**
 * The least that must be done so that the client sees the picture and hears one of the sound tracks.
 * @param capabilities what the client says it decodes; undefined means a full player: everything
 */
export function neededProfile(codecs: ChannelCodecs, capabilities: Capabilities | undefined): Needed {
  if (capabilities === undefined) return "nothing";
  const { video, audio } = codecs;
  const seen = video === null || capabilities.video.includes(video.family);
  const plays = ({ family }: { readonly family: AudioFamily }): boolean =>
    capabilities.audio.includes(family);
  const heard = audio.length === 0 || audio.some(plays);
  if (seen && heard) return "nothing";
  if (!heard && !capabilities.audio.includes("aac")) return "hopeless";
  if (seen) return { kind: "aac-audio" };
  // With its picture, a profile makes AAC of all sound: what is made is shared, and others may watch it too.
  const sound = audio.length === 0 || capabilities.audio.includes("aac");
  return sound && capabilities.video.includes("avc") ? { kind: "h264" } : "hopeless";
}

/** Whether a profile makes this track anew; if not, its access units pass as they are. */
export function transcodes(profile: Profile, track: Track): boolean {
  if (track.kind === "video") return transcodesVideo(profile);
  return track.family !== "aac" || profile.kind === "low";
}

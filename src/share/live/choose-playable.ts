import type { AudioFamily, Capabilities, ChannelCodecs, VideoFamily } from "../../protocol/api.ts";

/** What a person calls a codec. */
const VIDEO_NAMES: Record<VideoFamily, string> = {
  avc: "H.264",
  "avc-recovery-point": "H.264 without complete pictures to start from (no IDR)",
  hevc: "HEVC",
  mpeg2: "MPEG-2",
};
const AUDIO_NAMES: Record<AudioFamily, string> = {
  aac: "AAC",
  "ac-3": "AC-3 (Dolby Digital)",
  "ec-3": "E-AC-3 (Dolby Digital Plus)",
  mp2: "MP2 (MPEG audio)",
};

export type Playable =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** For a person, in plain words. */
      readonly message: string;
      /** What cannot be decoded; null and empty for what can. */
      readonly video: VideoFamily | null;
      readonly audio: readonly AudioFamily[];
    };

/**
 * Whether a client can show this channel's picture and, if it has sound, play one of its sound tracks.
 * @param capabilities undefined means a full player: everything
 */
export function choosePlayable(codecs: ChannelCodecs, capabilities: Capabilities | undefined): Playable {
  if (capabilities === undefined) return { ok: true };
  const video = codecs.video?.family ?? null;
  const badVideo = video !== null && !capabilities.video.includes(video) ? video : null;
  const families = [...new Set(codecs.audio.map((track) => track.family))];
  const badAudio = families.some((family) => capabilities.audio.includes(family)) ? [] : families;
  if (badVideo === null && badAudio.length === 0) return { ok: true };
  return { ok: false, message: sentence(badVideo, badAudio), video: badVideo, audio: badAudio };
}

function sentence(video: VideoFamily | null, audio: readonly AudioFamily[]): string {
  const sound = audio.map((family) => AUDIO_NAMES[family]).join(" and ");
  if (video === null) return `This channel's sound is ${sound}, which this browser cannot play.`;
  const picture = `This channel's picture is ${VIDEO_NAMES[video]}`;
  if (audio.length === 0) return `${picture}, which this browser cannot play.`;
  return `${picture} and its sound is ${sound}, which this browser cannot play.`;
}

/** Whether a client takes a sound track of this family. */
export function takesAudio(family: AudioFamily, capabilities: Capabilities | undefined): boolean {
  return capabilities === undefined || capabilities.audio.includes(family);
}

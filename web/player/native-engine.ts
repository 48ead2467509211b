import { Problem } from "../api/problem.ts";
import { audioOf, preferredAudio } from "./audio-tracks.ts";
import type { AudioTrack } from "./audio-tracks.ts";
import type { Engine, EngineEvents, Source } from "./engine.ts";
import { reasonOf } from "./reason-of.ts";
import { preferredSubtitles, type SubtitleTrack } from "./subtitle-tracks.ts";

/** Safari's own list of sound tracks, which TypeScript's DOM does not know. */
interface NativeAudioTrack {
  enabled: boolean;
  language: string;
  label: string;
  /** @see https://html.spec.whatwg.org/multipage/media.html#dom-audiotrack-kind */
  kind: string;
}

/** The kinds of tracks that describe the picture, as a playlist would say it. */
const DESCRIBED_KIND: Readonly<Record<string, string>> = {
  descriptions: "public.accessibility.describes-video",
  "main-desc": "public.accessibility.describes-video",
};

/** Seconds behind the end of what can be reached at which Apple's player plays. */
const BEHIND_END = 4;

/** Where hls.js cannot work, the browser's own player does; overlays are not for it. */
export function attachNative(video: HTMLVideoElement, source: Source, events: EngineEvents): Engine {
  const { address } = source;
  let wish = source.subtitles;
  const tracks = (video as { audioTracks?: EventTarget & ArrayLike<NativeAudioTrack> }).audioTracks;
  const list = (): NativeAudioTrack[] => (tracks ? Array.from(tracks) : []);
  const texts = (): TextTrack[] =>
    Array.from(video.textTracks).filter(({ kind }) => kind === "subtitles" || kind === "captions");
  const subtitles = (): SubtitleTrack[] =>
    texts().map(({ kind, language, label, mode }, index) => ({
      id: String(index),
      language: language || null,
      name: label,
      hardOfHearing: kind === "captions",
      captions: kind === "captions" && language === "",
      chosen: mode === "showing",
    }));
  const choose = (id: string | null): void => {
    for (const [index, track] of texts().entries())
      track.mode = String(index) === id ? "showing" : "disabled";
    events.subtitlesChanged();
  };
  const onTexts = (): void => {
    const wished = preferredSubtitles(subtitles(), wish);
    if (wished !== null && !wished.chosen) choose(wished.id);
    else events.subtitlesChanged();
  };
  let heard = source.audio;
  const audioTracks = (): AudioTrack[] =>
    list().map((track, id) => ({
      id,
      ...audioOf({ lang: track.language, name: track.label, characteristics: DESCRIBED_KIND[track.kind] }),
      chosen: track.enabled,
    }));
  const chooseAudio = (id: number): void => {
    list().forEach((track, index) => (track.enabled = index === id));
  };
  const onAudio = (): void => {
    const wished = preferredAudio(audioTracks(), heard);
    if (wished !== null && !wished.chosen) chooseAudio(wished.id);
    events.audioChanged();
  };
  const onError = (): void => {
    void reasonOf(address).then((problem) => events.failed(problem ?? new Problem("client-cannot-decode")));
  };
  video.addEventListener("error", onError);
  tracks?.addEventListener("addtrack", onAudio);
  tracks?.addEventListener("change", events.audioChanged);
  video.textTracks.addEventListener("addtrack", onTexts);
  video.addEventListener("loadedmetadata", events.opened, { once: true });
  video.disableRemotePlayback = false;
  video.src = address;
  return {
    audioTracks,
    chooseAudio(id) {
      heard = null;
      chooseAudio(id);
    },
    subtitles,
    chooseSubtitles(id) {
      wish = null;
      choose(id);
    },
    reach() {
      const { seekable } = video;
      if (seekable.length === 0) return null;
      const oldest = seekable.start(0);
      return { oldest, live: Math.max(oldest, seekable.end(0) - BEHIND_END) };
    },
    facts: () => ({
      videoCodec: null,
      audioCodec: null,
      bitRate: null,
      listedRate: null,
      receivedAt: receivedAt(video),
      native: true,
    }),
    stop() {
      video.pause();
      video.removeEventListener("error", onError);
    },
    destroy() {
      video.removeEventListener("error", onError);
      tracks?.removeEventListener("addtrack", onAudio);
      tracks?.removeEventListener("change", events.audioChanged);
      video.textTracks.removeEventListener("addtrack", onTexts);
      video.removeEventListener("loadedmetadata", events.opened);
      video.disableRemotePlayback = true;
      video.removeAttribute("src");
      video.load();
    },
  };
}

/** `EXT-X-PROGRAM-DATE-TIME`, as Safari tells it. */
function receivedAt(video: HTMLVideoElement & { getStartDate?: () => Date }): number | null {
  const start = video.getStartDate?.().getTime() ?? NaN;
  return Number.isNaN(start) ? null : start + video.currentTime * 1000;
}

import type Hls from "hls.js";
import type { ErrorData, HlsConfig } from "hls.js";
import { Problem, UNREACHABLE, asProblem, causeOf, problemOf } from "../api/problem.ts";
import { trackName, type AudioTrack } from "./audio-tracks.ts";

/** One stream on one video element. */
export interface Engine {
  /** Sound tracks; empty or one when there is nothing to choose. */
  audioTracks(): AudioTrack[];
  chooseAudio(id: number): void;
  /** Jumps to what is on air now, if playing fell out of what the box still has. */
  backToLive(): void;
  /** Fetches no more and reports no more; the last frame stays. */
  stop(): void;
  destroy(): void;
}

export interface EngineEvents {
  /** The element is fed anew after an error, which pauses it: whoever wants it to play must say so again. */
  revived(): void;
  /** The stream cannot go on. */
  failed(problem: Problem): void;
  readonly audioChanged: () => void;
}

/**
 * As near to the live edge as the playlist says that it may be, little ahead, half a minute behind; retries are short because a
 * person is waiting.
 */
const CONFIG: Partial<HlsConfig> = {
  enableWorker: false, // fMP4 needs no remultiplexing: a worker would only cost a start
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.05,
  maxBufferLength: 14,
  maxMaxBufferLength: 20,
  backBufferLength: 30,
  startFragPrefetch: true,
  manifestLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 10_000,
      maxLoadTimeMs: 15_000,
      timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: { maxNumRetry: 3, retryDelayMs: 300, maxRetryDelayMs: 2000 },
    },
  },
};

/** Milliseconds before each new attempt after a fatal error, the last one again and again: spoilt data are refused at once. */
const RECOVERY_DELAYS = [0, 1000, 2000, 3000];
/** A disturbance that lasts longer, ms, is one for the person. */
const LONGEST_DISTURBANCE = 12_000;
/** Seconds of picture or sound in a row after which an error counts as overcome. */
const STEADY = 5;

/**
 * Plays a live playlist on a video element. hls.js is loaded when first needed; where it has no media source extensions
 * to work with, the browser's own HLS does it.
 * @param language ISO 639 code of the sound track to prefer
 * @throws Problem `player-unsupported`
 */
export async function attach(
  video: HTMLVideoElement,
  address: string,
  language: string | null,
  events: EngineEvents,
): Promise<Engine> {
  const { default: Library } = await import("hls.js").catch((error: unknown) => {
    throw new Problem(UNREACHABLE, String(error));
  });
  if (Library.isSupported()) return attachLibrary(Library, video, address, language, events);
  if (video.canPlayType("application/vnd.apple.mpegurl") !== "") return attachNative(video, address, events);
  throw new Problem("player-unsupported");
}

function attachLibrary(
  Library: typeof Hls,
  video: HTMLVideoElement,
  address: string,
  language: string | null,
  events: EngineEvents,
): Engine {
  const hls = new Library(language === null ? CONFIG : { ...CONFIG, audioPreference: { lang: language } });
  let recoveries = 0;
  let disturbedSince = 0;
  let asking = false;
  let stopped = false;
  let hasPlayed = false;
  let steady = 0;
  let lastTime = video.currentTime;
  /** A stream of which nothing was ever seen will hardly become better. */
  const isHopeless = (): boolean =>
    recoveries >= RECOVERY_DELAYS.length &&
    (!hasPlayed || performance.now() - disturbedSince > LONGEST_DISTURBANCE);
  const countRecovery = (): void => {
    if (recoveries++ === 0) disturbedSince = performance.now();
  };
  // What was fetched may still be undecodable: only what was seen or heard counts.
  const onTime = (): void => {
    const step = video.currentTime - lastTime;
    lastTime = video.currentTime;
    if (step <= 0 || step > 2 || video.seeking) return; // a jump
    steady += step;
    hasPlayed ||= steady > 0.2;
    if (steady >= STEADY) recoveries = 0;
  };
  video.addEventListener("timeupdate", onTime);
  hls.on(Library.Events.ERROR, (_, data) => void onError(data));
  hls.on(Library.Events.AUDIO_TRACKS_UPDATED, () => events.audioChanged());
  hls.on(Library.Events.AUDIO_TRACK_SWITCHED, () => events.audioChanged());
  let attachments = 0;
  let revival: ReturnType<typeof setTimeout> | undefined;
  // the library does so of its own accord as well, without end
  hls.on(Library.Events.MEDIA_ATTACHING, () => {
    if (attachments++ === 0) return;
    steady = 0;
    if (isHopeless()) return queueMicrotask(giveUp);
    countRecovery();
    const { currentTime } = video;
    const isFirst = recoveries === 1;
    queueMicrotask(() => hls.stopLoad());
    // the second time in a row what lies before the live edge is spoilt
    clearTimeout(revival);
    revival = setTimeout(
      () => {
        revival = undefined;
        hls.startLoad((isFirst ? currentTime : hls.liveSyncPosition) || -1);
      },
      RECOVERY_DELAYS[Math.min(recoveries, RECOVERY_DELAYS.length) - 1],
    );
    events.revived();
  });
  // an element attached starts loading by itself: not before the time has come
  hls.on(Library.Events.MEDIA_ATTACHED, () => (stopped || revival !== undefined) && hls.stopLoad());
  hls.on(Library.Events.MANIFEST_PARSED, () => stopped && hls.stopLoad());
  hls.loadSource(address);
  hls.attachMedia(video);

  async function onError(data: ErrorData): Promise<void> {
    if (!data.fatal || asking || stopped) return;
    steady = 0;
    if (data.type === Library.ErrorTypes.MEDIA_ERROR) {
      if (isHopeless()) giveUp();
      else hls.recoverMediaError();
      return;
    }
    // the library knows a status at most; the box says why
    asking = true;
    const problem = await reasonOf(address);
    asking = false;
    if (stopped) return;
    if (problem === null && recoveries < RECOVERY_DELAYS.length) {
      countRecovery();
      if (hls.levels.length === 0) hls.loadSource(address);
      hls.startLoad();
    } else events.failed(problem ?? new Problem("playback-ended", data.details));
  }

  function giveUp(): void {
    if (!stopped) events.failed(new Problem(hasPlayed ? "signal-disturbed" : "client-cannot-decode"));
  }

  function stop(): void {
    stopped = true;
    clearTimeout(revival);
    video.removeEventListener("timeupdate", onTime);
    hls.stopLoad();
  }

  return {
    audioTracks: () =>
      hls.audioTracks.map((track, index) => ({
        id: index,
        ...trackName(track.lang, track.name, track.characteristics),
        chosen: index === hls.audioTrack,
      })),
    chooseAudio: (id) => void (hls.audioTrack = id),
    backToLive() {
      const edge = hls.liveSyncPosition;
      const oldest = video.seekable.length > 0 ? video.seekable.start(0) : 0;
      if (edge !== null && video.currentTime < oldest) video.currentTime = edge;
    },
    stop,
    destroy() {
      stop();
      hls.destroy();
    },
  };
}

/** Safari's own list of sound tracks, which TypeScript's DOM does not know. */
interface NativeAudioTrack {
  enabled: boolean;
  language: string;
  label: string;
}

function attachNative(video: HTMLVideoElement, address: string, events: EngineEvents): Engine {
  const tracks = (video as { audioTracks?: EventTarget & ArrayLike<NativeAudioTrack> }).audioTracks;
  const list = (): NativeAudioTrack[] => (tracks ? Array.from(tracks) : []);
  const onError = (): void => {
    void reasonOf(address).then((problem) => events.failed(problem ?? new Problem("client-cannot-decode")));
  };
  video.addEventListener("error", onError);
  tracks?.addEventListener("addtrack", events.audioChanged);
  tracks?.addEventListener("change", events.audioChanged);
  video.src = address;
  return {
    audioTracks: () =>
      list().map((track, id) => ({ id, ...trackName(track.language, track.label), chosen: track.enabled })),
    chooseAudio(id) {
      list().forEach((track, index) => (track.enabled = index === id));
    },
    backToLive() {
      const { seekable } = video;
      if (seekable.length > 0 && video.currentTime < seekable.start(0))
        video.currentTime = seekable.end(0) - 4;
    },
    stop() {
      video.pause();
      video.removeEventListener("error", onError);
    },
    destroy() {
      video.removeEventListener("error", onError);
      tracks?.removeEventListener("addtrack", events.audioChanged);
      tracks?.removeEventListener("change", events.audioChanged);
      video.removeAttribute("src");
      video.load();
    },
  };
}

/** Asks for the playlist as the player did. @returns null when the box has nothing against it */
async function reasonOf(address: string): Promise<Problem | null> {
  try {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    return response.ok ? null : causeOf(await problemOf(response));
  } catch (error) {
    return new Problem(UNREACHABLE, asProblem(error).message);
  }
}

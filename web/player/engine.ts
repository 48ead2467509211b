import type Hls from "hls.js";
import type { ErrorData, HlsConfig } from "hls.js";
import { Problem, UNREACHABLE } from "../api/problem.ts";
import { audioOf, preferredAudio, type AudioTrack, type AudioWish } from "./audio-tracks.ts";
import type { EngineFacts } from "./facts.ts";
import { BitRate, type LinkMeter } from "./link-meter.ts";
import { attachNative } from "./native-engine.ts";
import { playsHls } from "./plays-hls.ts";
import { reasonOf } from "./reason-of.ts";
import type { SubtitleTrack, SubtitleWish } from "./subtitle-tracks.ts";
import { Subtitles, type Screen } from "./subtitles.ts";

/** Seconds on the element's time line. */
export interface Reach {
  /** Beginning of the oldest segment that is listed: what the element has of older ones ends soon. */
  readonly oldest: number;
  /** Where one is when one watches live. */
  readonly live: number;
}

/** One stream on one video element. */
export interface Engine {
  /** Sound tracks; empty or one when there is nothing to choose. */
  audioTracks(): AudioTrack[];
  chooseAudio(id: number): void;
  subtitles(): SubtitleTrack[];
  /** @param id null: none */
  chooseSubtitles(id: string | null): void;
  /** What the box still has; null while it is not known. */
  reach(): Reach | null;
  facts(): EngineFacts;
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
  readonly subtitlesChanged: () => void;
  /** The new stream is there: from now on it needs the connections that the former one holds. */
  readonly opened: () => void;
}

/** What to play, and how the viewer likes it. */
export interface Source {
  /** Of the multivariant playlist. */
  readonly address: string;
  readonly audio: AudioWish | null;
  readonly subtitles: SubtitleWish | null;
  /** Learns what the link holds. */
  readonly link: LinkMeter;
  /** The browser itself is to play it, if it can. */
  readonly native: boolean;
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
 * Plays a live playlist on a video element. hls.js is a chunk of its own; where it has no media source extensions
 * to work with, the browser's own HLS does it.
 * @throws Problem `player-unsupported`
 */
export async function attach(screen: Screen, source: Source, events: EngineEvents): Promise<Engine> {
  if (source.native && playsHls(screen.video)) return attachNative(screen.video, source, events);
  const { default: Library } = await import("hls.js").catch((error: unknown) => {
    throw new Problem(UNREACHABLE, String(error));
  });
  if (Library.isSupported()) return attachLibrary(Library, screen, source, events);
  if (playsHls(screen.video)) return attachNative(screen.video, source, events);
  throw new Problem("player-unsupported");
}

function attachLibrary(
  Library: typeof Hls,
  screen: Screen,
  { address, audio, subtitles: wish, link }: Source,
  events: EngineEvents,
): Engine {
  const { video } = screen;
  const hls = new Library(CONFIG);
  const bitRate = new BitRate();
  let heard = audio;
  const audioTracks = (): AudioTrack[] =>
    hls.audioTracks.map((track, id) => ({ id, ...audioOf(track), chosen: id === hls.audioTrack }));
  const subtitles = new Subtitles(Library, hls, screen, wish, () => events.subtitlesChanged());
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
  hls.on(Library.Events.AUDIO_TRACKS_UPDATED, () => {
    // nothing is chosen yet: what is chosen now is fetched, and nothing before it
    const wished = hls.audioTrack === -1 ? preferredAudio(audioTracks(), heard) : null;
    if (wished !== null) hls.audioTrack = wished.id;
    events.audioChanged();
  });
  hls.on(Library.Events.FRAG_LOADED, (_, { frag, part }) => {
    const { stats, duration } = part ?? frag;
    const { start, first, end } = stats.loading;
    link.add({ bytes: stats.loaded, ms: Math.max(1, end - (first || start)) });
    bitRate.add(frag.type, stats.loaded, duration);
  });
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
  hls.on(Library.Events.MANIFEST_PARSED, () => (stopped ? hls.stopLoad() : events.opened()));
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
    audioTracks,
    chooseAudio(id) {
      heard = audioTracks()[id] ?? null;
      hls.audioTrack = id;
    },
    subtitles: () => subtitles.list(),
    chooseSubtitles: (id) => subtitles.choose(id),
    reach() {
      const live = hls.liveSyncPosition;
      const oldest = hls.latestLevelDetails?.fragments[0]?.start;
      return live === null || oldest === undefined ? null : { oldest, live: Math.max(oldest, live) };
    },
    facts() {
      const level = hls.levels[Math.max(0, hls.currentLevel)];
      const track = hls.audioTracks[hls.audioTrack];
      return {
        videoCodec: level?.videoCodec ?? null,
        audioCodec: track?.audioCodec ?? level?.audioCodec ?? null,
        bitRate: bitRate.value,
        listedRate: level?.bitrate ?? null,
        receivedAt: hls.playingDate?.getTime() ?? null,
        native: false,
      };
    },
    stop,
    destroy() {
      stop();
      subtitles.close();
      hls.destroy();
    },
  };
}

import { signal } from "@preact/signals";
import type { Capabilities, Channel, Playback, PlaybackRequest } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { Problem, UNREACHABLE, asProblem, causeOf } from "../api/problem.ts";
import { recall, remember } from "../memory.ts";
import type { AudioTrack } from "./audio-tracks.ts";
import { Stage } from "./stage.ts";

/** Milliseconds between renewals of a paused playback and between fresh goodbyes. */
const TICK = 20_000;
/** Milliseconds from the box's yes to the first frame. */
const START_PATIENCE = 20_000;
/** Milliseconds after the start by which a television channel must have a picture size. */
const PICTURE_PATIENCE = 4000;
/** Milliseconds of standing still after which the box is asked whether it is there. */
const WAITING_PATIENCE = 4000;
/** Milliseconds of standing still after which it is said, though the box is there. */
const STANDSTILL = 30_000;
/** Milliseconds after a failure within which the box's return starts the channel again: later nobody may be there. */
const RESUME_WITHIN = 900_000;
/** Milliseconds after the box's return within which the end of what played before is a matter of course. */
const RETURN_SETTLES = 30_000;

/** Ends that the box's return, or the network's, may have mended. */
const MAY_BE_MENDED = new Set([UNREACHABLE, "device-gone", "no-lock", "no-data", "signal-disturbed"]);
/** What is said of a playback that the box no longer knows. */
const FORGOTTEN = new Set([
  "stopping",
  "playback-ended",
  "playback-not-found",
  "grant-ended",
  "grant-invalid",
  "stream-idle",
]);

/** Refusals that our own present playback may be the cause of. */
const GIVES_WAY = new Set(["no-tuner-free", "too-many-playbacks", "tuner-limit", "device-busy"]);

export interface PlayerDeps {
  readonly connection: BoxConnection;
  readonly capabilities: () => Promise<Capabilities>;
}

/** Watching: one channel after another on one stage, each locked on the box and let go again. */
export class Player {
  readonly #deps: PlayerDeps;
  readonly channel = signal<Channel | null>(null);
  readonly phase = signal<"starting" | "playing" | "failed">("starting");
  readonly problem = signal<Problem | null>(null);
  readonly paused = signal(false);
  readonly buffering = signal(false);
  readonly muted = signal(false);
  /** The browser refused sound before a touch: the person should know. */
  readonly silenced = signal(false);
  readonly audioTracks = signal<readonly AudioTrack[]>([]);

  #stage: Stage | null = null;
  #wanted: Channel | null = null;
  #working = false;
  /** Gives up the request for a channel that nobody wants any more. */
  #locking = new AbortController();
  #current: Playback | null = null;
  #former: Playback[] = [];
  #goodbye: (() => void) | null = null;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #standingSince: number | null = null;
  #standstill: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #failedAt = -Infinity;
  #boxBackAt = -Infinity;
  #language = recall("audio-language");

  constructor(deps: PlayerDeps) {
    this.#deps = deps;
  }

  /** Takes the two video elements; before that, tuning waits. */
  mount(videos: readonly [HTMLVideoElement, HTMLVideoElement]): void {
    this.#stage = new Stage(videos, {
      started: () => this.#onStarted(),
      failed: (problem) => this.#fail(problem),
      silenced: () => {
        this.silenced.value = true;
        this.muted.value = true;
      },
      waiting: (isWaiting) => this.#setBuffering(isWaiting),
      paused: (isPaused) => {
        if (this.phase.value !== "playing") return;
        this.paused.value = isPaused;
        if (isPaused) this.#setBuffering(false);
      },
      audioTracks: (tracks) => (this.audioTracks.value = tracks),
    });
    this.#tick = setInterval(() => void this.#onTick(), TICK);
    window.addEventListener("pagehide", this.#onPageHide);
    window.addEventListener("pageshow", this.#onPageShow);
    if (this.#wanted !== null) void this.#work();
  }

  /** Watch this channel; of several calls in a row the last one counts. */
  tune(channel: Channel): void {
    this.channel.value = channel;
    this.problem.value = null;
    this.phase.value = "starting";
    this.paused.value = false;
    this.#setBuffering(false);
    this.#wanted = channel;
    this.#locking.abort();
    clearTimeout(this.#watchdog);
    if (this.#stage !== null && !this.#working) void this.#work();
  }

  again(): void {
    if (this.channel.value !== null) this.tune(this.channel.value);
  }

  togglePause(): void {
    if (this.phase.value !== "playing") return;
    if (this.paused.value) this.#stage?.resume();
    else this.#stage?.pause();
  }

  setMuted(muted: boolean): void {
    this.silenced.value = false;
    this.muted.value = muted;
    this.#stage?.setMuted(muted);
  }

  chooseAudio(track: AudioTrack): void {
    this.#stage?.chooseAudio(track.id);
    this.#language = track.language;
    if (track.language !== null) remember("audio-language", track.language);
  }

  /** The box says that a playback came to its end. */
  onEnded(ended: { id: string; code: string; title: string; detail?: unknown }): void {
    if (ended.id !== this.#current?.id) return;
    this.#current = null;
    this.#fail(causeOf(new Problem(ended.code, ended.title, { detail: ended.detail })));
  }

  /** The box, or the network, is there again after a break: what ended because of it goes on, tried once. */
  onBoxBack(): void {
    const { code = "" } = this.problem.value ?? {};
    if (this.phase.value !== "failed") this.#boxBackAt = performance.now();
    else if (
      (MAY_BE_MENDED.has(code) || FORGOTTEN.has(code)) &&
      performance.now() - this.#failedAt < RESUME_WITHIN
    )
      this.again();
  }

  close(): void {
    clearInterval(this.#tick);
    clearTimeout(this.#watchdog);
    clearTimeout(this.#standstill);
    window.removeEventListener("pagehide", this.#onPageHide);
    window.removeEventListener("pageshow", this.#onPageShow);
    this.#wanted = null;
    this.#locking.abort();
    this.#stage?.close();
    this.#stage = null;
    void this.#releaseAll();
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#wanted !== null) {
      const channel = this.#wanted;
      this.#wanted = null;
      try {
        await this.#start(channel);
      } catch (error) {
        if (this.#wanted === null && this.#stage !== null) this.#fail(asProblem(error));
      }
    }
    this.#working = false;
  }

  async #start(channel: Channel): Promise<void> {
    const playback = await this.#lock(channel);
    if (this.#current !== null) this.#former.push(this.#current);
    this.#current = playback;
    if (this.#wanted !== null) return; // the person is already further; the next start lets this one go
    if (this.#stage === null) return void this.#releaseAll();
    // the former channel may have failed while this one was asked for
    this.phase.value = "starting";
    this.problem.value = null;
    this.#watchdog = setTimeout(() => this.#fail(new Problem("stream-start-timeout")), START_PATIENCE);
    await Promise.all([
      this.#prepareGoodbye(),
      this.#stage.show({ address: playback.hls, language: this.#language }),
    ]);
  }

  async #lock(channel: Channel): Promise<Playback> {
    const body: PlaybackRequest = { channel: channel.id, capabilities: await this.#deps.capabilities() };
    this.#locking = new AbortController();
    const { signal } = this.#locking;
    if (this.#wanted !== null) throw new Problem("request-cancelled");
    const ask = (): Promise<Playback> =>
      this.#deps.connection.call<Playback>("POST", "/api/v1/playback", { body, signal, timeoutMs: 40_000 });
    try {
      return await ask();
    } catch (error) {
      if (this.#current === null || !GIVES_WAY.has(asProblem(error).code)) throw error;
      // With a single tuner it is our own channel that is in the way: let it go, keep its last picture, ask again.
      this.#stage?.freeze();
      await this.#releaseAll();
      return ask();
    }
  }

  #onStarted(): void {
    clearTimeout(this.#watchdog);
    this.phase.value = "playing";
    this.#setBuffering(false);
    const former = this.#former;
    this.#former = [];
    for (const playback of former) void this.#release(playback);
    if (this.channel.value?.kind !== "tv") return;
    // never a picture-less channel without a word: some browsers drop video they cannot decode and play on
    this.#watchdog = setTimeout(() => {
      if (this.#stage?.video.videoWidth === 0) this.#fail(new Problem("picture-missing"));
    }, PICTURE_PATIENCE);
  }

  /** The first reason counts: what follows from it would only hide it. */
  #fail(problem: Problem): void {
    if (this.phase.value === "failed") return;
    clearTimeout(this.#watchdog);
    this.#stage?.freeze();
    this.#setBuffering(false);
    this.phase.value = "failed";
    this.problem.value = problem;
    this.#failedAt = performance.now();
    void this.#releaseAll();
    if (!FORGOTTEN.has(problem.code) || this.#failedAt - this.#boxBackAt > RETURN_SETTLES) return;
    this.#boxBackAt = -Infinity; // once
    this.again();
  }

  #setBuffering(isBuffering: boolean): void {
    if (this.buffering.value === isBuffering) return;
    this.buffering.value = isBuffering;
    clearTimeout(this.#standstill);
    this.#standingSince = isBuffering ? performance.now() : null;
    if (this.#standingSince !== null) this.#watchStandstill(this.#standingSince);
  }

  /** hls.js tries for long before it gives up; a person wants to know sooner. */
  #watchStandstill(since: number): void {
    this.#standstill = setTimeout(() => {
      void this.#reasonToStand(since).then((problem) => {
        if (this.#standingSince !== since || this.phase.value !== "playing") return;
        if (problem === null) this.#watchStandstill(since);
        else this.#fail(problem);
      });
    }, WAITING_PATIENCE);
  }

  async #reasonToStand(since: number): Promise<Problem | null> {
    try {
      await this.#deps.connection.call("GET", "/api/v1/box", { open: true, timeoutMs: 5000 });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === UNREACHABLE) return problem;
    }
    return performance.now() - since < STANDSTILL ? null : new Problem("signal-disturbed");
  }

  async #onTick(): Promise<void> {
    const playback = this.#current;
    if (playback === null) return;
    if (this.paused.value) {
      const path = `/api/v1/playback/${encodeURIComponent(playback.id)}/renew`;
      await this.#deps.connection.call("POST", path).catch((error: unknown) => {
        const problem = asProblem(error);
        if (problem.status !== 0 && this.#current === playback) this.#fail(problem);
      });
    }
    await this.#prepareGoodbye();
  }

  async #prepareGoodbye(): Promise<void> {
    const playback = this.#current;
    if (playback === null) return;
    this.#goodbye = await this.#deps.connection.prepare("DELETE", pathOf(playback)).catch(() => null);
  }

  #releaseAll(): Promise<unknown> {
    const all = this.#current === null ? this.#former : [...this.#former, this.#current];
    this.#current = null;
    this.#former = [];
    this.#goodbye = null;
    return Promise.all(all.map((playback) => this.#release(playback)));
  }

  /** Said again when the network is back; without it a playback that nobody fetches ends by itself on the box. */
  async #release(playback: Playback): Promise<void> {
    await this.#deps.connection.call("DELETE", pathOf(playback)).catch((error: unknown) => {
      if (asProblem(error).status !== 0) return;
      window.addEventListener("online", () => void this.#release(playback), { once: true });
    });
  }

  readonly #onPageHide = (): void => this.#goodbye?.();
  /** The page comes back from the browser's memory, its playback long let go. */
  readonly #onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted && this.phase.value !== "failed") this.again();
  };
}

function pathOf(playback: Playback): string {
  return `/api/v1/playback/${encodeURIComponent(playback.id)}`;
}

import { signal } from "@preact/signals";
import type { Capabilities, Channel } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { Problem, asProblem, causeOf } from "../api/problem.ts";
import type { AudioTrack } from "./audio-tracks.ts";
import { ChannelLock } from "./channel-lock.ts";
import { Comeback } from "./comeback.ts";
import type { StageFacts } from "./facts.ts";
import { HeldPlaybacks } from "./held-playbacks.ts";
import { LinkMeter } from "./link-meter.ts";
import { Notices } from "./notices.ts";
import { watched } from "./previous-channel.ts";
import type { QualityWish } from "./quality.ts";
import { QualityAdvice } from "./quality-advice.ts";
import { Stage, type TimeWindow } from "./stage.ts";
import { Standstill } from "./standstill.ts";
import type { SubtitleTrack } from "./subtitle-tracks.ts";
import type { Screen } from "./subtitles.ts";
import { Upkeep } from "./upkeep.ts";
import { ViewerWishes } from "./viewer-wishes.ts";
import { WatchLog } from "./watch-log.ts";

/** Milliseconds from the box's yes to the first frame. */
const START_PATIENCE = 20_000;
/** Milliseconds after the start by which a television channel must have a picture size. */
const PICTURE_PATIENCE = 4000;
/** Milliseconds between looks at the clock of the picture. */
const LOOK = 500;

export type { Notice } from "./notices.ts";

export interface PlayerDeps {
  readonly connection: BoxConnection;
  readonly capabilities: () => Promise<Capabilities>;
  /** Nothing but what is on air now may be watched. */
  readonly liveOnly: () => boolean;
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

  readonly subtitles = signal<readonly SubtitleTrack[]>([]);
  /** Null while it is not known. */
  readonly window = signal<TimeWindow | null>(null);

  /** What the link to the box holds. */
  readonly link = new LinkMeter();
  readonly wishes = new ViewerWishes();
  /** How it goes. */
  readonly log = new WatchLog();
  readonly #notices = new Notices();
  /** What is said in passing; null: nothing. */
  readonly notice = this.#notices.current;
  readonly #advice = new QualityAdvice(this.wishes, this.link);
  /** As {@link QualityAdvice.suggestion}. */
  readonly suggestion = this.#advice.suggestion;

  #stage: Stage | null = null;
  #wanted: Channel | null = null;
  #working = false;
  readonly #held: HeldPlaybacks;
  readonly #lock: ChannelLock;
  readonly #upkeep: Upkeep;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  readonly #standstill: Standstill;
  readonly #comeback = new Comeback();
  #looking: ReturnType<typeof setInterval> | undefined;
  /** The browser itself plays, so that another device can fetch the stream. */
  #native = false;

  constructor(deps: PlayerDeps) {
    this.#deps = deps;
    const held = new HeldPlaybacks(deps.connection);
    this.#held = held;
    this.#lock = new ChannelLock({
      ...deps,
      held,
      wishes: this.wishes,
      onGivingWay: () => this.#stage?.freeze(),
      giveUpWish: (code) => this.#goWithoutConversion(code),
    });
    this.#upkeep = new Upkeep({
      held,
      isPaused: () => this.paused.value,
      onLost: (problem) => this.#fail(problem),
      onReturn: () => this.phase.value !== "failed" && this.again(),
      onNetwork: () => this.link.forget(),
    });
    this.#standstill = new Standstill(
      deps.connection,
      (problem) => this.phase.value === "playing" && this.#fail(problem),
    );
  }

  /** Takes two video elements and what is laid over them; before that, tuning waits. */
  mount(screens: readonly [Screen, Screen]): void {
    this.#stage = new Stage(screens, {
      started: () => this.#onStarted(),
      framed: (at) => this.log.framed(at),
      failed: (problem) => this.#fail(problem),
      silenced: () => {
        this.silenced.value = true;
        this.muted.value = true;
      },
      waiting: (isWaiting) => this.#onWaiting(isWaiting),
      paused: (isPaused) => {
        if (this.phase.value !== "playing") return;
        this.paused.value = isPaused;
        if (isPaused) this.#setBuffering(false);
      },
      audioTracks: (tracks) => (this.audioTracks.value = tracks),
      subtitles: (tracks) => (this.subtitles.value = tracks),
      jumped: () => this.#notices.say("oldest"),
    });
    this.#looking = setInterval(() => this.#look(), LOOK);
    this.#upkeep.start();
    if (this.#wanted !== null) void this.#work();
  }

  /** Watch this channel; of several calls in a row the last one counts. */
  tune(channel: Channel): void {
    this.#begin(channel, true);
  }

  #begin(channel: Channel, byHand: boolean): void {
    this.log.begin(byHand);
    watched(channel.id);
    this.suggestion.value = null;
    this.channel.value = channel;
    this.problem.value = null;
    this.phase.value = "starting";
    this.paused.value = false;
    this.#onWaiting(false);
    this.#wanted = channel;
    this.#lock.cancel();
    clearTimeout(this.#watchdog);
    if (this.#stage !== null && !this.#working) void this.#work();
  }

  again(): void {
    if (this.channel.value !== null) this.#begin(this.channel.value, false);
  }

  /** Stops for good, for a reason that is said; the tuner is free. */
  stop(reason: Problem): void {
    this.#wanted = null;
    this.#lock.cancel();
    clearTimeout(this.#watchdog);
    if (this.phase.value === "failed") this.problem.value = reason;
    else this.#fail(reason);
  }

  /** The element that is seen; null before there is one. */
  get video(): HTMLVideoElement | null {
    return this.#stage?.video ?? null;
  }

  /** What is known of what plays; null: nothing plays. */
  facts(): StageFacts | null {
    return this.phase.value === "playing" ? (this.#stage?.facts ?? null) : null;
  }

  togglePause(): void {
    if (this.phase.value !== "playing") return;
    if (this.paused.value) {
      this.#stage?.resume();
      if (this.#deps.liveOnly()) this.#stage?.seek(Infinity); // the browser may have paused it
    } else if (!this.#deps.liveOnly()) this.#stage?.pause();
  }

  setMuted(muted: boolean): void {
    this.silenced.value = false;
    this.muted.value = muted;
    this.#stage?.setMuted(muted);
  }

  chooseAudio(track: AudioTrack): void {
    this.#stage?.chooseAudio(track.id);
    this.wishes.audio = track;
  }

  /** @param track null: none; remembered for every channel */
  chooseSubtitles(track: SubtitleTrack | null): void {
    this.#stage?.chooseSubtitles(track?.id ?? null);
    this.wishes.subtitles = track;
  }

  /** From now on the browser itself plays: what scripts feed it no other device can fetch. */
  playNatively(): void {
    this.#native = true;
    this.again();
  }

  /** Remembered on this device. */
  chooseQuality(quality: QualityWish): void {
    if (this.wishes.choose(quality)) this.again();
  }

  /** @param seconds negative: back */
  seekBy(seconds: number): void {
    const { window } = this.#stage ?? {};
    if (window && !this.#deps.liveOnly() && this.phase.value === "playing") this.seekTo(window.at + seconds);
  }

  /** @param time seconds on the time line of `window` */
  seekTo(time: number): void {
    this.#stage?.seek(time);
    this.#look();
  }

  /** What is on air now, and playing. */
  toLive(): void {
    this.seekTo(Infinity);
    if (this.paused.value) this.togglePause();
  }

  /** The box says that a playback came to its end. */
  onEnded(ended: { id: string; code: string; title: string; detail?: unknown }): void {
    if (ended.id !== this.#held.current?.id) return;
    this.#held.drop();
    if (this.#goWithoutConversion(ended.code)) return this.again();
    this.#fail(causeOf(new Problem(ended.code, ended.title, { detail: ended.detail })));
  }

  /** The box, or the network, is there again after a break: what ended because of it goes on, tried once. */
  onBoxBack(): void {
    const failed = this.phase.value === "failed" ? (this.problem.value?.code ?? "") : null;
    if (this.#comeback.back(failed, performance.now())) this.again();
  }

  close(): void {
    this.#upkeep.stop();
    clearInterval(this.#looking);
    this.#notices.close();
    clearTimeout(this.#watchdog);
    this.#standstill.close();
    this.#wanted = null;
    this.#lock.cancel();
    this.#stage?.close();
    this.#stage = null;
    void this.#held.releaseAll();
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
    const figures = this.log.next;
    const playback = await this.#lock.lock(channel, () => this.#wanted === null);
    this.#held.take(playback, figures);
    this.log.coming(figures);
    if (this.#wanted !== null) return; // the person is already further; the next start lets this one go
    if (this.#stage === null) return void this.#held.releaseAll();
    // the former channel may have failed while this one was asked for
    this.phase.value = "starting";
    this.problem.value = null;
    this.#watchdog = setTimeout(() => this.#fail(new Problem("stream-start-timeout")), START_PATIENCE);
    await Promise.all([
      this.#held.prepareGoodbye(),
      this.#stage.show({
        address: playback.hls,
        audio: this.wishes.audio,
        subtitles: this.wishes.subtitles,
        link: this.link,
        native: this.#native,
      }),
    ]);
  }

  /** @returns whether what was refused was a wish that can be given up */
  #goWithoutConversion(code: string): boolean {
    const given = this.wishes.giveUp(code, this.channel.value?.id ?? null);
    if (given) this.#notices.say("original");
    return given;
  }

  #look(): void {
    const reachable = this.phase.value === "playing" && !this.#deps.liveOnly();
    this.window.value = reachable ? (this.#stage?.window ?? null) : null;
    if (this.#stage !== null && this.phase.value === "playing")
      this.log.seen(this.#stage.video.getVideoPlaybackQuality());
    const stage = this.phase.value === "playing" && !this.paused.value ? this.#stage : null;
    if (this.#advice.look(this.channel.value, stage, this.log.stalls)) this.again();
  }

  /** A jump waits too, and that is no fault of the link. */
  #onWaiting(isWaiting: boolean): void {
    const stalls =
      isWaiting && this.phase.value === "playing" && !this.paused.value && this.video?.seeking === false;
    if (this.log.standing(stalls)) this.#advice.suggest(this.channel.value);
    this.#setBuffering(isWaiting);
  }

  #onStarted(): void {
    clearTimeout(this.#watchdog);
    this.log.started();
    this.phase.value = "playing";
    this.#setBuffering(false);
    this.#look();
    void this.#held.releaseFormer();
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
    this.log.over();
    this.suggestion.value = null;
    this.phase.value = "failed";
    this.problem.value = problem;
    void this.#held.releaseAll();
    const wait = this.#comeback.failed(problem.code, performance.now());
    if (wait === 0) this.again();
    else if (wait !== null) this.#watchdog = setTimeout(() => this.again(), wait);
  }

  #setBuffering(isBuffering: boolean): void {
    this.buffering.value = isBuffering;
    this.#standstill.set(isBuffering);
  }
}

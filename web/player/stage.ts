import type { AudioTrack } from "./audio-tracks.ts";
import { Problem, UNREACHABLE } from "../api/problem.ts";
import type { Engine, Reach, Source } from "./engine.ts";
import { stageFacts, type StageFacts } from "./facts.ts";
import { float, floats } from "./picture-in-picture.ts";
import type { SubtitleTrack } from "./subtitle-tracks.ts";
import type { Screen } from "./subtitles.ts";

/** What the stage reports; none of it after `close`. */
export interface StageEvents {
  /** The new stream shows its first frame, or sounds; the old one is gone now. */
  started(): void;
  /** After that: when the first frame was there, ms as `performance.now()` has it. Radio has none. */
  framed(at: number): void;
  failed(problem: Problem): void;
  /** Playing with sound was refused; it plays muted until the person touches something. */
  silenced(): void;
  waiting(isWaiting: boolean): void;
  /** By the person, or by the system: headphones pulled, a call came. */
  paused(isPaused: boolean): void;
  audioTracks(tracks: AudioTrack[]): void;
  subtitles(tracks: SubtitleTrack[]): void;
  /** After a long pause there is nothing left where it stood: it goes on with the oldest that there is. */
  jumped(): void;
}

/** What can be reached now, and where one is in it; seconds on the element's time line. */
export interface TimeWindow extends Reach {
  readonly at: number;
}

/** Seconds from the oldest that there is: it is gone soon, and the first of it may still have to be fetched. */
const FROM_OLDEST = 2;
/** Seconds from live within which one watches live. */
const NEARLY_LIVE = 2;
/** Milliseconds. */
const FRAME_AFTER_SOUND = 1500;

interface Slot {
  readonly video: HTMLVideoElement;
  readonly overlay: HTMLCanvasElement;
  engine: Engine | null;
  /** The element is being fed anew: that it stands still is nobody's wish. */
  reviving: boolean;
  /** Ends the listeners of the stream in this slot. */
  release: AbortController;
}

/**
 * Two video elements, one seen: the next channel comes up behind the present one, whose picture stays until the new one is
 * there.
 */
export class Stage {
  readonly #slots: readonly [Slot, Slot];
  readonly #events: StageEvents;
  #front = 0;
  #turn = 0;
  #muted = false;
  /** The person, or the system in their name, wants it to stand still. */
  #paused = false;

  constructor(screens: readonly [Screen, Screen], events: StageEvents) {
    const slot = ({ video, overlay }: Screen): Slot => ({
      video,
      overlay,
      engine: null,
      reviving: false,
      release: new AbortController(),
    });
    this.#slots = [slot(screens[0]), slot(screens[1])];
    this.#events = events;
    for (const { video } of screens) {
      video.disableRemotePlayback = true;
      // While the touch that brought us here still counts: later, when the stream is there, phones of Apple would refuse sound.
      video.play().catch(() => undefined);
    }
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** The element that is seen. */
  get video(): HTMLVideoElement {
    return this.#shown.video;
  }

  get #shown(): Slot {
    return this.#slots[this.#front as 0 | 1];
  }

  /** Null while it is not known. */
  get window(): TimeWindow | null {
    const { video, engine } = this.#shown;
    const reach = engine?.reach() ?? null;
    return reach && { ...reach, at: video.currentTime };
  }

  /** Null while nothing is there. */
  get facts(): StageFacts | null {
    const { video, engine } = this.#shown;
    return engine && stageFacts(video, engine.facts());
  }

  /** Goes to a moment of the window, or as near to it as there is something. @param time seconds */
  seek(time: number): void {
    const { window } = this;
    if (window === null) return;
    const { oldest, live } = window;
    this.video.currentTime =
      time > live - NEARLY_LIVE ? live : Math.max(time, Math.min(oldest + FROM_OLDEST, live));
  }

  /**
   * Brings a stream up behind the present one.
   * @throws Problem when no player is there
   */
  async show(source: Source): Promise<void> {
    const turn = ++this.#turn;
    const back = this.#slots[(1 - this.#front) as 0 | 1];
    this.#clear(back);
    const { video, release } = back;
    const present = (): boolean => turn === this.#turn && !release.signal.aborted;
    const { attach } = await import("./engine.ts").catch((error: unknown) => {
      throw new Problem(UNREACHABLE, String(error));
    });
    if (!present()) return;
    const engine = await attach(back, source, {
      failed: (problem) => present() && this.#events.failed(problem),
      revived: () => present() && this.#revive(back, present),
      audioChanged: () => present() && this.#events.audioTracks(back.engine?.audioTracks() ?? []),
      subtitlesChanged: () => present() && this.#events.subtitles(back.engine?.subtitles() ?? []),
      // Browsers open few connections to one server, and the former stream's held playlists keep some of them busy.
      opened: () => present() && back !== this.#shown && this.#shown.engine?.stop(),
    });
    if (!present()) return engine.destroy();
    back.engine = engine;
    this.#onFirstFrame(back, present, () => this.#bringForward(back));
    const listen = (name: string, handler: () => void): void =>
      video.addEventListener(name, () => present() && handler(), { signal: release.signal });
    listen("waiting", () => this.#events.waiting(true));
    listen("playing", () => {
      back.reviving = false;
      this.#events.waiting(false);
    });
    // an element whose data are refused stands still too, some time before it is fed anew
    const refused = (): boolean => back.reviving || video.error !== null;
    listen("pause", () => video === this.video && !refused() && this.#setPaused(true));
    listen("play", () => video === this.video && this.#setPaused(false));
    await this.#play(video, present);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.video.muted = muted;
    if (!muted) void this.video.play().catch(() => undefined);
  }

  chooseAudio(id: number): void {
    this.#shown.engine?.chooseAudio(id);
  }

  chooseSubtitles(id: string | null): void {
    this.#shown.engine?.chooseSubtitles(id);
  }

  pause(): void {
    this.video.pause();
    this.#setPaused(true);
  }

  resume(): void {
    const { window } = this;
    if (window !== null && window.at < window.oldest) {
      this.seek(window.oldest);
      this.#events.jumped();
    }
    void this.video.play().catch(() => undefined);
  }

  /** Stops the stream but leaves its last frame on the screen. */
  freeze(): void {
    this.#turn++;
    const front = this.#shown;
    front.engine?.stop();
    front.video.pause();
    this.#clear(this.#slots[(1 - this.#front) as 0 | 1]);
  }

  close(): void {
    this.#turn++;
    for (const slot of this.#slots) this.#clear(slot);
  }

  #setPaused(isPaused: boolean): void {
    this.#paused = isPaused;
    this.#events.paused(isPaused);
  }

  #revive(slot: Slot, present: () => boolean): void {
    slot.reviving = true;
    if (slot.video === this.video && this.#paused) return;
    this.#events.waiting(true);
    void this.#play(slot.video, present);
  }

  async #play(video: HTMLVideoElement, present: () => boolean): Promise<void> {
    video.muted = this.#muted;
    try {
      await video.play();
    } catch (error) {
      // AbortError: the next channel came in between. Only a refusal is ours to answer.
      if (!present() || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.#muted = true;
      video.muted = true;
      this.#events.silenced();
      await video.play().catch(() => undefined);
    }
  }

  /** Radio has no frame: then it is the clock that moves. */
  #onFirstFrame({ video, release }: Slot, present: () => boolean, then: () => void): void {
    let doneAt: number | null = null;
    let outOfSight = document.hidden;
    document.addEventListener("visibilitychange", () => (outOfSight = true), { signal: release.signal });
    const once = (): void => {
      if (doneAt !== null || !present()) return;
      doneAt = performance.now();
      then();
    };
    if ("requestVideoFrameCallback" in video)
      video.requestVideoFrameCallback((_, { presentationTime }) => {
        once();
        // out of sight there is sound and no picture, however long
        if (present() && (!outOfSight || presentationTime < (doneAt ?? 0) + FRAME_AFTER_SOUND))
          this.#events.framed(presentationTime);
      });
    const from = video.currentTime;
    video.addEventListener(
      "timeupdate",
      () => {
        if (video.readyState >= video.HAVE_CURRENT_DATA && video.currentTime > from + 0.05 && !video.seeking)
          once();
      },
      { signal: release.signal },
    );
  }

  #bringForward(slot: Slot): void {
    const old = this.#shown;
    if (slot !== old) {
      this.#front = 1 - this.#front;
      old.video.toggleAttribute("data-front", false);
      this.#leave(old, slot);
    }
    this.#paused = false;
    slot.video.toggleAttribute("data-front", true);
    slot.video.muted = this.#muted;
    this.#events.audioTracks(slot.engine?.audioTracks() ?? []);
    this.#events.subtitles(slot.engine?.subtitles() ?? []);
    this.#events.started();
  }

  /** A small window of its own goes over to the new picture; an element that is emptied would close it. */
  #leave(old: Slot, next: Slot): void {
    if (!floats(old.video)) return this.#clear(old);
    const { release } = old;
    old.video.muted = true;
    void float(next.video)
      .catch(() => undefined)
      .finally(() => old.release === release && this.#clear(old));
  }

  #clear(slot: Slot): void {
    slot.release.abort();
    slot.release = new AbortController();
    slot.engine?.destroy();
    slot.engine = null;
    slot.reviving = false;
    slot.video.pause();
  }
}

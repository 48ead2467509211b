import type { Problem } from "../api/problem.ts";
import type { AudioTrack } from "./audio-tracks.ts";
import { attach, type Engine } from "./engine.ts";

/** What the stage reports; none of it after `close`. */
export interface StageEvents {
  /** The new stream shows its first frame, or sounds; the old one is gone now. */
  started(): void;
  failed(problem: Problem): void;
  /** Playing with sound was refused; it plays muted until the person touches something. */
  silenced(): void;
  waiting(isWaiting: boolean): void;
  /** By the person, or by the system: headphones pulled, a call came. */
  paused(isPaused: boolean): void;
  audioTracks(tracks: AudioTrack[]): void;
}

interface Slot {
  readonly video: HTMLVideoElement;
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

  constructor(videos: readonly [HTMLVideoElement, HTMLVideoElement], events: StageEvents) {
    const slot = (video: HTMLVideoElement): Slot => ({
      video,
      engine: null,
      reviving: false,
      release: new AbortController(),
    });
    this.#slots = [slot(videos[0]), slot(videos[1])];
    this.#events = events;
    for (const video of videos) {
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
    return this.#slots[this.#front as 0 | 1].video;
  }

  /**
   * Brings a stream up behind the present one.
   * @param source.language sound track to prefer
   * @throws Problem when no player is there
   */
  async show(source: { address: string; language: string | null }): Promise<void> {
    const turn = ++this.#turn;
    const back = this.#slots[(1 - this.#front) as 0 | 1];
    this.#clear(back);
    const { video, release } = back;
    const present = (): boolean => turn === this.#turn && !release.signal.aborted;
    const engine = await attach(video, source.address, source.language, {
      failed: (problem) => present() && this.#events.failed(problem),
      revived: () => present() && this.#revive(back, present),
      audioChanged: () => present() && this.#events.audioTracks(back.engine?.audioTracks() ?? []),
    });
    if (!present()) return engine.destroy();
    back.engine = engine;
    this.#onFirstFrame(back, () => present() && this.#bringForward(back));
    const listen = (name: string, handler: () => void): void =>
      video.addEventListener(name, () => present() && handler(), { signal: release.signal });
    listen("waiting", () => this.#events.waiting(true));
    listen("playing", () => {
      back.reviving = false;
      this.#events.waiting(false);
    });
    listen("pause", () => video === this.video && !back.reviving && this.#setPaused(true));
    listen("play", () => video === this.video && this.#setPaused(false));
    await this.#play(video, present);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.video.muted = muted;
    if (!muted) void this.video.play().catch(() => undefined);
  }

  chooseAudio(id: number): void {
    this.#slots[this.#front as 0 | 1].engine?.chooseAudio(id);
  }

  pause(): void {
    this.video.pause();
    this.#setPaused(true);
  }

  resume(): void {
    this.#slots[this.#front as 0 | 1].engine?.backToLive();
    void this.video.play().catch(() => undefined);
  }

  /** Stops the stream but leaves its last frame on the screen. */
  freeze(): void {
    this.#turn++;
    const front = this.#slots[this.#front as 0 | 1];
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
  #onFirstFrame({ video, release }: Slot, then: () => void): void {
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      then();
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(once);
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
    const old = this.#slots[this.#front as 0 | 1];
    if (slot !== old) {
      this.#front = 1 - this.#front;
      old.video.toggleAttribute("data-front", false);
      this.#clear(old);
    }
    this.#paused = false;
    slot.video.toggleAttribute("data-front", true);
    slot.video.muted = this.#muted;
    this.#events.audioTracks(slot.engine?.audioTracks() ?? []);
    this.#events.started();
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

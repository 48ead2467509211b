import { randomBytes } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, messageOf, type ErrorCode } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { ms, seconds, type Milliseconds } from "../../kernel/units.ts";
import type { ChannelCodecs } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/ports.ts";
import { CodecObserver } from "../channels/codec-facts.ts";
import type { MediaHistory } from "../channels/stored-channel.ts";
import type { MediaBudget } from "./hls/media-budget.ts";
import { SegmentStore, type TimeShift } from "./hls/segment-store.ts";
import type { MediaSource } from "./media-source.ts";
import type { PackagedPart, PackagedSegment, Rendition, SegmentSink } from "./packaging/ports.ts";
import type { PackagerFactory } from "./source-factories.ts";
import type { StreamProfile } from "./stream-profile.ts";
import { Waiters } from "./waiters.ts";

/** EXTINF rounded to whole seconds may not exceed the target duration: so much more is allowed. @see RFC 8216 §4.3.3.1 */
const ROUNDING = 0.4;

/** Monotonic readings of the way to the first picture; null until reached. */
export interface StreamMilestones {
  readonly lock: Milliseconds | null;
  readonly pmt: Milliseconds | null;
  readonly randomAccess: Milliseconds | null;
  readonly ready: Milliseconds | null;
  /** The first part, or where there are none the first segment. */
  readonly firstPart: Milliseconds | null;
}

export type StreamState =
  | { readonly kind: "tuning" }
  /** Locked; the first random access point has not come. */
  | { readonly kind: "locked" }
  | { readonly kind: "streaming" }
  | { readonly kind: "ended"; readonly error: TellyportError };

export interface LiveStreamOptions {
  readonly channel: string;
  readonly profile: StreamProfile;
  readonly source: MediaSource;
  readonly createPackager: PackagerFactory;
  readonly budget: MediaBudget;
  readonly timeShift: TimeShift;
  readonly history: MediaHistory | null;
  readonly knownCodecs: ChannelCodecs | null;
  readonly learnt: (facts: { codecs?: ChannelCodecs; history?: MediaHistory }) => void;
  /** Called once, when it ended for whatever reason. */
  readonly ended: (stream: LiveStream, code: ErrorCode, message: string) => void;
  readonly clock: Clock;
  readonly log: LineLog;
}

/** One run of one service's stream, shared by all who watch it. */
export class LiveStream implements SegmentSink {
  /** Random: a URL with it never names two different bytes, not even after a restart (P-04). */
  readonly id = randomBytes(9).toString("base64url");
  readonly channel: string;
  readonly profile: StreamProfile;
  readonly store: SegmentStore;
  readonly #options: LiveStreamOptions;
  readonly #observer: CodecObserver;
  readonly #abort = new AbortController();
  readonly #waiters: Waiters;
  #state: StreamState = { kind: "tuning" };
  #milestones: StreamMilestones = { lock: null, pmt: null, randomAccess: null, ready: null, firstPart: null };
  #lastAskedAt: Milliseconds;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.channel = options.channel;
    this.profile = options.profile;
    this.store = new SegmentStore({ ...options, ...options.timeShift });
    this.#waiters = new Waiters(options.clock);
    this.#lastAskedAt = options.clock.monotonic();
    this.#observer = new CodecObserver({
      next: options.createPackager(
        this,
        seconds(this.store.targetDuration + ROUNDING),
        options.profile.container,
      ),
      known: options.knownCodecs,
      learnt: (codecs) => {
        options.learnt({ codecs });
        this.#waiters.check();
      },
    });
  }

  get state(): StreamState {
    return this.#state;
  }

  get milestones(): StreamMilestones {
    return this.#milestones;
  }

  /** Monotonic ms when somebody last asked for it. */
  get lastAskedAt(): Milliseconds {
    return this.#lastAskedAt;
  }

  /** What a client must decode, once certain. */
  get codecs(): ChannelCodecs | null {
    return this.#observer.facts();
  }

  /** Begins; a failure ends the stream with its code. */
  start(): void {
    const { source, clock } = this.#options;
    const from = clock.monotonic();
    source.start(this.#observer, this.#abort.signal).then(
      (timings) => {
        if (this.#state.kind === "ended") return;
        if (this.#state.kind === "tuning") this.#state = { kind: "locked" };
        this.#milestones = {
          ...this.#milestones,
          lock: ms(from + timings.lock),
          pmt: ms(from + timings.pmt),
        };
        this.#progress();
      },
      (error: unknown) => {
        if (isTellyportError(error)) this.end(error.code, error.message, error);
        else {
          this.#options.log.error({ error: messageOf(error), channel: this.channel }, "stream-start-failed");
          this.end("internal", "The channel could not be started. The box's log says why.");
        }
      },
    );
  }

  /** What it weighs for the arbiter from now on. */
  reweigh(weight: WeightClass): void {
    if (this.#state.kind !== "ended") this.#options.source.reweigh?.(weight);
  }

  touch(): void {
    this.#lastAskedAt = this.#options.clock.monotonic();
  }

  /**
   * Resolves once the tracks and a first random access point are there.
   * @throws TellyportError `stream-start-timeout`, the stream's own end, or the signal's reason
   */
  ready(timeout: number, signal?: AbortSignal): Promise<void> {
    return this.#started(() => this.#milestones.ready !== null, timeout, signal);
  }

  /** Resolves once {@link codecs} is certain. @throws as {@link ready} */
  understood(timeout: number, signal?: AbortSignal): Promise<void> {
    return this.#started(() => this.#observer.facts() !== null, timeout, signal);
  }

  /**
   * Resolves once the rendition has a whole segment.
   * @param least `part`: once it has anything
   * @throws TellyportError `no-picture-or-sound` when none came in time, or the stream's end
   */
  firstMedia(rendition: string, timeout: number, least: "part" | "segment" = "segment"): Promise<void> {
    return this.#until(() => this.store.hasMedia(rendition, least), {
      timeout,
      late: () =>
        new TellyportError(
          "no-picture-or-sound",
          "The channel sends neither picture nor sound at the moment. Try again, or choose another channel.",
          { retryAfterMs: 2000 },
        ),
    });
  }

  /**
   * Resolves once something of a rendition is there that was not when it was asked for: a blocking playlist reload, or a
   * part that was hinted at. @see draft-pantos-hls-rfc8216bis §6.2.5.2
   * @param timeout ms
   * @throws TellyportError `playlist-not-updated` when it did not come in time, `segment-gone` when the stream lost the
   *   rendition, or the stream's end
   */
  update(rendition: string, test: () => boolean, timeout: number): Promise<void> {
    const done = (): boolean => !this.store.ring(rendition, "any").current || test();
    return this.#until(done, {
      timeout,
      late: () =>
        new TellyportError(
          "playlist-not-updated",
          "The channel has sent nothing new for a while. Ask again.",
          { retryAfterMs: 1000 },
        ),
    });
  }

  /** Ends it: the source is let go at once, and everybody who waits or watches is told why. */
  end(code: ErrorCode, message: string, error = new TellyportError(code, message)): void {
    if (this.#state.kind === "ended") return;
    this.#state = { kind: "ended", error };
    this.#abort.abort(new TellyportError("request-cancelled", "The stream was ended."));
    this.#options.source.stop();
    this.#observer.ended(code, message); // the packager lets go of what it holds
    const history = this.store.history();
    if (history !== null) this.#options.learnt({ history });
    this.store.close();
    this.#waiters.fail(error);
    this.#options.ended(this, code, message);
  }

  /** @throws TellyportError why it ended, if it did */
  throwIfEnded(): void {
    if (this.#state.kind === "ended") throw this.#state.error;
  }

  // ---- SegmentSink

  renditions(renditions: readonly Rendition[]): void {
    if (this.#state.kind === "ended") return;
    this.store.setRenditions(renditions);
    this.#progress();
  }

  randomAccess(): void {
    if (this.#state.kind === "ended" || this.#milestones.randomAccess !== null) return;
    this.#milestones = { ...this.#milestones, randomAccess: this.#options.clock.monotonic() };
    this.#progress();
  }

  part(part: PackagedPart): void {
    if (this.#state.kind === "ended") {
      part.data.release();
      return;
    }
    this.store.addPart(part);
    this.#firstPart();
    this.#waiters.check();
  }

  segment(segment: PackagedSegment): void {
    if (this.#state.kind === "ended") {
      segment.data.release();
      return;
    }
    this.store.add(segment);
    this.#firstPart();
    this.#waiters.check();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.end(code, message, new TellyportError(code, message, detail === undefined ? {} : { detail }));
  }

  // ----

  #firstPart(): void {
    if (this.#milestones.firstPart !== null) return;
    this.#milestones = { ...this.#milestones, firstPart: this.#options.clock.monotonic() };
  }

  #progress(): void {
    const { renditions } = this.store;
    const { randomAccess, ready } = this.#milestones;
    const picture = renditions.some(({ track }) => track.kind === "video");
    if (ready === null && renditions.length > 0 && (randomAccess !== null || !picture)) {
      this.#state = { kind: "streaming" };
      const now = this.#options.clock.monotonic();
      this.#milestones = { ...this.#milestones, randomAccess: randomAccess ?? now, ready: now };
    }
    this.#waiters.check();
  }

  #started(test: () => boolean, timeout: number, signal?: AbortSignal): Promise<void> {
    return this.#until(test, {
      timeout,
      late: () =>
        new TellyportError(
          "stream-start-timeout",
          "The channel did not start in time. Try again, or choose another channel.",
          { retryAfterMs: 1000 },
        ),
      ...(signal !== undefined && { signal }),
    });
  }

  async #until(...wait: Parameters<Waiters["until"]>): Promise<void> {
    this.throwIfEnded();
    await this.#waiters.until(...wait);
    // What the packager still held when the stream ended lets waiters go, and is gone already.
    this.throwIfEnded();
  }
}

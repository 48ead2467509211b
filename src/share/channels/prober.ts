import type { Clock, Timer } from "../../kernel/clock.ts";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { SourceFactory } from "../live/source-factories.ts";
import type { ChannelList } from "./channel-list.ts";
import { CodecObserver } from "./codec-facts.ts";
import type { StoredChannel } from "./stored-channel.ts";

export interface ProberOptions {
  readonly channels: ChannelList;
  readonly createSource: SourceFactory;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest look at one channel, ms; default 6000. */
  readonly lookMs?: number;
  /** Pause between two looks, ms; default 500. */
  readonly pauseMs?: number;
  /** First wait after a look that learnt nothing, ms; doubles up to 6 h; default 10 min. */
  readonly retryMs?: number;
}

const LONGEST_RETRY = 6 * 60 * 60_000;
/** How often it looks for work when nothing happens, ms. */
const IDLE_CHECK = 60_000;

/**
 * Learns the codecs of channels that nobody has watched yet, one at a time, on tuners that nobody needs.
 *
 * It subscribes with the lightest weight, so that the arbiter takes its tuner away as soon as anybody else wants one.
 */
export class Prober {
  readonly #options: Required<ProberOptions>;
  readonly #failures = new Map<string, { count: number; notBefore: number }>();
  #running: AbortController | null = null;
  #timers: Timer[] = [];
  #unsubscribe: (() => void) | null = null;
  #stopped = false;

  constructor(options: ProberOptions) {
    this.#options = { lookMs: 6000, pauseMs: 500, retryMs: 10 * 60_000, ...options };
  }

  start(): void {
    this.#unsubscribe = this.#options.channels.changed.on(() => this.#schedule());
    this.#timers.push(this.#options.clock.every(IDLE_CHECK, () => this.#schedule()));
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
    for (const timer of this.#timers) timer.cancel();
    this.#next?.cancel();
    this.#running?.abort();
  }

  #next: Timer | null = null;

  #schedule(): void {
    if (this.#stopped || this.#running !== null || this.#next !== null) return;
    this.#next = this.#options.clock.after(this.#options.pauseMs, () => {
      this.#next = null;
      const channel = this.#candidate();
      if (channel !== null) void this.#look(channel);
    });
  }

  /** A channel without facts on a multiplex that can be had; one that runs already comes first. */
  #candidate(): StoredChannel | null {
    const { channels, clock } = this.#options;
    let free: StoredChannel | null = null;
    for (const channel of channels.all()) {
      if (channel.codecs !== null || channel.kind === "data" || !channel.visible) continue;
      if ((this.#failures.get(channel.id)?.notBefore ?? 0) > clock.monotonic()) continue;
      const availability = channels.availability(channel, "idleScan");
      if (availability === "shares-tuner") return channel;
      if (availability === "free") free ??= channel;
    }
    return free;
  }

  async #look(channel: StoredChannel): Promise<void> {
    const { channels, createSource, clock, log, lookMs } = this.#options;
    const service = channels.service(channel.id);
    if (service === undefined) return;
    const abort = new AbortController();
    this.#running = abort;
    const source = createSource(service, "idleScan", "looking for codecs");
    let timer: Timer | null = null;
    try {
      await new Promise<void>((resolve, reject) => {
        const observer = new CodecObserver({
          known: null,
          learnt: (codecs) => channels.learn(channel.id, { codecs }),
          next: {
            tracks: () => void (observer.seenEnough && resolve()),
            accessUnit: () => void (observer.seenEnough && resolve()),
            discontinuity: () => undefined,
            ended: (code) => reject(new Error(code)),
          },
        });
        timer = clock.after(lookMs, resolve);
        abort.signal.addEventListener("abort", () => resolve(), { once: true });
        source.start(observer, abort.signal).catch(reject);
      });
    } catch (error) {
      const reason = isTellyportError(error) ? error.code : messageOf(error);
      log.debug({ channel: channel.id, reason }, "probe-failed");
    } finally {
      (timer as Timer | null)?.cancel();
      abort.abort();
      source.stop();
      this.#running = null;
    }
    this.#settle(channel.id);
    this.#schedule();
  }

  #settle(id: string): void {
    const { channels, clock, retryMs } = this.#options;
    if ((channels.get(id)?.codecs ?? null) !== null) {
      this.#failures.delete(id);
      return;
    }
    const count = (this.#failures.get(id)?.count ?? 0) + 1;
    const wait = Math.min(LONGEST_RETRY, retryMs * 2 ** (count - 1));
    this.#failures.set(id, { count, notBefore: clock.monotonic() + wait });
  }
}

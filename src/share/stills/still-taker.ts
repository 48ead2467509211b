import type { Clock, Timer } from "../../kernel/clock.ts";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { ListedChannel } from "../channels/stored-channel.ts";
import type { SourceFactory } from "../live/source-factories.ts";
import { newestPicture } from "./newest-picture.ts";
import type { StillStore } from "./still-store.ts";
import type { StillMaker } from "./still.ts";
import { Turns } from "./turns.ts";

export interface StillTakerOptions {
  readonly channels: Pick<ChannelList, "all" | "service" | "availability" | "changed">;
  readonly createSource: SourceFactory;
  readonly makeStill: StillMaker;
  readonly store: StillStore;
  /** Ids of multiplexes that are received anyway, and on. See {@link receivedNow}. */
  readonly received: () => ReadonlySet<string>;
  /** The box has more important things to do now. */
  readonly busy: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** From one still of a channel to the next, ms; default 5 min. */
  readonly periodMs?: number;
  /** From one still to the next of any channel, ms; default 5 s. */
  readonly pauseMs?: number;
  /** Share of one core that making stills may take, 0..1: on a slow box the pauses are longer. Default 0.05. */
  readonly cpuShare?: number;
  /** Longest wait for a picture, ms; default 1500. */
  readonly lookMs?: number;
  /** First wait after a still that did not come about, ms; doubles up to 30 min; default 1 min. */
  readonly retryMs?: number;
}

const LONGEST_RETRY = 30 * 60_000;
const DEFAULTS = { periodMs: 5 * 60_000, pauseMs: 5000, cpuShare: 0.05, lookMs: 1500, retryMs: 60_000 };

/**
 * Takes a still of every channel now and then, one at a time, from what is received anyway: it never has anything tuned.
 */
export class StillTaker implements Component {
  readonly name = "stills";
  readonly #options: Required<StillTakerOptions>;
  readonly #turns: Turns;
  readonly #abort = new AbortController();
  #next: Timer | null = null;
  #running: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(options: StillTakerOptions) {
    this.#options = { ...DEFAULTS, ...options };
    const { periodMs, retryMs } = this.#options;
    this.#turns = new Turns({ periodMs, retryMs, longestRetryMs: LONGEST_RETRY });
  }

  start(): void {
    this.#unsubscribe = this.#options.channels.changed.on(() => this.#forgetGone());
    this.#wait(this.#options.pauseMs);
  }

  /** Nothing of its runs, and nothing is kept any more, when it has resolved. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#next?.cancel();
    this.#next = null;
    this.#abort.abort();
    await this.#running;
    this.#options.store.clear();
  }

  #wait(delay: number): void {
    if (this.#abort.signal.aborted) return;
    this.#next = this.#options.clock.after(delay, () => {
      this.#next = null;
      const channel = this.#whoseTurn();
      if (channel === null) this.#wait(this.#options.pauseMs);
      else this.#running = this.#take(channel).then((cost) => this.#rest(cost));
    });
  }

  #rest(cost: number): void {
    this.#running = null;
    const { pauseMs, cpuShare } = this.#options;
    this.#wait(Math.max(pauseMs, cost / cpuShare));
  }

  #whoseTurn(): ListedChannel | null {
    const { channels, received, busy, clock } = this.#options;
    const multiplexes = received();
    if (multiplexes.size === 0 || busy()) return null;
    const shown = new Map(
      channels
        .all()
        .filter(({ kind, scrambled, visible }) => kind === "tv" && !scrambled && visible)
        .filter(({ multiplex }) => multiplexes.has(multiplex))
        .map((channel) => [channel.id, channel]),
    );
    for (const id of this.#turns.due(shown.keys(), clock.monotonic())) {
      const channel = shown.get(id);
      if (channel !== undefined && channels.availability(channel, "idleScan") === "shares-tuner")
        return channel;
    }
    return null;
  }

  /** Asks for the service before its first `await`: what was on air a moment ago still is. @returns ms that making it took */
  async #take({ id }: ListedChannel): Promise<number> {
    const { channels, createSource, makeStill, store, clock, log, lookMs } = this.#options;
    const { signal } = this.#abort;
    const service = channels.service(id);
    let cost = 0;
    let reason: string | null = "no-picture";
    try {
      const source = service === undefined ? null : createSource(service, "idleScan", "taking a picture");
      const picture = source === null ? null : await newestPicture(source, { clock, signal, waitMs: lookMs });
      if (picture !== null && !signal.aborted) {
        const from = clock.monotonic();
        const { still, reason: why } = await makeStill(picture, signal);
        cost = clock.monotonic() - from;
        reason = why;
        // It may have gone meanwhile.
        const isWanted = !signal.aborted && channels.service(id) !== undefined;
        if (still !== null && isWanted && !store.put(id, still)) reason = "too-large";
      }
    } catch (error) {
      reason = isTellyportError(error) ? error.code : messageOf(error);
    }
    if (reason === null) this.#turns.took(id, clock.monotonic());
    else this.#turns.missed(id, clock.monotonic());
    if (reason !== null && !signal.aborted) log.debug({ channel: id, reason }, "still-missed");
    return cost;
  }

  #forgetGone(): void {
    const ids = new Set(this.#options.channels.all().map(({ id }) => id));
    this.#options.store.keepOnly(ids);
    this.#turns.keepOnly(ids);
  }
}

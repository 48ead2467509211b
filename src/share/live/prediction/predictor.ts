import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import type { ServiceSink, Subscription, Tuners } from "../../../tuner/ports.ts";
import type { ChannelList } from "../../channels/channel-list.ts";
import { likelyNext, type Watching } from "./likely-next.ts";

export interface PredictorOptions {
  readonly tuners: Tuners;
  readonly channels: ChannelList;
  /** Who watches what now. */
  readonly watching: () => readonly Watching[];
  /** Tuners that it takes at most. */
  readonly most: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often it looks again, ms: tuners become idle, channels come and go. */
const LOOK = 5000;
/** A multiplex that could not be had is left alone for so long, ms. */
const RETRY = 60_000;

/** It takes nothing: the tuner's memory of what came lately is what it wants. */
const NOTHING: ServiceSink = {
  streams: () => undefined,
  pes: () => undefined,
  pcr: () => undefined,
  scrambling: () => undefined,
  ended: () => undefined,
};

/**
 * While somebody watches, tuners that nobody needs receive the multiplexes of the channels that are likely to be next: a change to
 * one of them is then one within a locked multiplex. Everybody else's wish for a tuner goes before.
 */
export class Predictor {
  readonly #options: PredictorOptions;
  /** By multiplex. */
  readonly #held = new Map<string, { abort: AbortController; subscription: Subscription | null }>();
  readonly #failed = new Map<string, number>();
  #timer: Timer | null = null;

  constructor(options: PredictorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK, () => this.look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const multiplex of [...this.#held.keys()]) this.#release(multiplex);
  }

  /** Multiplexes that are received for this alone, or would be. */
  get multiplexes(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** Somebody began to watch, or watches no more. */
  look(): void {
    const { tuners, channels, watching, most, clock } = this.#options;
    const now = watching();
    const wanted = new Map<string, ReturnType<typeof likelyNext>[number]>();
    const watched = new Set(now.map(({ channel }) => channels.service(channel)?.multiplex.id));
    if (now.length > 0)
      for (const channel of likelyNext(now, channels.all())) {
        const multiplex = channels.service(channel.id)?.multiplex.id;
        if (multiplex !== undefined && !watched.has(multiplex) && !wanted.has(multiplex))
          wanted.set(multiplex, channel);
      }
    const failed = (multiplex: string): boolean =>
      clock.monotonic() - (this.#failed.get(multiplex) ?? -Infinity) < RETRY;
    const order = [...wanted.keys()].filter((multiplex) => !failed(multiplex)).slice(0, most);
    for (const multiplex of this.#held.keys()) if (!order.includes(multiplex)) this.#release(multiplex);
    for (const [index, multiplex] of order.entries()) {
      if (this.#held.has(multiplex)) continue;
      const service = channels.service(wanted.get(multiplex)?.id ?? "");
      if (service === undefined) continue;
      if (tuners.availability(service.key, "predictive") === "busy") {
        // A less likely one gives way to a likelier one.
        const least = order
          .slice(index + 1)
          .reverse()
          .find((other) => this.#held.has(other));
        if (least === undefined) return;
        this.#release(least);
      }
      if (tuners.availability(service.key, "predictive") === "free") this.#hold(multiplex, service.key);
    }
  }

  #hold(multiplex: string, service: Parameters<Tuners["subscribe"]>[0]["service"]): void {
    const { tuners, clock, log } = this.#options;
    const entry = { abort: new AbortController(), subscription: null as Subscription | null };
    this.#held.set(multiplex, entry);
    const drop = (): void => {
      if (this.#held.get(multiplex) === entry) this.#held.delete(multiplex);
      entry.abort.abort();
    };
    tuners
      .subscribe({
        service,
        weight: "predictive",
        consumer: "ready for a change of channel",
        // Its tuner was taken or failed: that is noticed with the next look.
        sink: { ...NOTHING, ended: drop },
        select: () => false,
        signal: entry.abort.signal,
      })
      .then(
        (subscription) => {
          if (entry.abort.signal.aborted) subscription.close();
          else entry.subscription = subscription;
        },
        (error: unknown) => {
          if (entry.abort.signal.aborted) return;
          log.debug({ multiplex, error: String(error) }, "prediction-failed");
          this.#failed.set(multiplex, clock.monotonic());
          drop();
        },
      );
  }

  #release(multiplex: string): void {
    const entry = this.#held.get(multiplex);
    this.#held.delete(multiplex);
    entry?.subscription?.close();
    entry?.abort.abort();
  }
}

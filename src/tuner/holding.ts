import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { MuxSession } from "./mux-session.ts";
import type {
  PesPacket,
  ServiceSink,
  ServiceStreams,
  SubscribeRequest,
  Subscription,
  WeightClass,
} from "./ports.ts";
import { isPlayable, type FeedRequest } from "./service-feed.ts";

/** What a session gives to whoever takes a service. */
export interface Feed {
  readonly lockedAt: number;
  readonly knownAt: number;
  close(): void;
}

/** Why a holding lost its session. */
export interface Loss {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A consumer's hold on a service, whichever tuner serves it: it stays the same while sessions come and go under it, and is
 * what they see of the consumer.
 */
export class Holding implements ServiceSink {
  readonly request: SubscribeRequest;
  /** What a session is asked for; its weight changes with the holding's. */
  readonly wish: FeedRequest;
  readonly #lost: (holding: Holding, loss: Loss) => void;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #feed: Feed | null = null;
  #tuner: string | null = null;

  /** @param lost told when a session ends under it */
  constructor(request: SubscribeRequest, lost: (holding: Holding, loss: Loss) => void) {
    this.request = request;
    this.#lost = lost;
    this.wish = {
      serviceId: request.service.serviceId,
      weight: request.weight,
      consumer: request.consumer,
      sink: this,
      select: request.select ?? isPlayable,
    };
    this.#signal =
      request.signal === undefined
        ? this.#abort.signal
        : AbortSignal.any([request.signal, this.#abort.signal]);
  }

  get weight(): WeightClass {
    return this.wish.weight;
  }

  get consumer(): string {
    return this.wish.consumer;
  }

  /** Fires when the consumer wants it no more. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  get over(): boolean {
    return this.#signal.aborted;
  }

  /** Id of the tuner that serves it, or did last. */
  get tuner(): string | null {
    return this.#tuner;
  }

  /** Takes its place at a session. @throws as {@link MuxSession.subscribe} */
  take(tuner: string, session: MuxSession): Promise<Feed> {
    this.#tuner = tuner;
    return session.subscribe(this.wish, this.signal);
  }

  /** It is served by this feed from now on. */
  serve(feed: Feed): void {
    if (this.over) feed.close();
    else this.#feed = feed;
  }

  /** As the consumer sees it. @param from when it asked, monotonic ms */
  subscription(feed: Feed, from: number): Subscription {
    const { signal } = this.request;
    const close = (): void => {
      signal?.removeEventListener("abort", close);
      this.#abort.abort(new TellyportError("request-cancelled", "The channel was let go."));
      this.#feed?.close();
      this.#feed = null;
    };
    signal?.addEventListener("abort", close, { once: true });
    return {
      timings: { lock: Math.max(0, feed.lockedAt - from), pmt: feed.knownAt - from },
      reweigh: (weight) => void (this.wish.weight = weight),
      close,
    };
  }

  /** No tuner can be had: the consumer is told. */
  tell({ code, message, detail }: Loss): void {
    if (this.over) return;
    this.#abort.abort(new TellyportError(code, message));
    this.request.sink.ended(code, message, detail);
  }

  // ---- ServiceSink, towards the session

  streams(streams: ServiceStreams): void {
    this.request.sink.streams(streams);
  }

  pes(packet: PesPacket): void {
    this.request.sink.pes(packet);
  }

  pcr(base: number, discontinuity: boolean, arrivedAt: PesPacket["arrivedAt"]): void {
    this.request.sink.pcr(base, discontinuity, arrivedAt);
  }

  scrambling(scrambled: boolean): void {
    this.request.sink.scrambling(scrambled);
  }

  interrupted(): void {
    this.request.sink.interrupted?.();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#feed = null;
    this.#lost(this, { code, message, detail });
  }
}

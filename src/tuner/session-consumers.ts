import type { Clock } from "../kernel/clock.ts";
import type { TellyportError } from "../kernel/errors.ts";
import type { Milliseconds } from "../kernel/units.ts";
import type { PacketScan } from "./mpegts/packet-scan.ts";
import type { MuxSession } from "./mux-session.ts";
import type { MuxTables, TableChange } from "./mux-tables.ts";
import { PacketHistory, type HistoryBudget } from "./packet-history.ts";
import { WEIGHTS, type ServiceStreams, type WeightClass } from "./ports.ts";
import { FeedPids, ServiceFeed, type FeedRequest } from "./service-feed.ts";
import { MissingServices } from "./service-readiness.ts";
import { Waiters } from "./waiters.ts";

export interface SessionConsumersDeps {
  readonly scan: PacketScan;
  readonly clock: Clock;
  /** Memory for what came lately; null: nothing is kept. */
  readonly history: HistoryBudget | null;
  /** The session is over. */
  readonly over: () => boolean;
  /** What a service consists of; null while it may still come. @throws TellyportError `service-not-on-air` */
  readonly streamsOf: (serviceId: number, now: number) => ServiceStreams | null;
  /** Other PIDs may be needed than before; `all`: every one from now on. */
  readonly needs: (all: boolean) => void;
  /** Somebody came or went. */
  readonly changed: () => void;
  /** The last one is gone. */
  readonly idle: () => void;
}

/** A consumer that has its service. Both monotonic ms. */
export interface Served {
  readonly lockedAt: number;
  /** When its streams were known. */
  readonly knownAt: number;
  close(): void;
}

/** Who takes services of one multiplex, and what came lately of it for who takes one next. */
export class SessionConsumers {
  readonly #deps: SessionConsumersDeps;
  readonly #pids: FeedPids;
  readonly #feeds = new Set<ServiceFeed>();
  readonly #missing = new MissingServices();
  readonly #waiters = new Waiters();
  /** What came lately, while somebody watches. */
  #history: PacketHistory | null = null;
  /** A table came that consumers may have waited for. */
  #look = false;

  constructor(deps: SessionConsumersDeps) {
    this.#deps = deps;
    this.#pids = new FeedPids(deps.scan);
  }

  get feeds(): ReadonlySet<ServiceFeed> {
    return this.#feeds;
  }

  /** Every PID that somebody takes. */
  pids(): Iterable<number> {
    return this.#pids.all();
  }

  /** As {@link MuxSession.subscribe}. */
  async subscribe(
    request: FeedRequest,
    session: Pick<MuxSession, "lockedAt">,
    signal?: AbortSignal,
  ): Promise<Served> {
    const feed = new ServiceFeed(request, this.#pids);
    this.#feeds.add(feed);
    this.#keepHistory(request.weight);
    this.#deps.changed();
    try {
      await this.#waiters.wait(() => this.#isReady(feed), signal);
    } catch (error) {
      this.#remove(feed);
      throw error;
    }
    return { lockedAt: session.lockedAt, knownAt: feed.knownAt, close: () => this.#remove(feed) };
  }

  /** These packets were scanned. */
  received(chunk: Buffer, at: Milliseconds): void {
    this.#history?.add(chunk, at);
    if (!this.#look) return;
    this.#look = false;
    this.#waiters.check();
  }

  /** Takes over what has changed in the tables. */
  tablesChanged(change: TableChange, tables: MuxTables): void {
    const now = this.#deps.clock.monotonic();
    if (change.kind === "pat") this.#missing.look(this.#feeds, tables.programs, now);
    if (change.kind === "streams") {
      for (const feed of this.#feeds)
        if (feed.request.serviceId === change.serviceId && feed.known) feed.streams(change.streams, now);
    }
    this.#deps.needs(false);
    // With a history the rest of this chunk belongs to it: who comes now begins after both.
    if (this.#history === null) this.#waiters.check();
    else this.#look = true;
  }

  /** What comes from now on does not continue what came before. */
  interrupted(): void {
    for (const feed of this.#feeds) if (feed.known) feed.request.sink.interrupted?.();
  }

  /** What came before is no part of what comes from now on. */
  forgetHistory(): void {
    this.#history?.clear();
  }

  /** Looks again whether somebody has what he waits for. */
  checkReady(): void {
    this.#waiters.check();
  }

  /** Looks what is scrambled. @param now monotonic ms */
  checkScrambling(now: number): void {
    for (const feed of this.#feeds) feed.check(now);
  }

  /** Ends those whose service has been missing for too long. @param now monotonic ms */
  endMissing(now: number): void {
    for (const feed of this.#missing.gone(now)) {
      this.#feeds.delete(feed);
      feed.end("service-not-on-air", "The channel has gone off the air.");
      this.#deps.needs(false);
      if (this.#feeds.size === 0) this.#deps.idle();
    }
  }

  /** Ends them all, and tells them why. */
  end(reason: TellyportError): void {
    this.#history?.close();
    this.#history = null;
    const feeds = [...this.#feeds];
    this.#feeds.clear();
    for (const feed of feeds) if (feed.known) feed.end(reason.code, reason.message, reason.detail);
    this.#waiters.fail(reason);
  }

  #isReady(feed: ServiceFeed): boolean {
    if (feed.known) return true;
    const now = this.#deps.clock.monotonic();
    const streams = this.#deps.streamsOf(feed.request.serviceId, now);
    if (streams === null) return false;
    feed.streams(streams, now);
    this.#deps.needs(false);
    if (this.#history !== null)
      feed.catchUp(this.#history, streams.pcrPid, () => !this.#feeds.has(feed) || this.#deps.over());
    return true;
  }

  /** Somebody is here who may zap: what comes is kept, of all services. */
  #keepHistory(weight: WeightClass): void {
    const { history, needs } = this.#deps;
    if (this.#history !== null || history === null || WEIGHTS[weight] < WEIGHTS.predictive) return;
    this.#history = new PacketHistory(history);
    needs(true);
  }

  #remove(feed: ServiceFeed): void {
    if (!this.#feeds.delete(feed)) return;
    this.#missing.forget(feed);
    feed.release();
    this.#deps.needs(false);
    this.#deps.changed();
    if (this.#feeds.size === 0) this.#deps.idle();
  }
}

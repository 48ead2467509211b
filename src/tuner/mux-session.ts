import type { Clock, Timer } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Milliseconds } from "../kernel/units.ts";
import { PacketScan, type PidCounters } from "./mpegts/packet-scan.ts";
import { SectionAssembler } from "./mpegts/section-assembler.ts";
import { MuxTables, TABLE_PID } from "./mux-tables.ts";
import { PacketHistory, type HistoryBudget } from "./packet-history.ts";
import { WEIGHTS, type Multiplex, type TunerDriver, type TunerSnapshot } from "./ports.ts";
import type { Visited, VisitRequest, WeightClass } from "./ports.ts";
import { isSteady } from "./recovery.ts";
import { MissingServices, PmtPids, streamsOf } from "./service-readiness.ts";
import { FeedPids, ServiceFeed, type FeedRequest } from "./service-feed.ts";
import { examine, transition, type SessionClocks, type SessionEvent } from "./session-clocks.ts";
import {
  GUIDE_EVENTS_PER_TICK,
  SESSION_TIMES,
  type SessionEvents,
  type SessionState,
} from "./session-contract.ts";
import { TransportGuard } from "./transport-guard.ts";
import { Tuning } from "./tuning.ts";
import { Waiters } from "./waiters.ts";
import { Visits } from "./visits.ts";
import { WantedPids } from "./wanted-pids.ts";

export interface MuxSessionDeps {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: SessionEvents;
  /** transport_stream_id known of the multiplex; default null: any will do. */
  readonly expected?: number | null;
  /** That of the multiplex that the driver received before; default null. */
  readonly stale?: number | null;
  /** Asks the driver for every PID; default false. */
  readonly wholeMultiplex?: boolean;
  /** Memory for what came lately; default: nothing is kept. */
  readonly history?: HistoryBudget;
}

/** Owns one multiplex on one tuner: keeps it locked, scans its packets once, and serves every consumer of its services. */
export class MuxSession {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly tables: MuxTables;
  readonly guard: TransportGuard;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: SessionEvents;
  readonly #tuning: Tuning;
  readonly #scan = new PacketScan();
  readonly #pids = new FeedPids(this.#scan);
  readonly #wanted: WantedPids;
  readonly #feeds = new Set<ServiceFeed>();
  readonly #missing = new MissingServices();
  readonly #waiters = new Waiters();
  readonly #visits: Visits;
  readonly #pmts: PmtPids;
  #state: SessionState = "tuning";
  #error: ErrorCode | null = null;
  #timer: Timer | null = null;
  #lineupChanged = false;
  /** What came lately, while somebody watches. */
  #history: PacketHistory | null = null;
  readonly #historyBudget: HistoryBudget | null;
  /** A table came that consumers may have waited for. */
  #look = false;
  /** Times that another transport stream was found. */
  #wrong = 0;
  readonly #times = { asked: -1, data: -1, firstPat: -1, pat: -1, pmt: -1, tdt: -1 };

  constructor(deps: MuxSessionDeps) {
    const { driver, multiplex, clock, log } = deps;
    this.driver = driver;
    this.multiplex = multiplex;
    this.tables = new MuxTables(multiplex);
    this.guard = new TransportGuard(deps.expected ?? null, deps.stale ?? null);
    this.#clock = clock;
    this.#log = log;
    this.#events = deps.events;
    this.#historyBudget = deps.history?.enabled === true ? deps.history : null;
    this.#visits = new Visits(() => deps.events.changed());
    this.#pmts = new PmtPids(this.#scan, (pid) => this.#assembler(pid));
    this.#wanted = new WantedPids(driver, (pid) => this.#scan.begin(pid), {
      delivery: multiplex.delivery,
      whole: deps.wholeMultiplex ?? false,
    });
    this.#tuning = new Tuning({
      driver,
      multiplex,
      clock,
      log,
      events: {
        packets: (chunk, at) => this.#onPackets(chunk, at),
        lost: () => this.#scan.lost(),
        locked: () => this.#onLock(),
        faulty: () => this.#on("unhealthy"),
        failed: (code, message) => this.#fail(code, message),
      },
      givesUp: (code) => this.#givesUp(code),
    });
    for (const pid of Object.values(TABLE_PID)) this.#scan.sections(pid, this.#assembler(pid));
  }

  get state(): SessionState {
    return this.#state;
  }

  /** What the last TDT or TOT said, and when it came (monotonic ms); null before the first. */
  get broadcastTime(): { readonly utc: number; readonly at: number } | null {
    const { broadcastTime } = this.tables;
    return broadcastTime === null ? null : { utc: broadcastTime, at: this.#times.tdt };
  }

  get error(): ErrorCode | null {
    return this.#error;
  }

  get feeds(): ReadonlySet<ServiceFeed> {
    return this.#feeds;
  }

  /** Who is here for the tables alone. */
  get visits(): ReadonlySet<VisitRequest> {
    return this.#visits.present;
  }

  /** Monotonic ms of the lock; -1 before. */
  get lockedAt(): number {
    return this.#tuning.lockedAt;
  }

  get clocks(): SessionClocks {
    return { ...this.#times, lock: this.#tuning.lockedAt, relock: this.#tuning.relockedAt };
  }

  get counters(): TunerSnapshot["counters"] {
    const { packets, continuityErrors, transportErrors } = this.#scan.counters;
    return { ...this.#tuning.counts, packetsScanned: packets, continuityErrors, transportErrors };
  }

  /** Of every PID that somebody takes, in order. */
  get pids(): readonly PidCounters[] {
    return this.#scan.pidCounters();
  }

  /** Whether names and numbers are known, or each has been waited for long enough: a list must not change under the thumb. */
  get named(): boolean {
    if (!this.tables.hasPat || this.#times.firstPat < 0) return false;
    const waited = this.#clock.monotonic() - this.#times.firstPat;
    return (
      (this.tables.hasSdt || waited > SESSION_TIMES.sdt) && (this.tables.hasNit || waited > SESSION_TIMES.nit)
    );
  }

  /** Tunes; returns at once. Progress and failure come through the events and {@link subscribe}. */
  start(): void {
    if (this.#tuning.over) return;
    this.#times.asked = this.#clock.monotonic();
    this.#timer = this.#clock.every(SESSION_TIMES.tick, () => this.#tick());
    this.#tuning.start();
  }

  /**
   * Takes a consumer on. Resolves when the service's streams were told to its sink.
   * @throws TellyportError `no-lock`, `no-data`, `device-gone`, `device-busy`, `wrong-multiplex`, `service-not-on-air`,
   *   `displaced`, `request-cancelled`
   */
  async subscribe(
    request: FeedRequest,
    signal?: AbortSignal,
  ): Promise<{ lockedAt: number; knownAt: number; close(): void }> {
    const feed = new ServiceFeed(request, this.#pids);
    this.#feeds.add(feed);
    this.#keepHistory(request.weight);
    this.#events.changed();
    try {
      await this.#waiters.wait(() => this.#isReady(feed), signal);
    } catch (error) {
      this.#remove(feed);
      throw error;
    }
    return { lockedAt: this.lockedAt, knownAt: feed.knownAt, close: () => this.#remove(feed) };
  }

  /** As {@link Visits.stay}. */
  visit(request: VisitRequest): Promise<Visited> {
    return this.#visits.stay(request, this, this.#clock);
  }

  /** Ends everything, tells the consumers why, and lets the tuner go. */
  async close(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#tuning.over) return;
    this.#end(code, message, detail);
    this.#events.ended(this, null);
    await this.driver.close();
  }

  // ---------------------------------------------------------------- readiness of a consumer

  #isReady(feed: ServiceFeed): boolean {
    if (feed.known) return true;
    const now = this.#clock.monotonic();
    const { serviceId } = feed.request;
    const streams = streamsOf(serviceId, this, this.#wrong > 0, now);
    if (streams === null) return false;
    feed.streams(streams, now);
    this.#filter();
    if (this.#history !== null)
      feed.catchUp(this.#history, streams.pcrPid, () => !this.#feeds.has(feed) || this.#tuning.over);
    return true;
  }

  /** Somebody is here who may zap: what comes is kept, of all services. */
  #keepHistory(weight: WeightClass): void {
    if (this.#history !== null || this.#historyBudget === null || WEIGHTS[weight] < WEIGHTS.predictive)
      return;
    this.#history = new PacketHistory(this.#historyBudget);
    this.#wanted.wantAll();
    this.#filter();
  }

  #remove(feed: ServiceFeed): void {
    if (!this.#feeds.delete(feed)) return;
    this.#missing.forget(feed);
    feed.release();
    this.#filter();
    this.#events.changed();
    if (this.#feeds.size === 0) this.#events.idle(this);
  }

  // ---------------------------------------------------------------- packets

  #onPackets(chunk: Buffer, at: Milliseconds): void {
    this.#times.data = at;
    this.#scan.scan(chunk, at);
    this.#history?.add(chunk, at);
    if (this.#look) {
      this.#look = false;
      this.#waiters.check();
    }
    if (this.#state === "streaming" || this.#tuning.over) return;
    if (this.guard.open && examine(this.clocks, this.#clock.monotonic()).health === "good")
      this.#on("healthy");
  }

  #assembler(pid: number): SectionAssembler {
    return new SectionAssembler((section) => this.#onSection(pid, section));
  }

  #onSection(pid: number, section: Buffer): void {
    if (this.#tuning.over) return;
    if (pid === TABLE_PID.pat) {
      if (!this.#isOurs(section)) return;
      this.#times.pat = this.#clock.monotonic();
    } else if (!this.guard.open) return;
    if (pid === TABLE_PID.tdt) this.#times.tdt = this.#clock.monotonic();
    for (const change of this.tables.push(pid, section)) {
      switch (change.kind) {
        case "pat":
          if (this.#times.firstPat < 0) this.#times.firstPat = this.#clock.monotonic();
          this.#pmts.follow(this.tables.programs.values());
          this.#missing.look(this.#feeds, this.tables.programs, this.#clock.monotonic());
          break;
        case "streams":
          if (this.#times.pmt < 0) this.#times.pmt = this.#clock.monotonic();
          for (const feed of this.#feeds)
            if (feed.request.serviceId === change.serviceId && feed.known)
              feed.streams(change.streams, this.#clock.monotonic());
          break;
        case "lineup":
          this.#lineupChanged = true;
          break;
      }
      this.#filter();
      // With a history the rest of this chunk belongs to it: who comes now begins after both.
      if (this.#history === null) this.#waiters.check();
      else this.#look = true;
    }
  }

  #isOurs(pat: Buffer): boolean {
    const transportStreamId = pat.readUInt16BE(3);
    const verdict = this.guard.pat(transportStreamId, this.#clock.monotonic());
    if (verdict === "wrong" && !this.#tuning.busy) {
      const message = `${this.multiplex.id} gave transport stream ${transportStreamId}, which is another multiplex's.`;
      this.#log.warn(
        { tuner: this.driver.id, multiplex: this.multiplex.id, transportStreamId },
        "wrong-multiplex",
      );
      if (++this.#wrong > 1) this.#fail("wrong-multiplex", message);
      else this.#tuning.fault("wrong-multiplex", message);
    }
    return verdict === "accept";
  }

  /** The driver delivers what the tables and the consumers need, and no more. */
  #filter(): void {
    if (this.#tuning.relockedAt < 0 || this.#tuning.busy || this.#tuning.over) return;
    this.#wanted.want([...this.#pmts.all(), ...this.#pids.all()]);
  }

  // ---------------------------------------------------------------- health

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#waiters.check();
    this.#visits.check();
    for (const feed of this.#feeds) feed.check(now);
    if (this.#lineupChanged && this.named) {
      this.#lineupChanged = false;
      this.#events.lineup(this);
    }
    this.#tellGuide(GUIDE_EVENTS_PER_TICK);
    this.#endMissing(now);
    if (!this.#tuning.busy && this.lockedAt >= 0 && !this.#tuning.over) this.#watch(now);
  }

  #tellGuide(limit: number): void {
    const events = this.tables.takeEvents(limit);
    const stretches = this.tables.takeStretches();
    if (events.length > 0 || stretches.length > 0) this.#events.guide(events, stretches);
  }

  #watch(now: number): void {
    const { silent, health } = examine(this.clocks, now);
    const patience =
      isSteady(this.multiplex.delivery) && this.#givesUp("no-data")
        ? SESSION_TIMES.quick
        : SESSION_TIMES.data;
    if (silent > patience)
      return this.driver.signal().locked
        ? this.#tuning.fault("no-data", `${this.multiplex.id} is locked but sends nothing.`)
        : this.#tuning.fault("no-lock", `The signal of ${this.multiplex.id} went away.`);
    if (health === "bad") this.#on("unhealthy");
    else this.#tuning.healthy();
  }

  #endMissing(now: number): void {
    for (const feed of this.#missing.gone(now)) {
      this.#feeds.delete(feed);
      feed.end("service-not-on-air", "The channel has gone off the air.");
      this.#filter();
      if (this.#feeds.size === 0) this.#events.idle(this);
    }
  }

  /** Whether to give up at once: what comes next would take longer than another tuner, or nobody waits for it. */
  #givesUp(code: ErrorCode): boolean {
    if (this.#feeds.size > 0) return this.lockedAt >= 0 && this.#events.mayMove?.(this) === true;
    return code === "no-lock" && this.lockedAt < 0;
  }

  #onLock(): void {
    const again = this.#tuning.relockedAt !== this.lockedAt;
    this.guard.locked(this.#tuning.relockedAt);
    this.#history?.clear();
    if (again) {
      this.#scan.lost();
      for (const feed of this.#feeds) if (feed.known) feed.request.sink.interrupted?.();
    }
    this.#wanted.forget();
    this.#filter();
    this.#on("lock");
    this.#waiters.check();
  }

  #fail(code: ErrorCode, message: string): void {
    if (this.#tuning.over) return;
    // Who only looks what is there finds many frequencies empty.
    const level = code === "no-lock" && this.#feeds.size === 0 ? "info" : "warn";
    this.#log[level]({ tuner: this.driver.id, multiplex: this.multiplex.id, code }, "session-failed");
    this.#error = code;
    this.#end(code, message);
    this.#state = transition(this.#state, "fail");
    this.#events.ended(this, code);
  }

  #end(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#timer?.cancel();
    this.#history?.close();
    this.#history = null;
    const reason = new TellyportError(code, message, detail === undefined ? {} : { detail });
    this.#tuning.stop(reason);
    if (this.#lineupChanged && this.named) this.#events.lineup(this);
    this.#tellGuide(Infinity);
    const feeds = [...this.#feeds];
    this.#feeds.clear();
    for (const feed of feeds) if (feed.known) feed.end(code, message, detail);
    this.#waiters.fail(reason);
    this.#visits.fail(reason);
  }

  #on(event: SessionEvent): void {
    const state = transition(this.#state, event);
    if (state === this.#state || this.#tuning.over) return;
    this.#state = state;
    this.#events.changed();
  }
}

import type { Clock, Timer } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Milliseconds } from "../kernel/units.ts";
import { PacketScan, type PidCounters } from "./mpegts/packet-scan.ts";
import type { MuxTables } from "./mux-tables.ts";
import type { Multiplex, TunerDriver, TunerSnapshot, Visited, VisitRequest } from "./ports.ts";
import { isSteady } from "./recovery.ts";
import { streamsOf } from "./service-readiness.ts";
import type { FeedRequest, ServiceFeed } from "./service-feed.ts";
import { SessionConsumers, type Served } from "./session-consumers.ts";
import { examine, transition, type SessionClocks, type SessionEvent } from "./session-clocks.ts";
import {
  GUIDE_EVENTS_PER_TICK,
  SESSION_TIMES,
  type MuxSessionDeps,
  type SessionEvents,
  type SessionState,
} from "./session-contract.ts";
import { TableReading } from "./table-reading.ts";
import { TransportGuard } from "./transport-guard.ts";
import { Tuning } from "./tuning.ts";
import { Visits } from "./visits.ts";
import { WantedPids } from "./wanted-pids.ts";

export type { MuxSessionDeps } from "./session-contract.ts";

/** Owns one multiplex on one tuner: keeps it locked, scans its packets once, and serves every consumer of its services. */
export class MuxSession {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly guard: TransportGuard;
  readonly #reading: TableReading;
  readonly #consumers: SessionConsumers;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: SessionEvents;
  readonly #tuning: Tuning;
  readonly #scan = new PacketScan();
  readonly #wanted: WantedPids;
  readonly #visits: Visits;
  #state: SessionState = "tuning";
  #error: ErrorCode | null = null;
  #timer: Timer | null = null;
  /** Times that another transport stream was found. */
  #wrong = 0;
  readonly #times = { asked: -1, data: -1 };

  constructor(deps: MuxSessionDeps) {
    const { driver, multiplex, clock, log } = deps;
    this.driver = driver;
    this.multiplex = multiplex;
    this.guard = new TransportGuard(deps.expected ?? null, deps.stale ?? null);
    this.#clock = clock;
    this.#log = log;
    this.#events = deps.events;
    this.#visits = new Visits(() => deps.events.changed());
    this.#reading = new TableReading({
      multiplex,
      scan: this.#scan,
      guard: this.guard,
      clock,
      over: () => this.#tuning.over,
      wrong: (transportStreamId) => this.#onWrong(transportStreamId),
      changed: (change) => this.#consumers.tablesChanged(change, this.tables),
      lineup: () => deps.events.lineup(this),
      guide: (events, stretches) => deps.events.guide(events, stretches),
    });
    this.#consumers = new SessionConsumers({
      scan: this.#scan,
      clock,
      history: deps.history?.enabled === true ? deps.history : null,
      over: () => this.#tuning.over,
      streamsOf: (serviceId, now) => streamsOf(serviceId, this, this.#wrong > 0, now),
      needs: (all) => {
        if (all) this.#wanted.wantAll();
        this.#filter();
      },
      changed: () => deps.events.changed(),
      idle: () => deps.events.idle(this),
    });
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
  }

  get tables(): MuxTables {
    return this.#reading.tables;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** As {@link TableReading.broadcastTime}. */
  get broadcastTime(): { readonly utc: number; readonly at: number } | null {
    return this.#reading.broadcastTime;
  }

  get error(): ErrorCode | null {
    return this.#error;
  }

  get feeds(): ReadonlySet<ServiceFeed> {
    return this.#consumers.feeds;
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
    return {
      ...this.#times,
      ...this.#reading.times,
      lock: this.#tuning.lockedAt,
      relock: this.#tuning.relockedAt,
    };
  }

  get counters(): TunerSnapshot["counters"] {
    const { packets, continuityErrors, transportErrors } = this.#scan.counters;
    return { ...this.#tuning.counts, packetsScanned: packets, continuityErrors, transportErrors };
  }

  /** Of every PID that somebody takes, in order. */
  get pids(): readonly PidCounters[] {
    return this.#scan.pidCounters();
  }

  /** As {@link TableReading.named}. */
  get named(): boolean {
    return this.#reading.named;
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
  subscribe(request: FeedRequest, signal?: AbortSignal): Promise<Served> {
    return this.#consumers.subscribe(request, this, signal);
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

  // ---------------------------------------------------------------- packets

  #onPackets(chunk: Buffer, at: Milliseconds): void {
    this.#times.data = at;
    this.#scan.scan(chunk, at);
    this.#consumers.received(chunk, at);
    if (this.#state === "streaming" || this.#tuning.over) return;
    if (this.guard.open && examine(this.clocks, this.#clock.monotonic()).health === "good")
      this.#on("healthy");
  }

  #onWrong(transportStreamId: number): void {
    if (this.#tuning.busy) return;
    const message = `${this.multiplex.id} gave transport stream ${transportStreamId}, which is another multiplex's.`;
    this.#log.warn(
      { tuner: this.driver.id, multiplex: this.multiplex.id, transportStreamId },
      "wrong-multiplex",
    );
    if (++this.#wrong > 1) this.#fail("wrong-multiplex", message);
    else this.#tuning.fault("wrong-multiplex", message);
  }

  /** The driver delivers what the tables and the consumers need, and no more. */
  #filter(): void {
    if (this.#tuning.relockedAt < 0 || this.#tuning.busy || this.#tuning.over) return;
    this.#wanted.want([...this.#reading.pids(), ...this.#consumers.pids()]);
  }

  // ---------------------------------------------------------------- health

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#consumers.checkReady();
    this.#visits.check();
    this.#consumers.checkScrambling(now);
    this.#reading.tell(GUIDE_EVENTS_PER_TICK);
    this.#consumers.endMissing(now);
    if (!this.#tuning.busy && this.lockedAt >= 0 && !this.#tuning.over) this.#watch(now);
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

  /** Whether to give up at once: what comes next would take longer than another tuner, or nobody waits for it. */
  #givesUp(code: ErrorCode): boolean {
    if (this.feeds.size > 0) return this.lockedAt >= 0 && this.#events.mayMove?.(this) === true;
    return code === "no-lock" && this.lockedAt < 0;
  }

  #onLock(): void {
    const again = this.#tuning.relockedAt !== this.lockedAt;
    this.guard.locked(this.#tuning.relockedAt);
    this.#consumers.forgetHistory();
    if (again) {
      this.#scan.lost();
      this.#consumers.interrupted();
    }
    this.#wanted.forget();
    this.#filter();
    this.#on("lock");
    this.#consumers.checkReady();
  }

  #fail(code: ErrorCode, message: string): void {
    if (this.#tuning.over) return;
    // Who only looks what is there finds many frequencies empty.
    const level = code === "no-lock" && this.feeds.size === 0 ? "info" : "warn";
    this.#log[level]({ tuner: this.driver.id, multiplex: this.multiplex.id, code }, "session-failed");
    this.#error = code;
    this.#end(code, message);
    this.#state = transition(this.#state, "fail");
    this.#events.ended(this, code);
  }

  #end(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#timer?.cancel();
    const reason = new TellyportError(code, message, detail === undefined ? {} : { detail });
    this.#tuning.stop(reason);
    this.#reading.tell(Infinity);
    this.#consumers.end(reason);
    this.#visits.fail(reason);
  }

  #on(event: SessionEvent): void {
    const state = transition(this.#state, event);
    if (state === this.#state || this.#tuning.over) return;
    this.#state = state;
    this.#events.changed();
  }
}

import type { Clock, Timer } from "../kernel/clock.ts";
import { isTellyportError, messageOf, TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { ms, type Milliseconds } from "../kernel/units.ts";
import { PacketScan } from "./mpegts/packet-scan.ts";
import { PACKET_BYTES } from "./mpegts/packet.ts";
import { SectionAssembler } from "./mpegts/section-assembler.ts";
import { MuxTables, TABLE_PID } from "./mux-tables.ts";
import type {
  Multiplex,
  PacketSink,
  TunerDriver,
  TunerFailure,
  TunerSnapshot,
  Visited,
  VisitRequest,
} from "./ports.ts";
import { FeedPids, ServiceFeed, type FeedRequest } from "./service-feed.ts";
import {
  GUIDE_EVENTS_PER_TICK,
  SESSION_TIMES,
  type SessionEvents,
  type SessionState,
} from "./session-contract.ts";
import { isTunerFailure, nextStep, type RecoveryStep } from "./recovery.ts";
import { Waiters } from "./waiters.ts";

/** Owns one multiplex on one tuner: keeps it locked, scans its packets once, and serves every consumer of its services. */
export class MuxSession {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly tables: MuxTables;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: SessionEvents;
  readonly #scan = new PacketScan();
  readonly #pids = new FeedPids(this.#scan);
  readonly #feeds = new Set<ServiceFeed>();
  readonly #waiters = new Waiters();
  readonly #visits = new Set<VisitRequest>();
  readonly #visitors = new Waiters();
  readonly #pmtAssemblers = new Map<number, SectionAssembler>();
  readonly #abort = new AbortController();
  #state: SessionState = "tuning";
  #error: ErrorCode | null = null;
  #timer: Timer | null = null;
  /** Counts tunes: a sink of an older one is deaf. */
  #generation = 0;
  #step: RecoveryStep = "running";
  #recovering = false;
  #lineupChanged = false;
  #lockedAt = -1;
  #dataAt = -1;
  #patAt = -1;
  #firstPatAt = -1;
  #faultAt = -1;
  #counts = { packets: 0, overflows: 0, syncLosses: 0 };

  constructor(deps: {
    driver: TunerDriver;
    multiplex: Multiplex;
    clock: Clock;
    log: Log;
    events: SessionEvents;
  }) {
    this.driver = deps.driver;
    this.multiplex = deps.multiplex;
    this.tables = new MuxTables(deps.multiplex);
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#events = deps.events;
    for (const pid of Object.values(TABLE_PID)) this.#scan.sections(pid, this.#assembler(pid));
  }

  get state(): SessionState {
    return this.#state;
  }

  get error(): ErrorCode | null {
    return this.#error;
  }

  get feeds(): ReadonlySet<ServiceFeed> {
    return this.#feeds;
  }

  /** Who is here for the tables alone. */
  get visits(): ReadonlySet<VisitRequest> {
    return this.#visits;
  }

  /** Monotonic ms of the lock; -1 before. */
  get lockedAt(): number {
    return this.#lockedAt;
  }

  get counters(): TunerSnapshot["counters"] {
    const { packets, continuityErrors, transportErrors } = this.#scan.counters;
    return { ...this.#counts, packetsScanned: packets, continuityErrors, transportErrors };
  }

  /** Whether names and numbers are known, or each has been waited for long enough: a list must not change under the thumb. */
  get named(): boolean {
    if (!this.tables.hasPat || this.#firstPatAt < 0) return false;
    const waited = this.#clock.monotonic() - this.#firstPatAt;
    return (
      (this.tables.hasSdt || waited > SESSION_TIMES.sdt) && (this.tables.hasNit || waited > SESSION_TIMES.nit)
    );
  }

  /** Tunes; returns at once. Progress and failure come through the events and {@link subscribe}. */
  start(): void {
    this.#timer = this.#clock.every(SESSION_TIMES.tick, () => this.#tick());
    void this.#recover("retune");
  }

  /**
   * Takes a consumer on. Resolves when the service's streams were told to its sink.
   * @throws TellyportError `no-lock`, `no-data`, `device-gone`, `device-busy`, `service-not-on-air`, `displaced`, `request-cancelled`
   */
  async subscribe(
    request: FeedRequest,
    signal?: AbortSignal,
  ): Promise<{ lockedAt: number; knownAt: number; close(): void }> {
    const feed = new ServiceFeed(request, this.#pids);
    this.#feeds.add(feed);
    this.#events.changed();
    try {
      await this.#waiters.wait(() => this.#isReady(feed), signal);
    } catch (error) {
      this.#remove(feed);
      throw error;
    }
    return { lockedAt: this.#lockedAt, knownAt: feed.knownAt, close: () => this.#remove(feed) };
  }

  /**
   * Stays until the tables are enough for the visitor, or the longest stay after the lock is over.
   * @throws TellyportError `no-lock`, `no-data`, `device-gone`, `device-busy`, `displaced`, `request-cancelled`
   */
  async visit(request: VisitRequest): Promise<Visited> {
    const from = this.#clock.monotonic();
    const look = (): Visited => ({
      tuner: this.driver.id,
      tables: this.tables,
      signal: this.driver.signal(),
      lockedAt: ms(this.#lockedAt),
    });
    this.#visits.add(request);
    this.#events.changed();
    try {
      await this.#visitors.wait(() => {
        if (this.#lockedAt < 0) return false;
        const stayed = this.#clock.monotonic() - Math.max(this.#lockedAt, from);
        return request.enough(look()) || stayed >= request.longestMs;
      }, request.signal);
      return look();
    } finally {
      this.#visits.delete(request);
      this.#events.changed();
    }
  }

  /** Ends everything, tells the consumers why, and lets the tuner go. */
  async close(code: ErrorCode, message: string): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#end(code, message);
    this.#events.ended(this, null);
    await this.driver.close();
  }

  // ---------------------------------------------------------------- readiness of a consumer

  /** @returns whether the feed runs; throws when it never will */
  #isReady(feed: ServiceFeed): boolean {
    if (feed.known) return true;
    const { serviceId } = feed.request;
    const streams = this.tables.streams(serviceId);
    if (streams !== null) {
      feed.streams(streams, this.#clock.monotonic());
      return true;
    }
    const now = this.#clock.monotonic();
    if (this.#lockedAt < 0) return false;
    const gone = new TellyportError(
      "service-not-on-air",
      `Service ${serviceId} is not on air on ${this.multiplex.id} now: choose another channel.`,
    );
    if (this.#firstPatAt < 0) {
      // Without data the watchdog speaks; data without a PAT is no transport stream that could be shown.
      if (this.#dataAt >= 0 && now - this.#lockedAt > SESSION_TIMES.pat) throw gone;
      return false;
    }
    if (!this.tables.programs.has(serviceId) || now - this.#firstPatAt > SESSION_TIMES.pmt) throw gone;
    return false;
  }

  #remove(feed: ServiceFeed): void {
    if (!this.#feeds.delete(feed)) return;
    feed.release();
    this.#events.changed();
    if (this.#feeds.size === 0) this.#events.idle(this);
  }

  // ---------------------------------------------------------------- packets

  #sink(generation: number): PacketSink {
    const current = (): boolean => generation === this.#generation && !this.#abort.signal.aborted;
    return {
      packets: (chunk, at) => {
        if (current()) this.#onPackets(chunk, at);
      },
      overflow: () => {
        if (!current()) return;
        this.#counts.overflows++;
        this.#scan.lost();
      },
      syncLoss: () => {
        if (!current()) return;
        this.#counts.syncLosses++;
        this.#scan.lost();
      },
      failed: (code, message) => {
        if (current()) this.#onDriverFailure(code, message);
      },
    };
  }

  #onPackets(chunk: Buffer, at: Milliseconds): void {
    this.#counts.packets += chunk.length / PACKET_BYTES;
    this.#dataAt = at;
    this.#scan.scan(chunk, at);
    if (this.#state === "locked" || this.#state === "degraded") this.#healthier();
  }

  #healthier(): void {
    if (!this.tables.hasPat || this.#clock.monotonic() - this.#patAt > SESSION_TIMES.pat) return;
    this.#setState("streaming");
  }

  #assembler(pid: number): SectionAssembler {
    return new SectionAssembler((section) => this.#onSection(pid, section));
  }

  #onSection(pid: number, section: Buffer): void {
    if (pid === TABLE_PID.pat) this.#patAt = this.#clock.monotonic();
    for (const change of this.tables.push(pid, section)) {
      switch (change.kind) {
        case "pat":
          if (this.#firstPatAt < 0) this.#firstPatAt = this.#clock.monotonic();
          this.#followPmts();
          break;
        case "streams":
          for (const feed of this.#feeds)
            if (feed.request.serviceId === change.serviceId && feed.known)
              feed.streams(change.streams, this.#clock.monotonic());
          break;
        case "lineup":
          this.#lineupChanged = true;
          break;
      }
      this.#waiters.check();
    }
  }

  #followPmts(): void {
    const pids = new Set(this.tables.programs.values());
    const tablePids: readonly number[] = Object.values(TABLE_PID);
    for (const pid of pids) {
      if (this.#pmtAssemblers.has(pid) || tablePids.includes(pid)) continue;
      const assembler = this.#assembler(pid);
      this.#pmtAssemblers.set(pid, assembler);
      this.#scan.sections(pid, assembler);
    }
    for (const pid of this.#pmtAssemblers.keys()) {
      if (pids.has(pid)) continue;
      this.#pmtAssemblers.delete(pid);
      this.#scan.sections(pid, null);
    }
    for (const feed of [...this.#feeds]) {
      if (!feed.known || this.tables.programs.has(feed.request.serviceId)) continue;
      this.#feeds.delete(feed);
      feed.end("service-not-on-air", "The channel has gone off the air.");
      if (this.#feeds.size === 0) this.#events.idle(this);
    }
  }

  // ---------------------------------------------------------------- health

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#waiters.check();
    this.#visitors.check();
    for (const feed of this.#feeds) feed.check(now);
    if (this.#lineupChanged && this.named) {
      this.#lineupChanged = false;
      this.#events.lineup(this);
    }
    this.#tellGuide(GUIDE_EVENTS_PER_TICK);
    if (this.#recovering || this.#lockedAt < 0 || this.#abort.signal.aborted) return;
    this.#watch(now);
  }

  #tellGuide(limit: number): void {
    const events = this.tables.takeEvents(limit);
    const stretches = this.tables.guide.takeStretches();
    if (events.length > 0 || stretches.length > 0) this.#events.guide(events, stretches);
  }

  #watch(now: number): void {
    const since = Math.max(this.#dataAt, this.#lockedAt);
    if (now - since > SESSION_TIMES.data) {
      this.#setState("degraded");
      this.#fault("no-data", `${this.multiplex.id} is locked but sends nothing.`);
      return;
    }
    if (this.#patAt >= 0 && now - this.#patAt > SESSION_TIMES.pat) this.#setState("degraded");
    if (this.#step !== "running" && this.#faultAt >= 0 && now - this.#faultAt > SESSION_TIMES.healthy)
      this.#step = "running";
  }

  #onDriverFailure(code: TunerFailure, message: string): void {
    // A device that is gone or refuses will not come back by tuning it again.
    if (code === "no-data" || code === "no-lock") this.#fault(code, message);
    else this.#fail(code, message);
  }

  #fault(code: TunerFailure, message: string): void {
    if (this.#lockedAt >= 0) this.#setState("degraded");
    this.#faultAt = this.#clock.monotonic();
    this.#step = nextStep(this.#step);
    if (this.#step === "failed") this.#fail(code, message);
    else void this.#recover(this.#step);
  }

  /** One rung of the ladder: tunes again, or lets the device go first. */
  async #recover(step: "retune" | "reopen"): Promise<void> {
    if (this.#recovering) return;
    this.#recovering = true;
    const generation = ++this.#generation;
    this.#step = step;
    this.#log.info({ tuner: this.driver.id, multiplex: this.multiplex.id, step }, "tuning");
    const lock = new AbortController();
    const deadline = this.#clock.after(SESSION_TIMES.lock, () => lock.abort());
    let failure: unknown = null;
    try {
      if (step === "reopen") await this.driver.close();
      await this.driver.tune(
        this.multiplex,
        this.#sink(generation),
        AbortSignal.any([lock.signal, this.#abort.signal]),
      );
    } catch (error) {
      failure = error;
    }
    deadline.cancel();
    this.#recovering = false;
    if (this.#abort.signal.aborted) return;
    if (failure !== null) this.#onTuneFailure(failure, lock.signal.aborted);
    else this.#onLock();
  }

  #onLock(): void {
    const now = this.#clock.monotonic();
    if (this.#lockedAt < 0) {
      this.#lockedAt = now;
      this.#step = "running";
    } else this.#scan.lost();
    this.#dataAt = Math.max(this.#dataAt, now);
    this.driver.filter("all");
    if (this.#state === "tuning") this.#setState("locked");
    this.#waiters.check();
  }

  #onTuneFailure(error: unknown, late: boolean): void {
    if (late) {
      this.#fault("no-lock", `${this.multiplex.id} was not received within ${SESSION_TIMES.lock / 1000} s.`);
      return;
    }
    if (!isTellyportError(error)) {
      this.#log.error(
        { tuner: this.driver.id, multiplex: this.multiplex.id, error: messageOf(error) },
        "tune-failed",
      );
      this.#fail("device-gone", `${this.driver.name} cannot be used.`);
      return;
    }
    if (isTunerFailure(error.code)) this.#onDriverFailure(error.code, error.message);
    else this.#fail("device-gone", error.message);
  }

  #fail(code: TunerFailure, message: string): void {
    if (this.#abort.signal.aborted) return;
    this.#log.warn({ tuner: this.driver.id, multiplex: this.multiplex.id, code }, "session-failed");
    this.#error = code;
    this.#end(code, message);
    this.#state = "failed";
    this.#events.ended(this, code);
  }

  #end(code: ErrorCode, message: string): void {
    this.#timer?.cancel();
    this.#abort.abort(new TellyportError(code, message));
    if (this.#lineupChanged && this.named) this.#events.lineup(this);
    this.#tellGuide(Infinity);
    const feeds = [...this.#feeds];
    this.#feeds.clear();
    for (const feed of feeds) if (feed.known) feed.end(code, message);
    this.#waiters.fail(new TellyportError(code, message));
    this.#visitors.fail(new TellyportError(code, message));
  }

  #setState(state: SessionState): void {
    if (this.#state === state || this.#abort.signal.aborted) return;
    this.#state = state;
    this.#events.changed();
  }
}

import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { availabilityOf, mayMove, watchable, type Known } from "./availability.ts";
import { Granting } from "./granting.ts";
import { Holding } from "./holding.ts";
import { Identities } from "./identities.ts";
import { LineUp } from "./line-up.ts";
import { MuxSession } from "./mux-session.ts";
import { TUNERS_DEFAULTS, type TunersOptions } from "./options.ts";
import { HistoryBudget } from "./packet-history.ts";
import {
  serviceKeyText,
  type Multiplex,
  type Receiver,
  type Service,
  type ServiceAvailability,
  type ServiceKey,
  type SubscribeRequest,
  type Subscription,
  type TunerEvent,
  type Tuners,
  type TunerSnapshot,
  type TunerSource,
  type Visited,
  type VisitRequest,
  type WeightClass,
} from "./ports.ts";
import { describePlace } from "./place.ts";
import { Proving } from "./proving.ts";
import { Survey, type SurveyClass } from "./survey.ts";
import { TunerRack } from "./tuner-rack.ts";
import { addCounters, describeSlot, noteFailure, type Slot } from "./tuner-slot.ts";

export type { TunersOptions } from "./options.ts";

export interface TunersDeps {
  readonly sources: readonly TunerSource[];
  readonly clock: Clock;
  readonly log: Log;
  readonly options?: TunersOptions;
}

/** All tuners and what they receive. Inert until started. */
export function createTuners(deps: TunersDeps): Tuners & Receiver & Component {
  return new TunerPool(deps);
}

/** What says a recording's time, or the box's own. */
const NO_AIR: ReadonlySet<string> = new Set(["file", "mock"]);

class TunerPool implements Tuners, Receiver, Component {
  readonly name = "tuners";
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: Required<TunersOptions>;
  readonly #history: HistoryBudget;
  readonly #sources: readonly TunerSource[];
  readonly #rack: TunerRack;
  readonly #granting: Granting;
  readonly #lineUp: LineUp;
  readonly #known: Known;
  readonly #identities: Identities;
  readonly #events: Emitter<TunerEvent>;
  readonly #survey: Survey<MuxSession>;
  readonly #proving: Proving;
  /** Why nothing came of multiplexes when they were last tried, by id. */
  readonly #failed = new Map<string, ErrorCode>();
  /** Multiplexes beside those that the sources know. */
  #found: readonly Multiplex[] = [];
  #unwatch: (() => void)[] = [];
  #stopped = false;

  constructor({ sources, clock, log, options }: TunersDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#options = { ...TUNERS_DEFAULTS, ...options };
    this.#history = new HistoryBudget(this.#options.historyBytes, this.#options.historyMs);
    this.#sources = sources;
    this.#events = new Emitter((error) => log.error({ err: error }, "tuner-listener-failed"));
    this.#rack = new TunerRack({
      sources,
      clock,
      limits: this.#options.tunersPerClass,
      surveyed: (session) => this.#survey.holds(session),
    });
    const multiplexes = this.#listed();
    this.#rack.update(multiplexes);
    this.#lineUp = new LineUp(multiplexes);
    this.#known = { lineUp: this.#lineUp, rack: this.#rack };
    this.#identities = new Identities(this.#lineUp);
    this.#granting = new Granting({
      rack: this.#rack,
      clock,
      stopped: () => this.#stopped,
      multiplexOf: (holding) => this.#multiplexOf(holding.request.service),
      open: (slot, multiplex, asker) => void this.#open(slot, multiplex, asker.weight === "scan"),
      displace: (slot, message, detail) => void this.#close(slot, "displaced", message, detail),
      watchable: (weight) => watchable(weight, this.#known),
    });
    this.#survey = new Survey({
      clock,
      multiplexes: multiplexes.map((multiplex) => multiplex.id),
      stayMs: this.#options.surveyMs,
      periodMs: this.#options.surveyPeriodMs,
      retryMs: this.#options.retryMs,
      guide: this.#options.guide
        ? { periodMs: this.#options.guidePeriodMs, stayMs: this.#options.guideStayMs }
        : null,
      open: (multiplex, weight) => this.#openForSurvey(multiplex, weight),
      done: (session) => this.#release(session),
      guided: (multiplex, outcome) => log.debug({ multiplex, outcome }, "guide-visit"),
    });
    this.#proving = new Proving({
      clock,
      rack: this.#rack,
      multiplexes: () => [...this.multiplexes()].sort((a, b) => this.#silent(a) - this.#silent(b)),
      open: (slot, multiplex) => this.#open(slot, multiplex, false, log.child({}, { level: "error" })),
      done: (session) => this.#release(session),
    });
  }

  // ---------------------------------------------------------------- lifecycle

  start(): void {
    this.#unwatch = this.#sources.flatMap((source) => source.onChange?.(() => this.#relist()) ?? []);
    // Something may have come or gone since they were made.
    if (this.#unwatch.length > 0) this.#relist();
    if (!this.#options.survey) return;
    this.#survey.start();
    this.#proving.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
    this.#survey.stop();
    this.#proving.stop();
    const closed = this.#rack.slots.map(async (slot) => {
      await this.#close(slot, "stopping", "The box is shutting down.");
      await slot.closing;
    });
    this.#granting.rescue();
    await Promise.all(closed);
  }

  // ---------------------------------------------------------------- Tuners

  services(): readonly Service[] {
    return this.#lineUp.services();
  }

  on(listener: (event: TunerEvent) => void): () => void {
    return this.#events.on(listener);
  }

  availability(
    key: ServiceKey,
    weight: WeightClass,
    leaving: readonly ServiceKey[] = [],
  ): ServiceAvailability {
    const service = this.#lineUp.find(key);
    if (service === null) return "no-signal";
    const gone = leaving.map((one) => this.#lineUp.find(one)).filter((one) => one !== null);
    return availabilityOf(service.multiplex, weight, this.#known, gone);
  }

  async subscribe(request: SubscribeRequest): Promise<Subscription> {
    const from = this.#clock.monotonic();
    const holding = new Holding(request, (lost, loss) => this.#granting.lost(lost, loss));
    const feed = await this.#granting.withTuner(
      () => this.#multiplexOf(request.service),
      holding,
      (slot, session) => {
        slot.since = from;
        return holding.take(slot.driver.id, session);
      },
    );
    holding.serve(feed);
    return holding.subscription(feed, from);
  }

  snapshot(): readonly TunerSnapshot[] {
    return this.#rack.slots.map((slot) => {
      const { session } = slot;
      const services = session === null ? [] : this.#lineUp.of(session.multiplex.id);
      return describeSlot(slot, services, session !== null && this.#survey.holds(session) !== null);
    });
  }

  broadcastTime(): { readonly utc: number; readonly at: number } | null {
    const times = this.#rack.slots.flatMap(({ session }) =>
      session === null || NO_AIR.has(session.multiplex.delivery.system) ? [] : (session.broadcastTime ?? []),
    );
    return times.sort((a, b) => b.at - a.at)[0] ?? null;
  }

  notReceived(): { place: string; code: ErrorCode }[] {
    return this.multiplexes().flatMap((multiplex) => {
      const code = this.#failed.get(multiplex.id);
      const isKnown = this.#lineUp.of(multiplex.id).length > 0;
      return code === undefined || isKnown || multiplex.listed === undefined
        ? []
        : [{ place: describePlace(multiplex), code }];
    });
  }

  #multiplexOf(service: ServiceKey): Multiplex {
    const known = this.#lineUp.find(service);
    if (known !== null) return known.multiplex;
    throw new TellyportError(
      "service-not-on-air",
      `No multiplex carries service ${serviceKeyText(service)}: read the channel list again.`,
    );
  }

  // ---------------------------------------------------------------- Receiver

  visit(request: VisitRequest): Promise<Visited> {
    return this.#granting.withTuner(
      () => request.multiplex,
      request,
      async (slot, session) => {
        try {
          const visited = await session.visit(request);
          // Enough for who asked: should it be listed next, this much is known of it.
          if (!this.#lineUp.has(session.multiplex)) this.#lineUp.update(session.multiplex, visited.tables);
          return visited;
        } finally {
          // A visit leaves nothing behind that would be worth a linger of its own.
          if (slot.linger === null) this.#release(session);
        }
      },
      { oneTry: true },
    );
  }

  multiplexes(): readonly Multiplex[] {
    return [...this.#lineUp.multiplexes.values()];
  }

  setMultiplexes(multiplexes: readonly Multiplex[], services: readonly Service[] = []): void {
    this.#found = [...multiplexes];
    this.#relist();
    if (this.#lineUp.restore(services)) this.#events.emit({ kind: "lineup" });
  }

  /** What the sources know themselves goes before what was found. */
  #listed(): Multiplex[] {
    const all = [...this.#found, ...this.#rack.multiplexes()];
    return [...new Map(all.map((multiplex) => [multiplex.id, multiplex])).values()];
  }

  /** Takes over what there is now: drivers, and multiplexes. */
  #relist(): void {
    if (this.#stopped) return;
    const before = this.multiplexes();
    const multiplexes = this.#listed();
    const unplugged = this.#rack.update(multiplexes);
    const changed = this.#lineUp.setMultiplexes(multiplexes);
    for (const slot of unplugged)
      void this.#close(slot, "device-gone", `${slot.driver.name} was unplugged: plug it in again.`);
    const gone = before.filter((multiplex) => !this.#lineUp.has(multiplex));
    for (const slot of this.#rack.slots) {
      const { session } = slot;
      if (session === null || !gone.some((one) => isDeepStrictEqual(one, session.multiplex))) continue;
      void this.#close(slot, "service-not-on-air", "The channel's multiplex is not received any more.");
    }
    this.#survey.setMultiplexes(multiplexes.map((multiplex) => multiplex.id));
    this.#granting.rescue();
    if (changed) this.#events.emit({ kind: "lineup" });
    this.#events.emit({ kind: "tuners" });
  }

  // ---------------------------------------------------------------- sessions

  /** @param asFound whichever transport stream comes is taken for the multiplex's */
  #open(slot: Slot, multiplex: Multiplex, asFound: boolean, log: Log = this.#log): MuxSession {
    const { last } = slot;
    const session = new MuxSession({
      driver: slot.driver,
      multiplex,
      clock: this.#clock,
      log,
      expected: asFound ? null : this.#identities.of(multiplex),
      stale: last === null || last.multiplex === multiplex.id ? null : last.transportStreamId,
      wholeMultiplex: this.#options.wholeMultiplex,
      history: this.#history,
      events: {
        lineup: (source) => {
          if (this.#lineUp.update(source.multiplex, source.tables)) this.#events.emit({ kind: "lineup" });
          this.#identities.confirmed(source.multiplex);
        },
        guide: (events, stretches) => {
          // What a scan hears of multiplexes that are in no list concerns nobody.
          if (this.#lineUp.has(multiplex)) this.#events.emit({ kind: "guide", events, stretches });
        },
        changed: () => this.#onChanged(slot),
        idle: (source) => this.#onIdle(slot, source),
        ended: (source, code) => this.#onEnded(slot, source, code),
        mayMove: (source) => mayMove(source, this.#known),
      },
    });
    slot.session = session;
    slot.error = null;
    // The device may still be on its way out of the session before.
    void slot.closing.then(() => session.start());
    this.#events.emit({ kind: "tuners" });
    return session;
  }

  #close(
    slot: Slot,
    code: ErrorCode,
    message: string,
    detail?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { session } = slot;
    if (session === null) return slot.closing;
    slot.closing = session.close(code, message, detail).catch((error: unknown) => {
      this.#log.error({ tuner: slot.driver.id, err: error }, "tuner-close-failed");
    });
    return slot.closing;
  }

  #onChanged(slot: Slot): void {
    const { session } = slot;
    if (session?.state === "streaming") {
      slot.failures = 0;
      slot.failedWith = null;
    }
    if (session !== null && session.feeds.size > 0) {
      slot.linger?.cancel();
      slot.linger = null;
    }
    if (session !== null && session.lockedAt >= 0 && this.#lineUp.received(session.multiplex.id))
      this.#events.emit({ kind: "lineup" });
    this.#events.emit({ kind: "tuners" });
  }

  #onIdle(slot: Slot, session: MuxSession): void {
    if (slot.session !== session || this.#survey.holds(session) !== null) return;
    slot.linger?.cancel();
    slot.linger = this.#clock.after(this.#options.lingerMs, () => {
      slot.linger = null;
      this.#release(session);
    });
  }

  /** Lets a session go that nobody holds. */
  #release(session: MuxSession): void {
    const slot = this.#rack.slots.find((candidate) => candidate.session === session);
    if (slot === undefined || session.feeds.size > 0 || session.visits.size > 0) return;
    if (this.#survey.holds(session) !== null) return;
    void this.#close(slot, "request-cancelled", "Nobody watches.");
  }

  #onEnded(slot: Slot, session: MuxSession, code: ErrorCode | null): void {
    slot.linger?.cancel();
    slot.linger = null;
    if (slot.session === session) slot.session = null;
    slot.counted = addCounters(slot.counted, session.counters);
    const { seen } = session.guard;
    if (seen !== null) slot.last = { multiplex: session.multiplex.id, transportStreamId: seen };
    if (code === null) this.#failed.delete(session.multiplex.id);
    else if (code !== "device-gone") this.#failed.set(session.multiplex.id, code);
    if (code !== null) {
      // A multiplex that cannot be received is no fault of the tuner's.
      const neverLocked = code === "no-lock" && session.lockedAt < 0;
      const isOfMultiplex = neverLocked || code === "wrong-multiplex" || code === "unsupported";
      if (!isOfMultiplex) noteFailure(slot, code, this.#clock.monotonic());
      else slot.failedWith = null;
      if (code === "wrong-multiplex" && (this.#survey.holds(session) !== null || session.visits.size > 0))
        this.#identities.contradicted(session.multiplex, seen);
      if (neverLocked && this.#lineUp.unreceived(session.multiplex.id)) this.#events.emit({ kind: "lineup" });
      slot.closing = slot.driver.close().catch(() => undefined);
      this.#granting.rescue();
    }
    this.#survey.ended(session, code);
    this.#events.emit({ kind: "tuners" });
  }

  /** For sorting: 1 when it did not lock when last tried. */
  #silent({ id }: Multiplex): number {
    return this.#lineUp.hasSignal(id) ? 0 : 1;
  }

  #openForSurvey(multiplex: string, weight: SurveyClass): MuxSession | null {
    const description = this.#lineUp.multiplexes.get(multiplex);
    if (description === undefined) return null;
    const decision = this.#rack.decide(description, weight);
    if (decision.kind === "share") return this.#rack.slot(decision.tuner).session;
    if (decision.kind !== "idle") return null;
    return this.#open(this.#rack.slot(decision.tuner), description, false);
  }
}

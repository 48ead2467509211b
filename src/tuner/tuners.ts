import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { availabilityOf, watchable, type Known } from "./availability.ts";
import { latestTime } from "./broadcast-time.ts";
import { Granting } from "./granting.ts";
import { Holding } from "./holding.ts";
import { Identities } from "./identities.ts";
import { LineUp } from "./line-up.ts";
import type { MuxSession } from "./mux-session.ts";
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
import { TunerSessions } from "./tuner-sessions.ts";
import { describeSlot } from "./tuner-slot.ts";

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

class TunerPool implements Tuners, Receiver, Component {
  readonly name = "tuners";
  readonly #clock: Clock;
  readonly #options: Required<TunersOptions>;
  readonly #sources: readonly TunerSource[];
  readonly #rack: TunerRack;
  readonly #granting: Granting;
  readonly #lineUp: LineUp;
  readonly #known: Known;
  readonly #sessions: TunerSessions;
  readonly #events: Emitter<TunerEvent>;
  readonly #survey: Survey<MuxSession>;
  readonly #proving: Proving;
  /** Multiplexes beside those that the sources know. */
  #found: readonly Multiplex[] = [];
  #unwatch: (() => void)[] = [];
  #stopped = false;

  constructor({ sources, clock, log, options }: TunersDeps) {
    this.#clock = clock;
    this.#options = { ...TUNERS_DEFAULTS, ...options };
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
    this.#sessions = new TunerSessions({
      rack: this.#rack,
      lineUp: this.#lineUp,
      identities: new Identities(this.#lineUp),
      clock,
      log,
      options: this.#options,
      history: new HistoryBudget(this.#options.historyBytes, this.#options.historyMs),
      emit: (event) => this.#events.emit(event),
      surveyed: (session) => this.#survey.holds(session) !== null,
      ended: (session, code) => {
        if (code !== null) this.#granting.rescue();
        this.#survey.ended(session, code);
      },
    });
    this.#granting = new Granting({
      rack: this.#rack,
      clock,
      stopped: () => this.#stopped,
      multiplexOf: (holding) => this.#multiplexOf(holding.request.service),
      open: (slot, multiplex, asker) => void this.#sessions.open(slot, multiplex, asker.weight === "scan"),
      displace: (slot, message, detail) => void this.#sessions.close(slot, "displaced", message, detail),
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
      done: (session) => this.#sessions.release(session),
      guided: (multiplex, outcome) => log.debug({ multiplex, outcome }, "guide-visit"),
    });
    this.#proving = new Proving({
      clock,
      rack: this.#rack,
      multiplexes: () => [...this.multiplexes()].sort((a, b) => this.#silent(a) - this.#silent(b)),
      open: (slot, multiplex) =>
        this.#sessions.open(slot, multiplex, false, log.child({}, { level: "error" })),
      done: (session) => this.#sessions.release(session),
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
      await this.#sessions.close(slot, "stopping", "The box is shutting down.");
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
    return latestTime(this.#rack.slots);
  }

  notReceived(): { place: string; code: ErrorCode }[] {
    return this.multiplexes().flatMap((multiplex) => {
      const code = this.#sessions.failureOf(multiplex);
      const isKnown = this.#lineUp.of(multiplex.id).length > 0;
      return code === null || isKnown || multiplex.listed === undefined
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
          if (slot.linger === null) this.#sessions.release(session);
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
      void this.#sessions.close(slot, "device-gone", `${slot.driver.name} was unplugged: plug it in again.`);
    const gone = before.filter((multiplex) => !this.#lineUp.has(multiplex));
    const why = "The channel's multiplex is not received any more.";
    for (const slot of this.#rack.slots) {
      const { session } = slot;
      if (session === null || !gone.some((one) => isDeepStrictEqual(one, session.multiplex))) continue;
      void this.#sessions.close(slot, "service-not-on-air", why);
    }
    this.#survey.setMultiplexes(multiplexes.map((multiplex) => multiplex.id));
    this.#granting.rescue();
    if (changed) this.#events.emit({ kind: "lineup" });
    this.#events.emit({ kind: "tuners" });
  }

  // ---------------------------------------------------------------- background work

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
    return this.#sessions.open(this.#rack.slot(decision.tuner), description, false);
  }
}

import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { arbitrate, type ArbiterSession, type ArbiterTuner, type Decision } from "./arbiter.ts";
import { LineUp } from "./line-up.ts";
import { MuxSession } from "./mux-session.ts";
import {
  serviceKeyText,
  WEIGHTS,
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
import { TUNERS_DEFAULTS, type TunersOptions } from "./options.ts";
import { refusal, REST_MS } from "./refusal.ts";
import { acceptedBy, addCounters, describeSlot, makeSlot, type Slot } from "./tuner-slot.ts";
import { isPlayable, type FeedRequest } from "./service-feed.ts";
import { Survey } from "./survey.ts";

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

/** Whoever asks for a tuner, as far as the arbiter cares. */
interface Asker {
  readonly weight: WeightClass;
  readonly consumer: string;
  readonly signal?: AbortSignal;
}

class TunerPool implements Tuners, Receiver, Component {
  readonly name = "tuners";
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: Required<TunersOptions>;
  readonly #sources: readonly TunerSource[];
  readonly #slots: readonly Slot[];
  /** Beside those that the sources know. */
  #found: readonly Multiplex[] = [];
  readonly #lineUp: LineUp;
  readonly #events: Emitter<TunerEvent>;
  readonly #survey: Survey;
  #stopped = false;

  constructor({ sources, clock, log, options }: TunersDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#options = { ...TUNERS_DEFAULTS, ...options };
    this.#events = new Emitter((error) => log.error({ err: error }, "tuner-listener-failed"));
    this.#sources = sources;
    const multiplexes = this.#listed();
    this.#lineUp = new LineUp(multiplexes);
    this.#slots = sources.flatMap((source) => source.drivers).map((driver) => makeSlot(driver, multiplexes));
    this.#survey = new Survey({
      clock,
      multiplexes: [...this.#lineUp.multiplexes.keys()],
      stayMs: this.#options.surveyMs,
      periodMs: this.#options.surveyPeriodMs,
      retryMs: this.#options.retryMs,
      open: (multiplex) => this.#openForSurvey(multiplex),
      done: (session) => this.#release(session),
    });
  }

  // ---------------------------------------------------------------- lifecycle

  start(): void {
    if (this.#options.survey) this.#survey.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#survey.stop();
    await Promise.all(
      this.#slots.map(async (slot) => {
        await this.#close(slot, "stopping", "The box is shutting down.");
        await slot.closing;
      }),
    );
  }

  // ---------------------------------------------------------------- Tuners

  services(): readonly Service[] {
    return this.#lineUp.services();
  }

  on(listener: (event: TunerEvent) => void): () => void {
    return this.#events.on(listener);
  }

  availability(key: ServiceKey, weight: WeightClass): ServiceAvailability {
    const service = this.#lineUp.find(key);
    if (service === null || !this.#lineUp.hasSignal(service.multiplex.id)) return "no-signal";
    const decision = this.#decide(service.multiplex, weight);
    switch (decision.kind) {
      case "share":
        return "shares-tuner";
      case "idle":
        return "free";
      case "displace":
        // Nobody notices when background work or an empty session gives way.
        return decision.weight <= WEIGHTS.predictive ? "free" : "would-displace";
      case "refuse":
        return decision.reason === "busy" ? "busy" : "no-signal";
    }
  }

  subscribe(request: SubscribeRequest): Promise<Subscription> {
    const from = this.#clock.monotonic();
    const multiplexOf = (): Multiplex => {
      const service = this.#lineUp.find(request.service);
      if (service !== null) return service.multiplex;
      throw new TellyportError(
        "service-not-on-air",
        `No multiplex carries service ${serviceKeyText(request.service)}: read the channel list again.`,
      );
    };
    return this.#withTuner(multiplexOf, request, (slot, session) => this.#hold(slot, session, request, from));
  }

  snapshot(): readonly TunerSnapshot[] {
    return this.#slots.map((slot) => {
      const { session } = slot;
      const services = session === null ? [] : this.#lineUp.of(session.multiplex.id);
      return describeSlot(slot, services, session !== null && this.#survey.holds(session));
    });
  }

  // ---------------------------------------------------------------- Receiver

  visit(request: VisitRequest): Promise<Visited> {
    return this.#withTuner(
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
    const all = [...this.#found, ...this.#sources.flatMap((source) => source.multiplexes)];
    return [...new Map(all.map((multiplex) => [multiplex.id, multiplex])).values()];
  }

  #relist(): void {
    const before = [...this.#lineUp.multiplexes.values()];
    const changed = this.#lineUp.setMultiplexes(this.#listed());
    const multiplexes = [...this.#lineUp.multiplexes.values()];
    for (const slot of this.#slots) slot.accepts = acceptedBy(slot.driver, multiplexes);
    const gone = before.filter((multiplex) => !this.#lineUp.has(multiplex));
    for (const slot of this.#slots) {
      const { session } = slot;
      if (session === null || !gone.some((one) => isDeepStrictEqual(one, session.multiplex))) continue;
      void this.#close(slot, "service-not-on-air", "The channel's multiplex is not received any more.");
    }
    this.#survey.setMultiplexes(multiplexes.map((multiplex) => multiplex.id));
    if (changed) this.#events.emit({ kind: "lineup" });
  }

  // ---------------------------------------------------------------- granting

  #decide(multiplex: Multiplex, weight: WeightClass, without: ReadonlySet<string> = new Set()): Decision {
    const now = this.#clock.monotonic();
    const listed = this.#lineUp.has(multiplex);
    const tuners: ArbiterTuner[] = this.#slots.map((slot) => ({
      id: slot.driver.id,
      accepts:
        listed || !slot.driver.accepts(multiplex) ? slot.accepts : new Set([...slot.accepts, multiplex.id]),
      usable: slot.restsUntil <= now && !without.has(slot.driver.id),
    }));
    const sessions: ArbiterSession[] = [];
    for (const slot of this.#slots) {
      const { session } = slot;
      if (session === null) continue;
      const weights = [...session.feeds].map((feed) => WEIGHTS[feed.request.weight]);
      for (const visit of session.visits) weights.push(WEIGHTS[visit.weight]);
      if (this.#survey.holds(session)) weights.push(WEIGHTS.idleScan);
      sessions.push({
        tuner: slot.driver.id,
        multiplex: isSame(session.multiplex, multiplex) ? multiplex.id : session.multiplex.id,
        weight: Math.max(0, ...weights),
        consumers: weights.length,
        since: slot.since,
      });
    }
    return arbitrate(tuners, sessions, { multiplex: multiplex.id, weight: WEIGHTS[weight] });
  }

  /** Finds a tuner for a multiplex and does something with what it receives; when one fails, the next is tried. */
  async #withTuner<Result>(
    multiplexOf: () => Multiplex,
    asker: Asker,
    use: (slot: Slot, session: MuxSession) => Promise<Result>,
  ): Promise<Result> {
    const failed = new Set<string>();
    for (;;) {
      if (this.#stopped) throw new TellyportError("stopping", "The box is shutting down.");
      if (asker.signal?.aborted === true)
        throw new TellyportError("request-cancelled", "The request was withdrawn.");
      const multiplex = multiplexOf();
      const slot = this.#grant(multiplex, asker, failed);
      const { session } = slot;
      if (session === null) throw new TellyportError("device-gone", "The tuner was lost: try again.");
      try {
        return await use(slot, session);
      } catch (error) {
        if (!this.#mayTryAnother(error, slot, multiplex, failed)) throw error;
      }
    }
  }

  /** @returns the slot whose session receives the multiplex now, or begins to */
  #grant(multiplex: Multiplex, asker: Asker, without: ReadonlySet<string>): Slot {
    const decision = this.#decide(multiplex, asker.weight, without);
    if (decision.kind === "refuse") {
      const broken = this.#slots.find((one) => one.error !== null)?.error ?? null;
      throw refusal(decision, broken, this.services());
    }
    const slot = this.#slot(decision.tuner);
    if (decision.kind === "displace")
      void this.#close(
        slot,
        "displaced",
        `The tuner was needed for ${asker.consumer}: choose another channel, or try again later.`,
      );
    if (decision.kind !== "share") this.#open(slot, multiplex);
    return slot;
  }

  async #hold(
    slot: Slot,
    session: MuxSession,
    request: SubscribeRequest,
    from: number,
  ): Promise<Subscription> {
    slot.linger?.cancel();
    slot.linger = null;
    slot.since = from;
    const wish: FeedRequest = {
      serviceId: request.service.serviceId,
      weight: request.weight,
      consumer: request.consumer,
      sink: request.sink,
      select: request.select ?? isPlayable,
    };
    const feed = await session.subscribe(wish, request.signal);
    const close = (): void => {
      request.signal?.removeEventListener("abort", close);
      feed.close();
    };
    request.signal?.addEventListener("abort", close, { once: true });
    return {
      timings: {
        lock: Math.max(0, feed.lockedAt - from),
        pmt: feed.knownAt - from,
      },
      reweigh: (weight) => void (wish.weight = weight),
      close,
    };
  }

  /** The ladder's last rung: a tuner that failed is left out, and another one is tried if there is one. */
  #mayTryAnother(error: unknown, slot: Slot, multiplex: Multiplex, failed: Set<string>): boolean {
    if (!(error instanceof TellyportError)) return false;
    if (error.code !== "device-gone" && error.code !== "device-busy" && error.code !== "no-lock")
      return false;
    failed.add(slot.driver.id);
    const decision = this.#decide(multiplex, "idleScan", failed);
    return decision.kind === "idle" || decision.kind === "share";
  }

  // ---------------------------------------------------------------- sessions

  #slot(tuner: string): Slot {
    const slot = this.#slots.find((candidate) => candidate.driver.id === tuner);
    if (slot === undefined) throw new Error(`there is no tuner ${tuner}`);
    return slot;
  }

  #open(slot: Slot, multiplex: Multiplex): MuxSession {
    const session = new MuxSession({
      driver: slot.driver,
      multiplex,
      clock: this.#clock,
      log: this.#log,
      events: {
        lineup: (source) => {
          if (this.#lineUp.update(source.multiplex, source.tables)) this.#events.emit({ kind: "lineup" });
        },
        guide: (events, stretches) => {
          // What a scan hears of multiplexes that are in no list concerns nobody.
          if (this.#lineUp.has(multiplex)) this.#events.emit({ kind: "guide", events, stretches });
        },
        changed: () => this.#onChanged(slot),
        idle: (source) => this.#onIdle(slot, source),
        ended: (source, code) => this.#onEnded(slot, source, code),
      },
    });
    slot.session = session;
    slot.error = null;
    // The device may still be on its way out of the session before.
    void slot.closing.then(() => session.start());
    this.#events.emit({ kind: "tuners" });
    return session;
  }

  #close(slot: Slot, code: ErrorCode, message: string): Promise<void> {
    const { session } = slot;
    if (session === null) return slot.closing;
    slot.closing = session.close(code, message).catch((error: unknown) => {
      this.#log.error({ tuner: slot.driver.id, err: error }, "tuner-close-failed");
    });
    return slot.closing;
  }

  #onChanged(slot: Slot): void {
    const { session } = slot;
    if (session !== null && session.lockedAt >= 0 && this.#lineUp.received(session.multiplex.id))
      this.#events.emit({ kind: "lineup" });
    this.#events.emit({ kind: "tuners" });
  }

  #onIdle(slot: Slot, session: MuxSession): void {
    if (slot.session !== session || this.#survey.holds(session)) return;
    slot.linger?.cancel();
    slot.linger = this.#clock.after(this.#options.lingerMs, () => {
      slot.linger = null;
      this.#release(session);
    });
  }

  /** Lets a session go that nobody holds. */
  #release(session: MuxSession): void {
    const slot = this.#slots.find((candidate) => candidate.session === session);
    if (slot === undefined || session.feeds.size > 0 || session.visits.size > 0) return;
    if (this.#survey.holds(session)) return;
    void this.#close(slot, "request-cancelled", "Nobody watches.");
  }

  #onEnded(slot: Slot, session: MuxSession, code: ErrorCode | null): void {
    slot.linger?.cancel();
    slot.linger = null;
    if (slot.session === session) slot.session = null;
    slot.counted = addCounters(slot.counted, session.counters);
    if (code !== null) {
      // A multiplex that cannot be received is no fault of the tuner's.
      if (code !== "no-lock") {
        slot.error = code;
        slot.restsUntil = this.#clock.monotonic() + REST_MS;
      }
      if (session.lockedAt < 0 && code === "no-lock" && this.#lineUp.unreceived(session.multiplex.id))
        this.#events.emit({ kind: "lineup" });
      slot.closing = slot.driver.close().catch(() => undefined);
    }
    this.#survey.ended(session, code);
    this.#events.emit({ kind: "tuners" });
  }

  #openForSurvey(multiplex: string): MuxSession | null {
    const description = this.#lineUp.multiplexes.get(multiplex);
    if (description === undefined) return null;
    const decision = this.#decide(description, "idleScan");
    if (decision.kind === "share") return this.#slot(decision.tuner).session;
    return decision.kind === "idle" ? this.#open(this.#slot(decision.tuner), description) : null;
  }
}

/** Received alike, whatever it is called: one session serves both. */
function isSame(a: Multiplex, b: Multiplex): boolean {
  return a.id === b.id || isDeepStrictEqual(a.delivery, b.delivery);
}

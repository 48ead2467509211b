import type { Clock } from "../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { arbitrate, type ArbiterSession, type ArbiterTuner, type Decision } from "./arbiter.ts";
import { Catalogue } from "./catalogue.ts";
import { MuxSession } from "./mux-session.ts";
import type { OtherService } from "./mux-tables.ts";
import {
  serviceKeyText,
  WEIGHTS,
  type Multiplex,
  type Service,
  type ServiceAvailability,
  type ServiceKey,
  type SubscribeRequest,
  type Subscription,
  type TunerEvent,
  type Tuners,
  type TunerSnapshot,
  type TunerSource,
} from "./ports.ts";
import { TUNERS_DEFAULTS, type TunersOptions } from "./options.ts";
import { refusal, REST_MS } from "./refusal.ts";
import { addCounters, describeSlot, makeSlot, type Slot } from "./tuner-slot.ts";
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
export function createTuners(deps: TunersDeps): Tuners & Component {
  return new TunerPool(deps);
}

class TunerPool implements Tuners, Component {
  readonly name = "tuners";
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: Required<TunersOptions>;
  readonly #slots: readonly Slot[];
  readonly #multiplexes: ReadonlyMap<string, Multiplex>;
  readonly #catalogue = new Catalogue();
  readonly #events: Emitter<TunerEvent>;
  readonly #survey: Survey;
  /** Multiplexes that did not lock when last tried. */
  readonly #unreceived = new Set<string>();
  /** Services of other transport streams than their own that multiplexes name. */
  readonly #named = new Map<string, OtherService>();
  #stopped = false;

  constructor({ sources, clock, log, options }: TunersDeps) {
    this.#clock = clock;
    this.#log = log;
    this.#options = { ...TUNERS_DEFAULTS, ...options };
    this.#events = new Emitter((error) => log.error({ err: error }, "tuner-listener-failed"));
    const multiplexes = sources.flatMap((source) => source.multiplexes);
    this.#multiplexes = new Map(multiplexes.map((multiplex) => [multiplex.id, multiplex]));
    this.#slots = sources.flatMap((source) => source.drivers).map((driver) => makeSlot(driver, multiplexes));
    this.#survey = new Survey({
      clock,
      multiplexes: [...this.#multiplexes.keys()],
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
    return this.#catalogue.services();
  }

  on(listener: (event: TunerEvent) => void): () => void {
    return this.#events.on(listener);
  }

  availability(key: ServiceKey, weight: SubscribeRequest["weight"]): ServiceAvailability {
    const service = this.#catalogue.find(key);
    if (service === null || this.#unreceived.has(service.multiplex.id)) return "no-signal";
    const decision = this.#decide(service.multiplex.id, WEIGHTS[weight]);
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

  async subscribe(request: SubscribeRequest): Promise<Subscription> {
    const from = this.#clock.monotonic();
    const failed = new Set<string>();
    for (;;) {
      if (this.#stopped) throw new TellyportError("stopping", "The box is shutting down.");
      const service = this.#catalogue.find(request.service);
      if (service === null)
        throw new TellyportError(
          "service-not-on-air",
          `No multiplex carries service ${serviceKeyText(request.service)}: read the channel list again.`,
        );
      const slot = this.#grant(service.multiplex, request, failed);
      try {
        return await this.#hold(slot, request, from);
      } catch (error) {
        if (!this.#mayTryAnother(error, slot, service.multiplex, failed)) throw error;
      }
    }
  }

  snapshot(): readonly TunerSnapshot[] {
    return this.#slots.map((slot) => {
      const { session } = slot;
      const services = session === null ? [] : this.#catalogue.of(session.multiplex.id);
      return describeSlot(slot, services, session !== null && this.#survey.holds(session));
    });
  }

  // ---------------------------------------------------------------- granting

  #decide(multiplex: string, weight: number, without: ReadonlySet<string> = new Set()): Decision {
    const now = this.#clock.monotonic();
    const tuners: ArbiterTuner[] = this.#slots.map((slot) => ({
      id: slot.driver.id,
      accepts: slot.accepts,
      usable: slot.restsUntil <= now && !without.has(slot.driver.id),
    }));
    const sessions: ArbiterSession[] = [];
    for (const slot of this.#slots) {
      const { session } = slot;
      if (session === null) continue;
      const weights = [...session.feeds].map((feed) => WEIGHTS[feed.request.weight]);
      if (this.#survey.holds(session)) weights.push(WEIGHTS.idleScan);
      sessions.push({
        tuner: slot.driver.id,
        multiplex: session.multiplex.id,
        weight: Math.max(0, ...weights),
        consumers: weights.length,
        since: slot.since,
      });
    }
    return arbitrate(tuners, sessions, { multiplex, weight });
  }

  /** @returns the slot whose session receives the multiplex now, or begins to */
  #grant(multiplex: Multiplex, request: SubscribeRequest, without: ReadonlySet<string>): Slot {
    const decision = this.#decide(multiplex.id, WEIGHTS[request.weight], without);
    if (decision.kind === "refuse") {
      const broken = this.#slots.find((one) => one.error !== null)?.error ?? null;
      throw refusal(decision, broken, this.services());
    }
    const slot = this.#slot(decision.tuner);
    if (decision.kind === "displace")
      void this.#close(
        slot,
        "displaced",
        `The tuner was needed for ${request.consumer}: choose another channel, or try again later.`,
      );
    if (decision.kind !== "share") this.#open(slot, multiplex);
    return slot;
  }

  async #hold(slot: Slot, request: SubscribeRequest, from: number): Promise<Subscription> {
    const { session } = slot;
    if (session === null) throw new TellyportError("device-gone", "The tuner was lost: try again.");
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
    const decision = this.#decide(multiplex.id, 1, failed);
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
        lineup: (source) => this.#onLineup(source),
        guide: (events) => this.#events.emit({ kind: "guide", events }),
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
    if (session !== null && session.lockedAt >= 0 && this.#unreceived.delete(session.multiplex.id))
      this.#events.emit({ kind: "lineup" });
    this.#events.emit({ kind: "tuners" });
  }

  #onLineup(session: MuxSession): void {
    const updated = this.#catalogue.update(session.multiplex.id, session.tables.services());
    for (const other of session.tables.others())
      this.#named.set(serviceKeyText({ ...other, serviceId: other.service.serviceId }), other);
    const named = this.#nameUnreceived();
    if (updated || named) this.#events.emit({ kind: "lineup" });
  }

  /**
   * Which transport stream a multiplex without lock would carry is known by elimination only: every other multiplex has
   * shown its own, and one that the tables name is left over.
   */
  #nameUnreceived(): boolean {
    const services = this.#catalogue.services();
    const shown = new Set(services.map((service) => service.multiplex.id));
    const silent = [...this.#multiplexes.values()].filter((multiplex) => !shown.has(multiplex.id));
    const multiplex = silent[0];
    if (multiplex === undefined || silent.length > 1 || !this.#unreceived.has(multiplex.id)) return false;
    const claimed = new Set(services.map(({ key }) => `${key.originalNetworkId}.${key.transportStreamId}`));
    const left = [...this.#named.values()].filter(
      (other) => !claimed.has(`${other.originalNetworkId}.${other.transportStreamId}`),
    );
    const streams = new Set(left.map((other) => `${other.originalNetworkId}.${other.transportStreamId}`));
    return streams.size === 1 && this.#catalogue.addNamed(multiplex, left);
  }

  #onIdle(slot: Slot, session: MuxSession): void {
    if (slot.session !== session || this.#survey.holds(session)) return;
    slot.linger?.cancel();
    slot.linger = this.#clock.after(this.#options.lingerMs, () => this.#release(session));
  }

  /** Lets a session go that nobody holds. */
  #release(session: MuxSession): void {
    const slot = this.#slots.find((candidate) => candidate.session === session);
    if (slot === undefined || session.feeds.size > 0 || this.#survey.holds(session)) return;
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
      if (session.lockedAt < 0 && code === "no-lock") this.#onUnreceived(session.multiplex);
      slot.closing = slot.driver.close().catch(() => undefined);
    }
    this.#survey.ended(session, code);
    this.#events.emit({ kind: "tuners" });
  }

  #onUnreceived(multiplex: Multiplex): void {
    const before = this.#unreceived.size;
    this.#unreceived.add(multiplex.id);
    const named = this.#nameUnreceived();
    if (named || this.#unreceived.size > before) this.#events.emit({ kind: "lineup" });
  }

  #openForSurvey(multiplex: string): MuxSession | null {
    const description = this.#multiplexes.get(multiplex);
    if (description === undefined) return null;
    const decision = this.#decide(multiplex, WEIGHTS.idleScan);
    if (decision.kind === "share") return this.#slot(decision.tuner).session;
    return decision.kind === "idle" ? this.#open(this.#slot(decision.tuner), description) : null;
  }
}

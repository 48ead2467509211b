import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../kernel/clock.ts";
import { arbitrate, type ArbiterSession, type ArbiterTuner, type Decision } from "./arbiter.ts";
import type { MuxSession } from "./mux-session.ts";
import { WEIGHTS, type Multiplex, type Service, type TunerSource, type WeightClass } from "./ports.ts";
import { acceptedBy, makeSlot, type Slot } from "./tuner-slot.ts";

/** Circumstances of a request. */
export interface Circumstances {
  /** Tuners that are left out. */
  readonly without?: ReadonlySet<string>;
  /** A session that counts as gone. */
  readonly ignoring?: MuxSession;
  /** Services of each of which one consumer that weighs what the request does counts as gone. */
  readonly leaving?: readonly Service[];
}

/** The tuners that there are, and what runs on each, as the arbiter sees them. */
export class TunerRack {
  readonly #sources: readonly TunerSource[];
  readonly #clock: Clock;
  readonly #limits: Partial<Record<WeightClass, number>>;
  /** What the survey is among a session's consumers for; null: it is not. */
  readonly #surveyed: (session: MuxSession) => WeightClass | null;
  #slots: readonly Slot[] = [];
  #listed: ReadonlyMap<string, Multiplex> = new Map();

  constructor(deps: {
    sources: readonly TunerSource[];
    clock: Clock;
    limits: Partial<Record<WeightClass, number>>;
    surveyed: (session: MuxSession) => WeightClass | null;
  }) {
    this.#sources = deps.sources;
    this.#clock = deps.clock;
    this.#limits = deps.limits;
    this.#surveyed = deps.surveyed;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Multiplexes that the sources know by themselves. */
  multiplexes(): Multiplex[] {
    return this.#sources.flatMap((source) => source.multiplexes);
  }

  /** Takes over which multiplexes are listed, and which drivers there are. @returns the slots whose driver is gone */
  update(listed: readonly Multiplex[]): readonly Slot[] {
    this.#listed = new Map(listed.map((multiplex) => [multiplex.id, multiplex]));
    const before = this.#slots;
    this.#slots = this.#sources
      .flatMap((source) => source.drivers)
      .map((driver) => before.find((slot) => slot.driver === driver) ?? makeSlot(driver, []));
    for (const slot of this.#slots) slot.accepts = acceptedBy(slot.driver, listed);
    return before.filter((slot) => !this.#slots.includes(slot));
  }

  /** @throws Error when there is no such tuner: a fault of ours */
  slot(tuner: string): Slot {
    const slot = this.#slots.find((candidate) => candidate.driver.id === tuner);
    if (slot === undefined) throw new Error(`there is no tuner ${tuner}`);
    return slot;
  }

  decide(multiplex: Multiplex, weight: WeightClass, circumstances: Circumstances = {}): Decision {
    const { without, ignoring, leaving = [] } = circumstances;
    const now = this.#clock.monotonic();
    const known = this.#listed.get(multiplex.id);
    const listed = known === multiplex || isDeepStrictEqual(known, multiplex);
    const tuners = this.#slots.map((slot): ArbiterTuner => {
      const { driver, accepts } = slot;
      return {
        id: driver.id,
        accepts: listed || !driver.accepts(multiplex) ? accepts : new Set([...accepts, multiplex.id]),
        usable: slot.restsUntil <= now && without?.has(driver.id) !== true,
        suspect: slot.failures > 0,
        ...(slot.failures > 0 && { failedAt: slot.failedAt }),
      };
    });
    const sessions: ArbiterSession[] = [];
    for (const slot of this.#slots) {
      const { session } = slot;
      if (session === null || session === ignoring) continue;
      const weights = withoutLeaving(this.weightsOf(session), weight, session, leaving);
      sessions.push({
        tuner: slot.driver.id,
        multiplex: isSame(session.multiplex, multiplex) ? multiplex.id : session.multiplex.id,
        weight: Math.max(0, ...weights),
        consumers: weights.length,
        since: slot.since,
      });
    }
    const limit = this.#limits[weight];
    return arbitrate(tuners, sessions, {
      multiplex: multiplex.id,
      weight: WEIGHTS[weight],
      ...(limit !== undefined && { limit }),
    });
  }

  /** Of each consumer of a session. */
  weightsOf(session: MuxSession): number[] {
    const weights = [...session.feeds].map((feed) => WEIGHTS[feed.request.weight]);
    for (const visit of session.visits) weights.push(WEIGHTS[visit.weight]);
    const surveyed = this.#surveyed(session);
    if (surveyed !== null) weights.push(WEIGHTS[surveyed]);
    return weights;
  }
}

/** Of a session's consumers, when those are gone that leave. */
function withoutLeaving(
  weights: number[],
  weight: WeightClass,
  session: MuxSession,
  leaving: readonly Service[],
): number[] {
  for (const { key, multiplex } of leaving) {
    if (multiplex.id !== session.multiplex.id) continue;
    const isHeld = [...session.feeds].some(
      ({ request }) => request.serviceId === key.serviceId && request.weight === weight,
    );
    if (isHeld) weights.splice(weights.indexOf(WEIGHTS[weight]), 1);
  }
  return weights;
}

/** Received alike, whatever it is called: one session serves both. */
function isSame(a: Multiplex, b: Multiplex): boolean {
  return a.id === b.id || isDeepStrictEqual(a.delivery, b.delivery);
}

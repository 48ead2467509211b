import type { Clock, Timer } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { MuxTables } from "./mux-tables.ts";
import type { WeightClass } from "./ports.ts";

/** How often the survey looks what it could do; ms. */
const PERIOD_MS = 250;
/** Without a new section of a schedule for so long, none is to come; ms. */
const GUIDE_SILENCE_MS = 20_000;

/** What the survey is at a multiplex for: its tables, or the schedules that its services promise. */
export type SurveyClass = Extract<WeightClass, "idleScan" | "guide">;

/**
 * How a visit for the guide ended. `done`: every schedule was seen whole; `timeout`: the longest stay is over; `no-data`:
 * nothing new came any more; `stolen`: somebody wanted the tuner, or it failed, and the visit is made up for.
 */
export type GuideOutcome = "done" | "timeout" | "no-data" | "stolen";

/** What the survey looks at of a session. */
export interface Surveyed {
  readonly multiplex: { readonly id: string };
  /** Monotonic ms; -1 before the lock. */
  readonly lockedAt: number;
  readonly named: boolean;
  readonly tables: Pick<MuxTables, "complete" | "hasSdt" | "promisesSchedule" | "guideComplete"> & {
    readonly guide: { readonly scheduleSections: number };
  };
}

export interface SurveyDeps<Session extends Surveyed> {
  readonly clock: Clock;
  readonly multiplexes: readonly string[];
  readonly stayMs: number;
  readonly periodMs: number;
  readonly retryMs: number;
  /** Null: no visit is for the guide. Both ms. */
  readonly guide: { readonly periodMs: number; readonly stayMs: number } | null;
  /** Begins to receive a multiplex with an idle tuner, or joins who receives it; null when no tuner is idle. */
  open(multiplex: string, weight: SurveyClass): Session | null;
  /** The survey no longer holds the session. */
  done(session: Session): void;
  /** A visit for the guide has ended. */
  guided(multiplex: string, outcome: GuideOutcome): void;
}

/** A session that the survey holds. */
interface Stay {
  readonly weight: SurveyClass;
  /** Sections of schedules that were new, and when the last of them came; monotonic ms. */
  sections: number;
  newAt: number;
  readonly from: number;
}

/**
 * Visits every multiplex with tuners that have nothing better to do, reads its tables, and comes again every few hours.
 * Then it goes where services promise a schedule, and stays until the schedules were seen whole: one multiplex at a time,
 * so that a box of several tuners has others idle. The lightest of all consumers: whoever wants the tuner gets it, and the
 * visit is made up for later.
 */
export class Survey<Session extends Surveyed> {
  readonly #deps: SurveyDeps<Session>;
  /** When each multiplex is due, monotonic ms. */
  readonly #due: Map<string, number>;
  /** The same for the guide, of those that promise a schedule. */
  readonly #guideDue = new Map<string, number>();
  readonly #held = new Map<Session, Stay>();
  #timer: Timer | null = null;

  constructor(deps: SurveyDeps<Session>) {
    this.#deps = deps;
    this.#due = new Map(deps.multiplexes.map((multiplex) => [multiplex, 0]));
  }

  /** From now on these are visited; new ones are due at once. */
  setMultiplexes(multiplexes: readonly string[]): void {
    const listed = new Set(multiplexes);
    for (const multiplex of this.#due.keys()) {
      if (listed.has(multiplex)) continue;
      this.#due.delete(multiplex);
      this.#guideDue.delete(multiplex);
    }
    for (const multiplex of listed) if (!this.#due.has(multiplex)) this.#due.set(multiplex, 0);
  }

  start(): void {
    this.#timer ??= this.#deps.clock.every(PERIOD_MS, () => this.#look());
    this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#held.clear();
  }

  /** What the survey holds a session for; null: it does not. */
  holds(session: Session): SurveyClass | null {
    return this.#held.get(session)?.weight ?? null;
  }

  /** A session is over: by failure it is tried again later, and when taken away as soon as a tuner is idle. */
  ended(session: Session, code: ErrorCode | null): void {
    const stay = this.#held.get(session);
    this.#held.delete(session);
    const { id } = session.multiplex;
    const now = this.#deps.clock.monotonic();
    if (stay?.weight === "guide") this.#deps.guided(id, "stolen");
    if (!this.#due.has(id)) return;
    if (code === null) {
      if (stay?.weight === "idleScan") this.#due.set(id, now);
      return;
    }
    this.#due.set(id, now + this.#deps.retryMs);
    if (this.#guideDue.has(id)) this.#guideDue.set(id, now + this.#deps.retryMs);
  }

  #look(): void {
    const now = this.#deps.clock.monotonic();
    for (const [session, stay] of [...this.#held]) {
      if (stay.weight === "idleScan") this.#readTables(session, now);
      else this.#readGuide(session, stay, now);
    }
    for (const [multiplex, due] of this.#due) if (due <= now) this.#open(multiplex, "idleScan", now);
    // The line-up first; then one multiplex at a time.
    if (this.#held.size > 0) return;
    for (const [multiplex, due] of this.#guideDue)
      if (due <= now && this.#open(multiplex, "guide", now)) return;
  }

  #open(multiplex: string, weight: SurveyClass, now: number): boolean {
    if ([...this.#held.keys()].some((session) => session.multiplex.id === multiplex)) return false;
    const session = this.#deps.open(multiplex, weight);
    if (session === null) return false;
    this.#held.set(session, {
      weight,
      from: now,
      sections: session.tables.guide.scheduleSections,
      newAt: now,
    });
    return true;
  }

  #readTables(session: Session, now: number): void {
    const stayed = session.lockedAt >= 0 && now - session.lockedAt >= this.#deps.stayMs;
    if (!(session.tables.complete && session.named) && !stayed) return;
    const { id } = session.multiplex;
    if (this.#due.has(id)) {
      this.#due.set(id, now + this.#deps.periodMs);
      if (!session.tables.promisesSchedule || this.#deps.guide === null) this.#guideDue.delete(id);
      else if (!this.#guideDue.has(id)) this.#guideDue.set(id, now);
    }
    this.#release(session);
  }

  #readGuide(session: Session, stay: Stay, now: number): void {
    const { guide } = this.#deps;
    if (session.lockedAt < 0 || guide === null) return;
    const { scheduleSections } = session.tables.guide;
    if (scheduleSections !== stay.sections) stay.newAt = now;
    stay.sections = scheduleSections;
    const from = Math.max(session.lockedAt, stay.from);
    const outcome = session.tables.hasSdt && session.tables.guideComplete ? "done" : null;
    const late = now - from >= guide.stayMs ? "timeout" : null;
    const silent = now - Math.max(from, stay.newAt) >= GUIDE_SILENCE_MS ? "no-data" : null;
    const ended = outcome ?? late ?? silent;
    if (ended === null) return;
    const { id } = session.multiplex;
    if (this.#guideDue.has(id)) this.#guideDue.set(id, now + guide.periodMs);
    this.#deps.guided(id, ended);
    this.#release(session);
  }

  #release(session: Session): void {
    this.#held.delete(session);
    this.#deps.done(session);
  }
}

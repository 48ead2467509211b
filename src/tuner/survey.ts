import type { Clock, Timer } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { MuxSession } from "./mux-session.ts";

/** How often the survey looks what it could do; ms. */
const PERIOD_MS = 250;

export interface SurveyDeps {
  readonly clock: Clock;
  readonly multiplexes: readonly string[];
  readonly stayMs: number;
  readonly periodMs: number;
  readonly retryMs: number;
  /** Begins to receive a multiplex with an idle tuner, or joins who receives it; null when no tuner is idle. */
  open(multiplex: string): MuxSession | null;
  /** The survey no longer holds the session. */
  done(session: MuxSession): void;
}

/**
 * Visits every multiplex with tuners that have nothing better to do, reads its tables, and comes again every few hours.
 * The lightest of all consumers: whoever wants the tuner gets it, and the visit is made up for later.
 */
export class Survey {
  readonly #deps: SurveyDeps;
  /** When each multiplex is due, monotonic ms. */
  readonly #due: Map<string, number>;
  readonly #held = new Set<MuxSession>();
  #timer: Timer | null = null;

  constructor(deps: SurveyDeps) {
    this.#deps = deps;
    this.#due = new Map(deps.multiplexes.map((multiplex) => [multiplex, 0]));
  }

  /** From now on these are visited; new ones are due at once. */
  setMultiplexes(multiplexes: readonly string[]): void {
    const listed = new Set(multiplexes);
    for (const multiplex of this.#due.keys()) if (!listed.has(multiplex)) this.#due.delete(multiplex);
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

  holds(session: MuxSession): boolean {
    return this.#held.has(session);
  }

  /** A session is over: by failure it is tried again later, and when taken away as soon as a tuner is idle. */
  ended(session: MuxSession, code: ErrorCode | null): void {
    const wasHeld = this.#held.delete(session);
    const now = this.#deps.clock.monotonic();
    if (!this.#due.has(session.multiplex.id)) return;
    if (code !== null) this.#due.set(session.multiplex.id, now + this.#deps.retryMs);
    else if (wasHeld) this.#due.set(session.multiplex.id, now);
  }

  #look(): void {
    const now = this.#deps.clock.monotonic();
    for (const session of [...this.#held]) {
      const stayed = session.lockedAt >= 0 && now - session.lockedAt >= this.#deps.stayMs;
      if (!session.tables.complete && !stayed) continue;
      if (!session.named && !stayed) continue;
      if (this.#due.has(session.multiplex.id)) this.#due.set(session.multiplex.id, now + this.#deps.periodMs);
      this.#held.delete(session);
      this.#deps.done(session);
    }
    for (const [multiplex, due] of this.#due) {
      if (due > now || [...this.#held].some((session) => session.multiplex.id === multiplex)) continue;
      const session = this.#deps.open(multiplex);
      if (session !== null) this.#held.add(session);
    }
  }
}

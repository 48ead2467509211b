import { join } from "node:path";
import { readDocument, writeFileAtomic } from "./atomic-file.ts";
import type { Clock, Timer } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { Emitter } from "./events.ts";
import type { Component } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import {
  SAVE_EVERY,
  beginKeeping,
  keepTime,
  type ClockDoubt,
  type ClockEvidence,
  type ClockReading,
  type ClockState,
  type ClockStep,
  type Keeping,
} from "./time-keeper.ts";
import { ms, type Milliseconds } from "./units.ts";

export type { ClockStep } from "./time-keeper.ts";

/** In the state directory; the time is nobody's, and stays when the box becomes a new one. */
export const CLOCK_FILE = "clock.json";

export interface TrustedClockDeps {
  /** The system's. */
  readonly clock: Clock;
  /** What the machine says of it, asked at each look. */
  readonly evidence: () => ClockEvidence;
  /** Names the time since the machine was switched on; null: it cannot be known. */
  readonly boot: string | null;
  readonly log: Log;
  /** Folder of `clock.json`. */
  readonly stateDir: string;
  /** When this release was made, epoch ms: no time before it is ever believed. */
  readonly releasedAt: number;
  /** Other times that have been for certain, epoch ms, such as the beginning of a certificate of one's own. */
  readonly been?: readonly number[];
}

/** Time by broadcast. It is a stranger's word: compared with, never taken. */
export interface BroadcastTime {
  /** As TDT or TOT said, epoch ms. @see EN 300 468 §5.2.5, §5.2.6 */
  readonly utc: number;
  /** Monotonic ms of its arrival. */
  readonly at: number;
}

/** What the clock says of itself. */
export interface ClockReport {
  readonly state: ClockState;
  /** null while synchronised. */
  readonly doubt: ClockDoubt | null;
  /** By how much broadcast time is ahead, ms, where the two differ by more than an hour; else null. */
  readonly broadcastAhead: number | null;
}

/** The system clock is looked at this often: that it was set is noticed, and followed, within it. */
const LOOK_EVERY = 5_000;
const BROADCAST_DIFFERS = 3_600_000;
/** A TDT comes every half minute (ETSI TS 101 211 §4.4): an older one is of a multiplex that is not received any more. */
const BROADCAST_FRESH = 120_000;
/** No release is used for longer: a document that says more is damaged. */
const LONGEST_USE = 100 * 365.25 * 86_400_000;

interface ClockDocument {
  readonly time: number;
  /** Written at the end: nothing was made later than `time`. */
  readonly ended: boolean;
  readonly era: number | null;
  /** Since which start of the machine its clock was believed; null: it was not. */
  readonly boot: string | null;
}

/**
 * The clock of the daemon: the system's while that can be believed, else one that goes on from the last time that was known.
 * By more than five minutes, and whenever a time is over that was not believed, it moves only when it tells so
 * ({@link onStepped}), in the same turn: whoever keeps times can follow before anybody compares them. What the system clock is
 * put right by less, forward or back, it follows at the next look and tells nobody: whoever compares times bears that much.
 */
export class TrustedClock implements Clock, Component {
  readonly name = "clock";
  readonly #deps: TrustedClockDeps;
  readonly #path: string;
  readonly #stepped: Emitter<ClockStep>;
  /** It was believed by an earlier process, and the machine has run since. */
  readonly #runsOn: boolean;
  #keeping: Keeping;
  #broadcast: () => BroadcastTime | null = () => null;
  #broadcastAhead: number | null = null;
  #timers: Timer[] = [];
  /** Documents are written one after another. */
  #saving: Promise<void> = Promise.resolve();

  private constructor(deps: TrustedClockDeps, document: ClockDocument | null) {
    this.#deps = deps;
    this.#path = documentPath(deps.stateDir);
    this.#stepped = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "clock-listener-failed"),
    );
    this.#runsOn = deps.boot !== null && document?.boot === deps.boot;
    // What was made after the last writing must be earlier than what is made from now on.
    const last = document === null ? 0 : document.time + (document.ended ? 0 : SAVE_EVERY);
    const floor = Math.max(deps.releasedAt, last, ...(deps.been ?? []));
    this.#keeping = beginKeeping(floor, document?.era ?? null, deps.releasedAt, this.#read());
  }

  /** Reads what was known at the end of the last process. One that cannot be read costs only that. */
  static async open(deps: TrustedClockDeps): Promise<TrustedClock> {
    const parse = (text: string): ClockDocument => parseDocument(text, deps.releasedAt);
    const document = await readDocument(documentPath(deps.stateDir), parse).catch((error: unknown) => {
      deps.log.warn({ error: messageOf(error) }, "clock-document-unreadable");
      return null;
    });
    return new TrustedClock(deps, document);
  }

  now(): Milliseconds {
    // Whole ones, as the system's: they are stored as integers.
    return ms(Math.round(this.#keeping.base + this.#deps.clock.monotonic()));
  }

  monotonic(): Milliseconds {
    return this.#deps.clock.monotonic();
  }

  after(delay: number, callback: () => void): Timer {
    return this.#deps.clock.after(delay, callback);
  }

  every(period: number, callback: () => void): Timer {
    return this.#deps.clock.every(period, callback);
  }

  get state(): ClockState {
    return this.#keeping.state;
  }

  report(): ClockReport {
    const { state, doubt } = this.#keeping;
    return { state, doubt, broadcastAhead: this.#broadcastAhead };
  }

  /** Told in the turn in which the time steps, and not of less than a step. @returns a function that unsubscribes */
  onStepped(listener: (step: ClockStep) => void): () => void {
    return this.#stepped.on(listener);
  }

  /** From now on the time is compared with this one. */
  compareWith(broadcast: () => BroadcastTime | null): void {
    this.#broadcast = broadcast;
  }

  /** Those who must follow a step listen already. */
  async start(): Promise<void> {
    const { clock, log } = this.#deps;
    this.#look();
    if (this.state === "unsynchronised")
      log.warn({ ...this.report(), time: new Date(this.now()).toISOString() }, "clock-unsynchronised");
    this.#timers = [
      clock.every(LOOK_EVERY, () => this.#look()),
      clock.every(SAVE_EVERY, () => void this.#save()),
    ];
    await this.#save();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer.cancel();
    await this.#save(true);
  }

  #read(): ClockReading {
    const { clock, evidence } = this.#deps;
    const { ownClock, ...rest } = evidence();
    return {
      ...rest,
      ownClock: ownClock || this.#runsOn,
      system: clock.now(),
      monotonic: clock.monotonic(),
    };
  }

  #look(): void {
    const { log, releasedAt } = this.#deps;
    const before = this.#keeping;
    const { keeping, step } = keepTime(before, releasedAt, this.#read());
    this.#keeping = keeping;
    if (step !== null) {
      const iso = (time: number): string => new Date(time).toISOString();
      log.info({ from: iso(step.from), to: iso(step.to), wasKnown: step.era === null }, "clock-stepped");
      const { from, to, era } = step;
      const whole = era === null ? null : { start: Math.floor(era.start), end: Math.ceil(era.end) };
      this.#stepped.emit({ from: Math.round(from), to: Math.round(to), era: whole });
    }
    if (keeping.state !== before.state || keeping.doubt !== before.doubt)
      log[keeping.state === "synchronised" ? "info" : "warn"](this.report(), `clock-${keeping.state}`);
    if (step !== null || keeping.state !== before.state) void this.#save();
    this.#compare();
  }

  #compare(): void {
    const broadcast = this.state === "synchronised" ? this.#broadcast() : null;
    const age = broadcast === null ? Infinity : this.monotonic() - broadcast.at;
    const ahead = broadcast === null || age > BROADCAST_FRESH ? 0 : broadcast.utc + age - this.now();
    const differs = Math.abs(ahead) > BROADCAST_DIFFERS;
    if (differs && this.#broadcastAhead === null)
      this.#deps.log.warn({ aheadSeconds: Math.round(ahead / 1000) }, "clock-differs-from-broadcast");
    this.#broadcastAhead = differs ? Math.round(ahead) : null;
  }

  /** @param ended nothing is made after it */
  #save(ended = false): Promise<void> {
    const { era } = this.#keeping;
    const document: ClockDocument = {
      time: this.now(),
      ended,
      era: era === null ? null : Math.floor(era),
      boot: era === null ? this.#deps.boot : null,
    };
    this.#saving = this.#saving
      .then(() => writeFileAtomic(this.#path, `${JSON.stringify(document)}\n`))
      .catch((error: unknown) => this.#deps.log.warn({ error: messageOf(error) }, "clock-not-saved"));
    return this.#saving;
  }
}

function documentPath(stateDir: string): string {
  return join(stateDir, CLOCK_FILE);
}

/** @throws Error when it is none */
function parseDocument(text: string, releasedAt: number): ClockDocument {
  const document: unknown = JSON.parse(text);
  if (typeof document !== "object" || document === null) throw new Error("clock.json is no object");
  const { time, ended, era, boot } = document as Partial<Record<keyof ClockDocument, unknown>>;
  const isTime = (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value) && value > 0 && value < releasedAt + LONGEST_USE;
  if (!isTime(time)) throw new Error("clock.json holds no time");
  return {
    time,
    ended: ended === true,
    era: isTime(era) ? era : null,
    boot: typeof boot === "string" ? boot : null,
  };
}

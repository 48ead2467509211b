import type { Clock } from "../kernel/clock.ts";
import { isTellyportError, messageOf, type ErrorCode, type TellyportError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Milliseconds } from "../kernel/units.ts";
import { PACKET_BYTES } from "./mpegts/packet.ts";
import type { Multiplex, PacketSink, TunerDriver } from "./ports.ts";
import { isTunerFailure, nextStep, type RecoveryStep } from "./recovery.ts";
import { SESSION_TIMES } from "./session-contract.ts";

export interface TuningEvents {
  packets(chunk: Buffer, at: Milliseconds): void;
  /** Something is missing between the packets before and those to come. */
  lost(): void;
  locked(): void;
  /** Something is wrong, and is being mended. */
  faulty(): void;
  /** Nothing is left to try. */
  failed(code: ErrorCode, message: string): void;
}

export interface TuningDeps {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TuningEvents;
  /** Another tuner would take over at once, or nobody would mind if this one gave up. */
  readonly givesUp: (code: ErrorCode) => boolean;
}

/** Keeps a driver on a multiplex: tunes, and after a fault tunes again, opens the device anew, gives up. */
export class Tuning {
  readonly #deps: TuningDeps;
  readonly #abort = new AbortController();
  /** Counts tunes: a sink of an older one is deaf. */
  #generation = 0;
  #step: RecoveryStep = "running";
  #busy = false;
  #faultAt = -1;
  #lockedAt = -1;
  #relockedAt = -1;
  readonly counts = { packets: 0, overflows: 0, syncLosses: 0 };

  constructor(deps: TuningDeps) {
    this.#deps = deps;
  }

  /** Monotonic ms of the first lock; -1 before. */
  get lockedAt(): number {
    return this.#lockedAt;
  }

  /** Of the latest lock. */
  get relockedAt(): number {
    return this.#relockedAt;
  }

  /** It is being tuned just now. */
  get busy(): boolean {
    return this.#busy;
  }

  get over(): boolean {
    return this.#abort.signal.aborted;
  }

  start(): void {
    void this.#tune("retune");
  }

  /** No more will come of it. The driver is not closed. */
  stop(reason: TellyportError): void {
    this.#abort.abort(reason);
  }

  /** It runs without a fault now. */
  healthy(): void {
    const lasted = this.#deps.clock.monotonic() - this.#faultAt;
    if (this.#faultAt >= 0 && lasted > SESSION_TIMES.healthy) this.#step = "running";
  }

  /** Goes one rung up the ladder. */
  fault(code: ErrorCode, message: string): void {
    if (this.over) return;
    const { events, givesUp, clock } = this.#deps;
    events.faulty();
    this.#faultAt = clock.monotonic();
    this.#step = givesUp(code) ? "failed" : nextStep(this.#step);
    if (this.#step === "failed") events.failed(code, message);
    else void this.#tune(this.#step);
  }

  async #tune(step: "retune" | "reopen"): Promise<void> {
    if (this.#busy || this.over) return;
    this.#busy = true;
    const { driver, multiplex, clock, log } = this.#deps;
    const generation = ++this.#generation;
    this.#step = step;
    log.info({ tuner: driver.id, multiplex: multiplex.id, step }, "tuning");
    const lock = new AbortController();
    const deadline = clock.after(SESSION_TIMES.lock, () => lock.abort());
    let failure: unknown = null;
    try {
      if (step === "reopen") await driver.close();
      await driver.tune(
        multiplex,
        this.#sink(generation),
        AbortSignal.any([lock.signal, this.#abort.signal]),
      );
    } catch (error) {
      failure = error;
    }
    deadline.cancel();
    this.#busy = false;
    if (this.over) return;
    if (failure !== null) this.#onFailure(failure, lock.signal.aborted);
    else this.#onLock();
  }

  #onLock(): void {
    this.#relockedAt = this.#deps.clock.monotonic();
    if (this.#lockedAt < 0) {
      this.#lockedAt = this.#relockedAt;
      this.#step = "running";
    }
    this.#deps.events.locked();
  }

  #onFailure(error: unknown, late: boolean): void {
    const { driver, multiplex, log, events } = this.#deps;
    if (late)
      return this.fault("no-lock", `${multiplex.id} was not received within ${SESSION_TIMES.lock / 1000} s.`);
    if (isTellyportError(error))
      return this.#onDriver(isTunerFailure(error.code) ? error.code : "device-gone", error.message);
    log.error({ tuner: driver.id, multiplex: multiplex.id, error: messageOf(error) }, "tune-failed");
    events.failed("device-gone", `${driver.name} cannot be used.`);
  }

  #onDriver(code: ErrorCode, message: string): void {
    // A device that is gone or refuses will not come back by tuning it again.
    if (code === "no-data" || code === "no-lock") this.fault(code, message);
    else this.#deps.events.failed(code, message);
  }

  #sink(generation: number): PacketSink {
    const { events } = this.#deps;
    const current = (): boolean => generation === this.#generation && !this.over;
    return {
      packets: (chunk, at) => {
        if (!current()) return;
        this.counts.packets += chunk.length / PACKET_BYTES;
        events.packets(chunk, at);
      },
      overflow: () => {
        if (!current()) return;
        this.counts.overflows++;
        events.lost();
      },
      syncLoss: () => {
        if (!current()) return;
        this.counts.syncLosses++;
        events.lost();
      },
      failed: (code, message) => {
        if (current()) this.#onDriver(code, message);
      },
    };
  }
}

import { sleep, type Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { Milliseconds, Pid } from "../../../kernel/units.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { keepPids } from "./faults.ts";
import type { Receiver, Transmitter } from "./transmitter.ts";

/** How a tuner finds the multiplexes, and what is wrong with them now. */
export interface Air {
  /** The transmitter of a multiplex; null when nobody transmits there; undefined when there is no such multiplex. */
  transmitter(multiplex: Multiplex): Transmitter | null | undefined;
  lockDelay(multiplexId: string): number;
  /** A receiver gives up after so many ms without lock. */
  readonly noLockAfter: number;
  jammed(multiplexId: string): boolean;
  unplugged(tunerId: string): boolean;
}

const LOCKED: Signal = { locked: true, strength: -52.5, cnr: 24 };
const UNLOCKED: Signal = { locked: false, strength: -90, cnr: null };

interface Tuned {
  readonly multiplex: string;
  readonly transmitter: Transmitter;
  readonly sink: PacketSink;
}

/** One tuner of the mock. */
export class MockTuner implements TunerDriver, Receiver {
  readonly id: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #air: Air;
  #tuned: Tuned | null = null;
  /** Ends the attempt to tune that is under way. */
  #attempt: AbortController | null = null;
  #pids: ReadonlySet<number> | "all" = "all";
  #kept = Buffer.alloc(0);

  constructor(id: string, name: string, clock: Clock, air: Air) {
    this.id = id;
    this.name = name;
    this.#clock = clock;
    this.#air = air;
  }

  accepts(multiplex: Multiplex): boolean {
    return this.#air.transmitter(multiplex) !== undefined;
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    this.#stop();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const cancelled = AbortSignal.any([signal, attempt.signal]);
    try {
      const transmitter = this.#air.transmitter(multiplex);
      if (transmitter === undefined)
        throw new TellyportError("unsupported", `The mock tuner has no multiplex "${multiplex.id}".`);
      this.#checkPlugged();
      if (transmitter === null || this.#air.jammed(multiplex.id)) {
        await this.#wait(this.#air.noLockAfter, cancelled);
        throw new TellyportError(
          "no-lock",
          `There is no signal on ${multiplex.id}: is the antenna connected?`,
        );
      }
      await this.#wait(this.#air.lockDelay(multiplex.id), cancelled);
      // Much may have happened in the meantime.
      this.#checkPlugged();
      if (this.#air.jammed(multiplex.id))
        throw new TellyportError(
          "no-lock",
          `The signal on ${multiplex.id} went away: is the antenna connected?`,
        );
      this.#tuned = { multiplex: multiplex.id, transmitter, sink };
      transmitter.join(this);
    } finally {
      if (this.#attempt === attempt) this.#attempt = null;
    }
  }

  filter(pids: ReadonlySet<Pid> | "all"): void {
    this.#pids = pids;
  }

  signal(): Signal {
    return this.#tuned !== null && !this.#air.jammed(this.#tuned.multiplex) ? LOCKED : UNLOCKED;
  }

  async close(): Promise<void> {
    this.#stop();
    this.#pids = "all";
  }

  packets(chunk: Buffer, at: Milliseconds): void {
    if (this.#tuned === null || this.#air.jammed(this.#tuned.multiplex)) return;
    if (this.#pids === "all") return this.#tuned.sink.packets(chunk, at);
    if (this.#kept.length < chunk.length) this.#kept = Buffer.alloc(chunk.length);
    const kept = keepPids(chunk, this.#pids, this.#kept);
    if (kept > 0) this.#tuned.sink.packets(this.#kept.subarray(0, kept), at);
  }

  overflow(): void {
    this.#tuned?.sink.overflow();
  }

  /** The device was pulled out: what runs ends with `device-gone`. */
  pullOut(): void {
    const sink = this.#tuned?.sink;
    this.#stop();
    sink?.failed("device-gone", `${this.name} was unplugged.`);
  }

  #checkPlugged(): void {
    if (this.#air.unplugged(this.id))
      throw new TellyportError("device-gone", `${this.name} is unplugged: plug it in again.`);
  }

  async #wait(delay: number, cancelled: AbortSignal): Promise<void> {
    try {
      await sleep(this.#clock, delay, cancelled);
    } catch (cause) {
      throw new TellyportError("request-cancelled", "Tuning was given up for something else.", { cause });
    }
  }

  #stop(): void {
    this.#attempt?.abort();
    this.#attempt = null;
    this.#tuned?.transmitter.leave(this);
    this.#tuned = null;
  }
}

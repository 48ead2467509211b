import { TellyportError } from "../../src/kernel/errors.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { pid, type Pid } from "../../src/kernel/units.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver, TunerFailure } from "../../src/tuner/ports.ts";

/** A driver that does what a test says: locks, refuses or keeps silent, and delivers the packets it is fed. */
export class FakeTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  /** Every call, in order: `tune mux-1`, `close`. */
  readonly calls: string[] = [];
  /** Multiplex tuned to now. */
  multiplex: Multiplex | null = null;
  readonly #clock: Clock;
  readonly #accepts: (multiplex: Multiplex) => boolean;
  readonly #behaviour: (multiplex: Multiplex) => "lock" | "silence" | TunerFailure;
  #sink: PacketSink | null = null;
  #unplugged = false;
  /** What {@link filter} was asked for, in order. */
  readonly filters: (ReadonlySet<Pid> | "all")[] = [];
  /** Leaves out what was not asked for, as a device with filters does; default false. */
  filtering = false;
  /** Whether the antenna is connected, once it has locked; default true. */
  hasSignal = true;

  /**
   * @param behaviour what tuning to a multiplex does; `silence` neither locks nor fails. Default: locks at once
   * @param accepts default: everything
   */
  constructor(
    id: string,
    clock: Clock,
    options: {
      behaviour?: (multiplex: Multiplex) => "lock" | "silence" | TunerFailure;
      accepts?: (multiplex: Multiplex) => boolean;
    } = {},
  ) {
    this.id = id;
    this.name = `Fake tuner ${id}`;
    this.#clock = clock;
    this.#behaviour = options.behaviour ?? (() => "lock");
    this.#accepts = options.accepts ?? (() => true);
  }

  accepts(multiplex: Multiplex): boolean {
    return this.#accepts(multiplex);
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    this.calls.push(`tune ${multiplex.id}`);
    this.#sink = null;
    this.multiplex = null;
    const outcome = this.#unplugged ? "device-gone" : this.#behaviour(multiplex);
    if (outcome === "silence")
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () =>
          reject(new TellyportError("request-cancelled", "Tuning was cancelled.")),
        ),
      );
    else if (outcome !== "lock") throw new TellyportError(outcome, `The fake tuner says ${outcome}.`);
    this.#sink = sink;
    this.multiplex = multiplex;
  }

  filter(pids: ReadonlySet<Pid> | "all"): void {
    this.filters.push(pids);
  }

  signal(): Signal {
    return { locked: this.multiplex !== null && this.hasSignal, strength: -50, cnr: 25 };
  }

  async close(): Promise<void> {
    this.calls.push("close");
    this.#sink = null;
    this.multiplex = null;
  }

  /** Delivers packets, if something is tuned. */
  feed(packets: Buffer): void {
    const asked = this.filters.at(-1) ?? "all";
    const kept =
      !this.filtering || asked === "all"
        ? packets
        : Buffer.concat(
            Array.from({ length: packets.length / 188 }, (_, i) =>
              packets.subarray(i * 188, i * 188 + 188),
            ).filter((packet) => asked.has(pid(packet.readUInt16BE(1) & 0x1fff))),
          );
    if (kept.length > 0) this.#sink?.packets(kept, this.#clock.monotonic());
  }

  /** The device is pulled out: what runs fails, and tuning does until {@link plugIn}. */
  unplug(): void {
    this.#unplugged = true;
    this.multiplex = null;
    this.fail("device-gone");
    this.#sink = null;
  }

  plugIn(): void {
    this.#unplugged = false;
  }

  overflow(): void {
    this.#sink?.overflow();
  }

  fail(code: TunerFailure): void {
    this.#sink?.failed(code, `The fake tuner says ${code}.`);
  }
}

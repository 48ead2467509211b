import type { Clock, Timer } from "../../../kernel/clock.ts";
import { isTellyportError, messageOf, TellyportError } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Pid } from "../../../kernel/units.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver, TunerFailure } from "../../ports.ts";
import { isTunerFailure } from "../../recovery.ts";
import { receives } from "./capabilities.ts";
import { SatipLink } from "./link.ts";
import { isBroadcast, tuningQuery, type Broadcast } from "./query.ts";
import { signalOf } from "./rtcp-status.ts";
import { RtpReceiver, type RtpCounters } from "./rtp-receiver.ts";
import type { SatipServer } from "./server.ts";
import { TIMES } from "./times.ts";
import { watch, type Tried } from "./watchdog.ts";

export interface SatipTunerOptions {
  readonly id: string;
  readonly name: string;
  /** Kind of its front end, as in {@link FrontendGroup}. */
  readonly system: string;
  /** Front end to force; null: the server chooses. */
  readonly frontend: number | null;
  readonly server: SatipServer;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is received now, or is to be. */
interface Run {
  readonly multiplex: string;
  readonly tuning: string;
  readonly sink: PacketSink;
  readonly abort: AbortController;
  timer: Timer | null;
  since: number;
  tried: Tried;
  recovering: boolean;
}

/** One front end of a server: one session at a time. */
export class SatipTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #options: SatipTunerOptions;
  readonly #clock: Clock;
  readonly #receiver: RtpReceiver;
  readonly #link: SatipLink;
  #run: Run | null = null;
  /** Who waits for a sign of the multiplex. */
  #onSign: () => void = () => undefined;

  constructor(options: SatipTunerOptions) {
    this.id = options.id;
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock;
    this.#receiver = new RtpReceiver(options.clock, () => this.#onSign());
    this.#link = new SatipLink({
      ...options,
      receiver: this.#receiver,
      lost: () => void this.#recover("setup"),
      garbled: () => this.#run?.sink.syncLoss(),
    });
  }

  /** What the network did to the packets, since the start. */
  get rtp(): RtpCounters {
    return this.#receiver.counters;
  }

  /** Whether packets come now: the server is there. */
  get flowing(): boolean {
    const { payloadAt } = this.#receiver;
    return this.#run !== null && payloadAt >= 0 && this.#clock.monotonic() - payloadAt < TIMES.quiet;
  }

  accepts(multiplex: Multiplex): boolean {
    const { delivery } = multiplex;
    const { system } = this.#options;
    return isBroadcast(delivery) && receives(system, delivery) && this.#source(delivery) !== null;
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    this.#stop();
    const { delivery } = multiplex;
    const src = isBroadcast(delivery) ? this.#source(delivery) : null;
    if (!isBroadcast(delivery) || src === null)
      throw new TellyportError("unsupported", `${this.name} does not receive ${multiplex.id}.`);
    const tuning = tuningQuery(delivery, { src, frontend: this.#options.frontend });
    const run: Run = {
      multiplex: multiplex.id,
      tuning,
      sink,
      abort: new AbortController(),
      timer: null,
      since: 0,
      tried: "nothing",
      recovering: false,
    };
    this.#run = run;
    this.#receiver.begin(delivery, sink);
    const cancelled = AbortSignal.any([signal, run.abort.signal]);
    try {
      await this.#link.start(tuning, cancelled);
      run.since = this.#clock.monotonic();
      await this.#lock(run, cancelled);
      this.#learn();
      run.since = this.#clock.monotonic();
      run.timer = this.#clock.every(TIMES.watch, () => this.#watch(run));
    } catch (error) {
      const givenUp = cancelled.aborted;
      if (this.#run === run) {
        this.#stop();
        void this.#link.letGo();
      }
      if (givenUp)
        throw new TellyportError("request-cancelled", `Tuning to ${multiplex.id} was given up.`, {
          cause: error,
        });
      throw error;
    }
  }

  filter(pids: ReadonlySet<Pid> | "all"): void {
    this.#link.want(pids);
  }

  signal(): Signal {
    const { status, statusAt } = this.#receiver;
    const fresh = this.#clock.monotonic() - statusAt < TIMES.reportLife ? status : null;
    return signalOf(fresh, this.flowing || fresh?.locked === true);
  }

  async close(): Promise<void> {
    this.#stop();
    const ended = this.#link.letGo();
    this.#link.reset();
    await ended;
  }

  #source(delivery: Broadcast): number | null {
    return "orbital" in delivery ? this.#options.server.source(delivery.orbital) : 0;
  }

  #stop(): void {
    const run = this.#run;
    this.#run = null;
    this.#receiver.end();
    run?.timer?.cancel();
    run?.abort.abort();
  }

  // ---------------------------------------------------------------- lock

  /** Resolves at the first packet of the multiplex, or when the server reports a lock on it. */
  async #lock(run: Run, signal: AbortSignal): Promise<void> {
    for (;;) {
      const signed = await this.#sign(signal);
      if (signed) return;
      if (signal.aborted) throw new TellyportError("request-cancelled", "Tuning was given up.");
      // Not even an empty packet: UDP is filtered somewhere.
      await this.#link.switchTo("tcp", run.tuning, signal);
      run.since = this.#clock.monotonic();
    }
  }

  /** @returns false when nothing at all came over UDP, and TCP is left to try; or when the signal fired */
  #sign(signal: AbortSignal): Promise<boolean> {
    const locked = (): boolean => this.#receiver.payloadAt >= 0 || this.#receiver.status?.locked === true;
    return new Promise((resolve) => {
      const mayUseTcp = this.#options.server.transport === "auto" && !this.#triedTcp();
      const patience = this.#clock.after(TIMES.udpPatience, () => {
        if (mayUseTcp && this.#receiver.anythingAt < 0) done(false);
      });
      const abort = (): void => done(false);
      const done = (signed: boolean): void => {
        patience.cancel();
        signal.removeEventListener("abort", abort);
        this.#onSign = () => undefined;
        resolve(signed);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#onSign = () => {
        if (locked()) done(true);
      };
      if (signal.aborted) done(false);
      else this.#onSign();
    });
  }

  #triedTcp(): boolean {
    return this.#link.transport === "tcp" || this.#link.switched;
  }

  #learn(): void {
    const { server } = this.#options;
    if (server.transport === "auto" && this.#link.transport === "tcp") server.learned = "tcp";
  }

  // ---------------------------------------------------------------- watch

  #watch(run: Run): void {
    if (this.#run !== run || run.recovering) return;
    const now = this.#clock.monotonic();
    const { status, statusAt, payloadAt, anythingAt } = this.#receiver;
    const { tried, action } = watch(run.tried, {
      now,
      since: run.since,
      payloadAt,
      anythingAt,
      locked: status?.locked === true && now - statusAt < TIMES.reportLife,
      connected: this.#link.connected,
      interleaved: this.#link.transport === "tcp",
      wantsPackets: this.#link.wantsPackets,
    });
    run.tried = tried;
    if (action === "play" || action === "setup") void this.#recover(action);
    else if (action === "no-data")
      this.#fail(
        run,
        "no-data",
        `${this.#options.server.name} has a lock on ${run.multiplex} but sends nothing.`,
      );
  }

  async #recover(action: "play" | "setup"): Promise<void> {
    const run = this.#run;
    if (run === null || run.recovering || run.timer === null) return;
    run.recovering = true;
    this.#options.log.info({ tuner: this.id, multiplex: run.multiplex, action }, "satip-recovery");
    try {
      if (action === "setup") await this.#link.restart(run.tuning, run.abort.signal);
      else await this.#link.replay().catch(() => this.#link.restart(run.tuning, run.abort.signal));
    } catch (error) {
      if (this.#run === run) {
        const code = isTellyportError(error) && isTunerFailure(error.code) ? error.code : "device-gone";
        this.#fail(run, code, messageOf(error));
      }
    }
    run.since = this.#clock.monotonic();
    run.recovering = false;
  }

  #fail(run: Run, code: TunerFailure, message: string): void {
    this.#stop();
    void this.#link.letGo();
    run.sink.failed(code, message);
  }
}

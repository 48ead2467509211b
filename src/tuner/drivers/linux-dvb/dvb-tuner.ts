import type { Clock, Timer } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Pid } from "../../../kernel/units.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { gone, stuck } from "./device-failure.ts";
import type { Dishes } from "./dish.ts";
import type { DeviceFailure, DeviceNodes, Report } from "./messages.ts";
import { canReceive, planTune, type FrontendFacts } from "./tune-plan.ts";
import { TunerThread } from "./tuner-thread.ts";

/** ms */
const TIMES = {
  /** Without a sign of life of the thread, while it should receive, its driver is taken to be stuck. Longer than a firmware's upload. */
  silence: 15_000,
  watch: 1000,
  /** For the devices to be let go. */
  close: 2000,
  /** An unused thread is kept so long for the next tune. */
  idle: 60_000,
} as const;

const NO_SIGNAL: Signal = { locked: false, strength: null, cnr: null };

export interface DvbTunerOptions {
  readonly id: string;
  readonly name: string;
  readonly nodes: DeviceNodes;
  readonly facts: FrontendFacts;
  readonly dishes: Dishes;
  /** Between two readings of the signal, ms. */
  readonly signalMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface Pending {
  resolve(): void;
  reject(error: TellyportError): void;
}

/** A front end of Linux DVB. The calls into its driver are made by a thread of its own, which lives while it is used. */
export class DvbTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #options: DvbTunerOptions;
  #thread: TunerThread | null = null;
  #sink: PacketSink | null = null;
  #pending: Pending | null = null;
  #closing: (() => void) | null = null;
  #pids: readonly number[] | "all" = "all";
  #signal = NO_SIGNAL;
  /** State of LNB and switches, if the device is open. */
  #sec: string | null = null;
  /** Of the last command. */
  #id = 0;
  /** Of the tune that the reports belong to. */
  #reported = 0;
  #idle: Timer | null = null;
  #watch: Timer | null = null;
  #beats = 0;
  #beatAt = 0;

  constructor(options: DvbTunerOptions) {
    this.id = options.id;
    this.name = options.name;
    this.#options = options;
  }

  accepts(multiplex: Multiplex): boolean {
    return canReceive(multiplex.delivery, this.#options.facts, this.#options.dishes);
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    const cancelled = (): TellyportError =>
      new TellyportError("request-cancelled", `Tuning to ${multiplex.id} was cancelled.`);
    this.#sink = null;
    this.#pending?.reject(cancelled());
    if (signal.aborted) throw cancelled();
    const { dishes, facts, nodes } = this.#options;
    const plan = planTune(multiplex.delivery, facts, dishes, this.#sec);
    const id = ++this.#id;
    const thread = this.#start();
    this.#sec = plan.sec;
    this.#signal = NO_SIGNAL;
    thread.post({ kind: "tune", id, nodes, steps: plan.steps, pids: this.#pids });
    const onAbort = (): void => {
      thread.post({ kind: "cancel", id });
      this.#pending?.reject(cancelled());
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        const settled = (): void => void (this.#pending = null);
        this.#pending = {
          // From here on packets have where to go: the first come with the next message.
          resolve: () => {
            settled();
            this.#sink = sink;
            resolve();
          },
          reject: (error) => {
            settled();
            reject(error);
          },
        };
      });
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  filter(pids: ReadonlySet<Pid> | "all"): void {
    this.#pids = pids === "all" ? "all" : [...pids];
    this.#thread?.post({ kind: "filter", pids: this.#pids });
  }

  signal(): Signal {
    return this.#signal;
  }

  async close(): Promise<void> {
    this.#sink = null;
    this.#pids = "all";
    this.#sec = null;
    this.#signal = NO_SIGNAL;
    this.#pending?.reject(new TellyportError("request-cancelled", `${this.name} is being closed.`));
    const thread = this.#thread;
    if (thread === null || this.#idle !== null) return;
    await new Promise<void>((resolve) => {
      const id = ++this.#id;
      const late = this.#options.clock.after(TIMES.close, () => this.#abandon());
      const before = this.#closing;
      this.#closing = () => {
        late.cancel();
        this.#closing = null;
        before?.();
        resolve();
      };
      thread.post({ kind: "close", id });
    });
  }

  /** Its device nodes are gone: whoever uses it is told, if the device itself has not said so before. */
  unplugged(): void {
    this.#letGo();
    this.#failed(gone(this.#options.nodes.adapter));
  }

  /** Ends the thread that is kept for the next tune. */
  async dispose(): Promise<void> {
    await this.close();
    const thread = this.#forget();
    await thread?.end();
  }

  // ---------------------------------------------------------------- the thread

  #start(): TunerThread {
    const { clock, signalMs } = this.#options;
    this.#idle?.cancel();
    this.#idle = null;
    this.#beatAt = clock.monotonic();
    this.#watch ??= clock.every(TIMES.watch, () => this.#watchBeats());
    if (this.#thread === null) {
      const thread: TunerThread = new TunerThread(signalMs, {
        report: (report) => {
          if (this.#thread === thread) this.#onReport(report);
        },
        died: (failure) => {
          if (this.#thread !== thread) return;
          this.#forget();
          this.#failed(failure);
        },
      });
      this.#thread = thread;
      this.#beats = 0;
    }
    this.#thread.busy(true);
    return this.#thread;
  }

  /** The devices are closed; the thread stays for a while. */
  #rest(): void {
    const { clock } = this.#options;
    this.#watch?.cancel();
    this.#watch = null;
    this.#idle?.cancel();
    this.#idle = clock.after(TIMES.idle, () => void this.#forget()?.end());
    this.#thread?.busy(false);
  }

  #forget(): TunerThread | null {
    const thread = this.#thread;
    this.#thread = null;
    this.#sec = null;
    this.#idle?.cancel();
    this.#idle = null;
    this.#watch?.cancel();
    this.#watch = null;
    this.#closing?.();
    return thread;
  }

  /** A thread that does not answer is left to itself: the next tune has a new one. */
  #abandon(): void {
    this.#options.log.error({ tuner: this.id }, "dvb-driver-stuck");
    void this.#forget()?.end();
  }

  #watchBeats(): void {
    const now = this.#options.clock.monotonic();
    const beats = this.#thread?.ring.beats ?? 0;
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#beatAt = now;
    } else if (now - this.#beatAt > TIMES.silence) {
      this.#abandon();
      this.#failed(stuck(this.#options.nodes.adapter));
    }
  }

  // ---------------------------------------------------------------- reports

  #onReport(report: Report): void {
    if (typeof report === "number") return this.#onPackets(report);
    const current = this.#reported === this.#id;
    switch (report.kind) {
      case "tuning":
        this.#reported = report.id;
        return;
      case "locked":
        if (current) this.#pending?.resolve();
        return;
      case "overflow":
        if (current) this.#sink?.overflow();
        return;
      case "sync-loss":
        if (current) this.#sink?.syncLoss();
        return;
      case "signal":
        if (current) this.#signal = report.signal;
        return;
      case "filters":
        if (current && report.outcome !== "whole") this.#onFilters(report.outcome === "refused");
        return;
      case "failed":
        if (current) this.#failed(report);
        return;
      case "closed":
        // A tune may have been asked for meanwhile.
        if (report.id === this.#id) this.#rest();
        this.#closing?.();
        return;
      case "unusable":
        void this.#forget()?.end();
        return this.#failed(report);
      case "probed":
        return;
    }
  }

  #onPackets(end: number): void {
    const ring = this.#thread?.ring;
    const sink = this.#sink;
    if (ring === undefined) return;
    if (sink === null || this.#reported !== this.#id) return ring.skip(end);
    const at = this.#options.clock.monotonic();
    ring.read(end, (chunk) => sink.packets(chunk, at));
  }

  #onFilters(refused: boolean): void {
    const { adapter } = this.#options.nodes;
    this.#options.log.warn({ tuner: this.id, refused }, "dvb-filters-exhausted");
    if (!refused) return;
    this.#letGo();
    this.#failed({
      code: "unsupported",
      message: `DVB adapter ${adapter} delivers neither single PIDs nor the whole multiplex: end other programs that receive with it.`,
    });
  }

  /** The thread would go on receiving. */
  #letGo(): void {
    if (this.#idle === null) this.#thread?.post({ kind: "close", id: this.#id });
  }

  #failed({ code, message }: DeviceFailure): void {
    this.#sec = null;
    this.#signal = NO_SIGNAL;
    const sink = this.#sink;
    this.#sink = null;
    // Without a lock the device stays open for the next try; after everything else the thread has closed it.
    if (code !== "no-lock" && this.#thread !== null) this.#rest();
    if (this.#pending !== null) this.#pending.reject(new TellyportError(code, message));
    else sink?.failed(code, message);
  }
}

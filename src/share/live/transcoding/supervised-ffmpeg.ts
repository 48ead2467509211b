import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import type { FfmpegExit, FfmpegRun, FfmpegRunner } from "./ffmpeg-runner.ts";
import { InputQueue, type QueuedUnit, type QueueLimits } from "./input-queue.ts";
import { RestartPolicy } from "./restart-policy.ts";

/** No output for so long while input flows: it hangs, ms. */
const HANGS = 1500;
/** The same until the first output: drivers of hardware take their time. */
const HANGS_AT_START = 8000;
/** Input of less time than this need not have led to output, 90 kHz. */
const ANSWERED_WITHIN = 60_000;
/** How often the log tells that it is too slow, ms. */
const TELL = 10_000;
/** How often all this is looked at, ms. */
const WATCH = 100;

export interface SupervisedFfmpegOptions {
  readonly runner: FfmpegRunner;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: QueueLimits;
  /** Written before the first unit of each run. */
  readonly header: Buffer;
  /** @param failures runs in a row that ended before they had written anything */
  args(failures: number): readonly string[];
  /** Called before each run: forget what is half read; units may be fed from within. */
  begins(): void;
  output(chunk: Buffer): void;
  /** It died and will be started again. */
  died(): void;
  /** It ended after {@link SupervisedFfmpeg.finish}, and all its output was handed out. */
  finished(): void;
  /** It died too often; nothing more will come. */
  gaveUp(): void;
}

type State =
  | { readonly kind: "running"; readonly run: FfmpegRun; readonly since: number }
  | { readonly kind: "waiting"; readonly timer: Timer }
  | { readonly kind: "over" };

/**
 * An ffmpeg that is kept running: started again when it dies, killed when it hangs, fed no faster than it eats. Input waits
 * in a bounded queue meanwhile.
 */
export class SupervisedFfmpeg {
  readonly #options: SupervisedFfmpegOptions;
  readonly #queue: InputQueue;
  readonly #policy = new RestartPolicy();
  readonly #watch: Timer;
  #state: State = { kind: "over" };
  #blocked = false;
  #ending = false;
  #failures = 0;
  #wroteAnything = false;
  /** Monotonic ms. */
  #lastOutput = 0;
  /** Newest time stamp offered, and the one when the last output came. 90 kHz */
  #offered = 0;
  #offeredAtOutput: number | null = null;
  #droppedTold = 0;
  #toldAt = -Infinity;

  constructor(options: SupervisedFfmpegOptions) {
    this.#options = options;
    this.#queue = new InputQueue(options.limits);
    this.#watch = options.clock.every(WATCH, () => this.#look());
    this.#begin();
  }

  /** Null while it is not running. */
  get pid(): number | null {
    return this.#state.kind === "running" ? this.#state.run.pid : null;
  }

  feed(unit: QueuedUnit): void {
    if (this.#state.kind === "over" || this.#ending) return;
    this.#offered = Math.max(this.#offered, unit.pts);
    this.#offeredAtOutput ??= unit.pts;
    this.#queue.push(unit);
    this.#pump();
  }

  /** What waits is fed again by {@link SupervisedFfmpegOptions.begins}: it must not be there twice. */
  forgetQueue(): void {
    this.#queue.clear();
  }

  /** No more input: what there is is worked off. */
  finish(): void {
    if (this.#state.kind === "over" || this.#ending) return;
    this.#ending = true;
    if (this.#state.kind === "waiting") this.#finished();
    else this.#pump();
  }

  /** Ends it; nothing is called any more. */
  stop(): void {
    const state = this.#state;
    this.#over();
    if (state.kind === "waiting") state.timer.cancel();
    else if (state.kind === "running") state.run.stop();
  }

  #begin(): void {
    const { runner, clock, log, header } = this.#options;
    this.#wroteAnything = false;
    this.#blocked = false;
    this.#offeredAtOutput = null;
    this.#queue.startOver();
    this.#options.begins();
    const run: FfmpegRun = runner.run(this.#options.args(this.#failures), {
      output: (chunk) => void (this.#runs(run) && this.#output(chunk)),
      drained: () => {
        if (!this.#runs(run)) return;
        this.#blocked = false;
        this.#pump();
      },
      exited: (exit) => void (this.#runs(run) && this.#exited(exit)),
    });
    const since = clock.monotonic();
    this.#state = { kind: "running", run, since };
    this.#lastOutput = since;
    log.debug({ pid: run.pid }, "ffmpeg-started");
    this.#blocked = !run.write(header);
    this.#pump();
  }

  #runs(run: FfmpegRun): boolean {
    return this.#state.kind === "running" && this.#state.run === run;
  }

  #pump(): void {
    if (this.#state.kind !== "running") return;
    const { run } = this.#state;
    while (!this.#blocked) {
      const unit = this.#queue.shift();
      if (unit === undefined) break;
      this.#blocked = !run.write(unit.bytes);
    }
    if (this.#ending && this.#queue.length === 0) run.endInput();
  }

  #output(chunk: Buffer): void {
    this.#lastOutput = this.#options.clock.monotonic();
    this.#offeredAtOutput = this.#offered;
    this.#wroteAnything = true;
    this.#failures = 0;
    this.#options.output(chunk);
  }

  #look(): void {
    this.#tellDropped();
    if (this.#state.kind !== "running" || this.#offeredAtOutput === null) return;
    const { run } = this.#state;
    const silent = this.#options.clock.monotonic() - this.#lastOutput;
    const unanswered = this.#offered - this.#offeredAtOutput;
    if (silent < (this.#wroteAnything ? HANGS : HANGS_AT_START) || unanswered < ANSWERED_WITHIN) return;
    this.#options.log.warn({ pid: run.pid, silentMs: Math.round(silent) }, "ffmpeg-hangs");
    run.kill();
    // What cannot be killed now (a driver holds it) must not hold up the next one.
    this.#exited({ code: null, signal: "SIGKILL", said: "" });
  }

  #exited(exit: FfmpegExit): void {
    if (this.#ending) {
      this.#finished();
      return;
    }
    const { clock, log } = this.#options;
    if (!this.#wroteAnything) this.#failures++;
    const delay = this.#policy.died(clock.monotonic());
    log.warn({ ...exit, restartInMs: delay }, "ffmpeg-died");
    if (delay === null) {
      this.#over();
      this.#options.gaveUp();
      return;
    }
    this.#state = { kind: "waiting", timer: clock.after(delay, () => this.#begin()) };
    this.#options.died();
  }

  #finished(): void {
    if (this.#state.kind === "waiting") this.#state.timer.cancel();
    this.#over();
    this.#options.finished();
  }

  #over(): void {
    this.#state = { kind: "over" };
    this.#watch.cancel();
    this.#queue.clear();
  }

  #tellDropped(): void {
    const { clock, log } = this.#options;
    const units = this.#queue.dropped - this.#droppedTold;
    const now = clock.monotonic();
    if (units === 0 || now - this.#toldAt < TELL) return;
    log.warn({ units }, "ffmpeg-too-slow");
    this.#droppedTold += units;
    this.#toldAt = now;
  }
}

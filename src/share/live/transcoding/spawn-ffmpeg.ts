import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { setPriority } from "node:os";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { FfmpegEvents, FfmpegExit, FfmpegRun, FfmpegRunner } from "./ffmpeg-runner.ts";

/** How much of what ffmpeg says is kept, characters. */
const SAID = 4096;
/** How long it has to end by itself, ms. */
const GRACE = 1000;
/** How long {@link FfmpegRunner.stop} waits, ms. */
const STOP = 2000;
/** Reception, packaging and answers come before encoding. @see setpriority(2) */
const NICENESS = 10;

export interface SpawnFfmpegOptions {
  readonly path: string;
  /** What the process gets to see. Default: what this one does. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

const NONE: FfmpegRun = {
  pid: null,
  write: () => true,
  endInput: () => undefined,
  stop: () => undefined,
  kill: () => undefined,
};

/** ffmpeg as a child process. Its standard input ends with this process, however that ends, and ffmpeg with its input. */
export function spawnFfmpeg(options: SpawnFfmpegOptions): FfmpegRunner {
  const running = new Set<Child>();
  return {
    run(args, events) {
      let told = false;
      const exited = (exit: FfmpegExit): void => {
        if (told) return;
        told = true;
        events.exited(exit);
      };
      try {
        const child: Child = new Child(options, args, {
          ...events,
          exited(exit) {
            running.delete(child);
            exited(exit);
          },
        });
        running.add(child);
        return child;
      } catch (error) {
        // No memory or no descriptors left.
        queueMicrotask(() => exited({ code: null, signal: null, said: messageOf(error) }));
        return NONE;
      }
    },
    async stop() {
      const gone = [...running].map((child) => child.gone);
      for (const child of running) child.stop();
      let timer: Timer | null = null;
      const late = new Promise<void>((resolve) => (timer = options.clock.after(STOP, resolve)));
      await Promise.race([Promise.all(gone), late]);
      (timer as Timer | null)?.cancel();
    },
  };
}

class Child implements FfmpegRun {
  readonly gone: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #clock: Clock;
  #said = "";
  #over = false;
  #force: Timer | null = null;

  constructor(
    { path, clock, environment = process.env }: SpawnFfmpegOptions,
    args: readonly string[],
    events: FfmpegEvents,
  ) {
    this.#clock = clock;
    this.#child = spawn(path, args, { stdio: "pipe", env: environment });
    const { stdin, stdout, stderr, pid } = this.#child;
    if (pid !== undefined) lowerPriority(pid);
    stdout.on("data", (chunk: Buffer) => void (this.#over || events.output(chunk)));
    stderr.on("data", (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-SAID)));
    stdin.on("drain", () => events.drained());
    // It may be gone while something is written to it: its exit tells the same.
    for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
    this.gone = new Promise((resolve) => {
      const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (this.#over) return;
        this.#over = true;
        this.#force?.cancel();
        resolve();
        events.exited({ code, signal, said: this.#said.trim() });
      };
      this.#child.once("error", (error) => {
        this.#said += error.message;
        // Without a process there is no `close`.
        if (pid === undefined) exited(null, null);
      });
      this.#child.once("close", exited);
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  write(data: Buffer): boolean {
    if (this.#over || !this.#child.stdin.writable) return true;
    return this.#child.stdin.write(data);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  stop(): void {
    if (this.#over || this.#force !== null) return;
    this.#child.stdin.destroy();
    this.#child.kill("SIGTERM");
    this.#force = this.#clock.after(GRACE, () => this.kill());
  }

  kill(): void {
    this.#child.stdin.destroy();
    this.#child.kill("SIGKILL");
  }
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It is gone already, or the system has no priorities: it runs without.
  }
}

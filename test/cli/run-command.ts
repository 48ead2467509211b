import { main } from "../../src/cli/command-line.ts";
import type { Io } from "../../src/cli/io.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** What it has written so far. */
  readonly out: { stdout: string; stderr: string };
  /** As Ctrl-C does. */
  interrupt(): void;
  readonly done: Promise<Ran>;
}

type Options = Partial<Pick<Io, "env" | "clock" | "ask" | "readSecret">> & {
  columns?: number;
  /** Width of the terminal at standard error. */
  errorColumns?: number;
};

/** The kernel's timers keep no process alive; the entry point does, and here this does. @returns a function that ends it */
export function stayAlive(): () => void {
  const timer = setInterval(() => undefined, 60_000);
  return () => clearInterval(timer);
}

/** Starts a command as a function, its output kept as text. */
export function start(argv: readonly string[], options: Options = {}): Running {
  const out = { stdout: "", stderr: "" };
  const interrupted = new AbortController();
  const fallAsleep = stayAlive();
  const done = main(argv, {
    stdout: { write: (text) => (out.stdout += text), columns: options.columns },
    stderr: { write: (text) => (out.stderr += text), columns: options.errorColumns },
    env: options.env ?? {},
    signal: interrupted.signal,
    ...(options.ask !== undefined && { ask: options.ask }),
    ...(options.clock !== undefined && { clock: options.clock }),
    ...(options.readSecret !== undefined && { readSecret: options.readSecret }),
  })
    .then((code): Ran => ({ code, ...out }))
    .finally(fallAsleep);
  return { out, done, interrupt: () => interrupted.abort(new Error("interrupted by the test")) };
}

/** Runs a command to its end. */
export function run(argv: readonly string[], options: Options = {}): Promise<Ran> {
  return start(argv, options).done;
}

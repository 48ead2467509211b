import { systemClock, type Clock } from "../kernel/clock.ts";

/** Where a command writes: a terminal (with its width), a pipe, or a test's string. */
export interface Output {
  write(text: string): unknown;
  /** Width of the terminal in columns; undefined when it is none, and nothing is shortened then. */
  readonly columns?: number | undefined;
}

/** All that a command touches of the process that runs it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the person, or whatever is at standard input, for a line; null at its end. Absent: there is nobody to ask. */
  readonly ask?: (question: string) => Promise<string | null>;
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal;
  /** Asks for a line that is not shown, or reads it from standard input; absent: nobody can be asked. */
  readonly readSecret?: (prompt: string) => Promise<string>;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export function clockOf(io: Io): Clock {
  return io.clock ?? systemClock;
}

export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

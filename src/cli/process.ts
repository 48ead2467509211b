import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { TellyportError, systemCode } from "../kernel/errors.ts";
import type { Io } from "./io.ts";
import { readSecret } from "./read-secret.ts";

/** The process around a command line: signals, pipes, the exit code. */
export async function runProcess(
  command: (argv: readonly string[], io: Io) => Promise<number>,
): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new TellyportError("request-cancelled", "Interrupted."));
  // Once: a second signal ends the process at once, by default or by the daemon's own handler.
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  process.once("SIGHUP", interrupt);
  process.stdout.on("error", (error) => {
    // The reader went away (`| head`): nothing is left to say, and a playback is released.
    if (systemCode(error) !== "EPIPE") throw error;
    interrupt();
  });
  /** The question goes to standard error: what a command prints may be read by a program. */
  async function ask(question: string): Promise<string | null> {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const over = once(lines, "close", { signal: interrupted.signal }).then(() => null);
      return await Promise.race([lines.question(question, { signal: interrupted.signal }), over]);
    } catch (error) {
      interrupted.signal.throwIfAborted();
      throw error;
    } finally {
      lines.close();
    }
  }

  // The kernel's timers keep no process alive; a command that waits does.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    process.exitCode = await command(process.argv.slice(2), {
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      ask,
      readSecret: (prompt) => readSecret(prompt, process.stdin, process.stderr),
      signal: interrupted.signal,
    });
  } finally {
    clearInterval(alive);
  }
}

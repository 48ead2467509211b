import { httpStatusOf, isTellyportError, type TellyportError } from "../kernel/errors.ts";
import type { Problem } from "../protocol/api.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { renderHelp, TELLYPORT, type Program } from "./help.ts";
import { printJson, type Io } from "./io.ts";
import { parseCommandLine } from "./parse.ts";
import { systemFailure } from "./system-failure.ts";
import { printable } from "./text.ts";

/** The `tellyport` command as a function. @returns as {@link runCommandLine} */
export function main(argv: readonly string[], io: Io): Promise<number> {
  return runCommandLine(argv, io, TELLYPORT, COMMANDS);
}

/**
 * A program of ours as a function: expected failures are told on standard error and become exit codes.
 * @param argv without the program's own name
 * @returns the exit code, see exit-codes.ts
 * @throws whatever is a programmer's fault
 */
export async function runCommandLine(
  argv: readonly string[],
  io: Io,
  program: Program,
  commands: readonly Command[],
): Promise<number> {
  try {
    const parsed = parseCommandLine(argv, commands, program.name);
    switch (parsed.kind) {
      case "help":
        io.stdout.write(renderHelp(parsed.words, commands, program));
        return EXIT.ok;
      case "version":
        io.stdout.write(`${VERSION}\n`);
        return EXIT.ok;
      case "run":
        return await parsed.command.run(parsed.args, io);
    }
  } catch (caught) {
    const error = isTellyportError(caught) ? caught : systemFailure(caught);
    if (error === null) throw caught;
    if (argv.includes("--json")) printJson({ ...io, stdout: io.stderr }, problemOf(error));
    else io.stderr.write(`${program.name}: ${printable(error.message)}\n`);
    return exitCodeOf(error);
  }
}

/** The failure as the box's API would tell it. @see RFC 9457 §3 */
function problemOf(error: TellyportError): Problem {
  return {
    type: `urn:tellyport:error:${error.code}`,
    title: error.message,
    status: httpStatusOf(error.code),
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}

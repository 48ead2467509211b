import type { Arguments } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { printJson, type Io } from "./io.ts";

/**
 * Ends a command that did what it was told.
 * @param result printed where `--json` asks for it
 * @param words for a person, made only where they are printed
 * @returns the exit code
 */
export function report(args: Arguments, io: Io, result: unknown, words: () => string): number {
  if (args.has("json")) printJson(io, result);
  else io.stdout.write(words());
  return EXIT.ok;
}

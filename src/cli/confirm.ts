import { TellyportError } from "../kernel/errors.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";

/** Of a command that asks before it does what cannot be undone. */
export const YES_OPTION = { yes: { type: "boolean", help: "Do not ask" } } as const;

/**
 * Asks whether to go on, unless `--yes` was given.
 * @param what would happen, as a sentence
 * @param command the words that call it, to name the way without a question
 * @throws TellyportError `request-cancelled` for anything but yes; `usage` when there is nobody to ask
 */
export async function confirm(args: Arguments, io: Io, what: string, command: string): Promise<void> {
  if (args.has("yes")) return;
  const answer = await io.ask?.(`${what} Type yes to go on: `);
  if (answer === undefined || answer === null)
    throw new TellyportError(
      "usage",
      `${what} There is nobody to ask whether to go on: \`tellyport ${command} --yes\` does it without asking.`,
    );
  if (answer.trim().toLowerCase() !== "yes")
    throw new TellyportError("request-cancelled", "Nothing was changed.");
}

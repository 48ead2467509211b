import { TellyportError } from "../../kernel/errors.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import type { Io } from "../io.ts";
import { report } from "../report.ts";
import { stateDirectory } from "../state-directory.ts";

export const reset: Command = {
  path: ["reset"],
  summary: "Make this box a new one: nobody is paired with it any more",
  options: {
    yes: { type: "boolean", help: "Do not ask" },
    everything: { type: "boolean", help: "Forget channels and guide too" },
    ...BOX_OPTIONS,
  },
  notes: [
    "Its identity and keys are made anew at the next start, and every phone has to be paired again: for a box that changes hands. Channels and guide stay unless --everything. Stop the daemon first.",
    "Whoever makes images of a box: no image may hold a state directory, since all boxes made from it would be one. The daemon makes its own at its first start.",
  ],
  async run(args, io) {
    const { checkResettable, resetBox } = await import("../reset.ts");
    const directory = await stateDirectory(args, io);
    const everything = args.has("everything");
    await checkResettable(directory);
    if (!args.has("yes")) await confirm(directory, everything, io);
    await resetBox(directory, everything);
    return report(
      args,
      io,
      { reset: true, everything },
      () => "This box is a new one: `tellyport run` starts it, `tellyport pair` pairs its first phone.\n",
    );
  },
};

/** @throws TellyportError `request-cancelled`; `usage` when there is nobody to ask */
async function confirm(directory: string, everything: boolean, io: Io): Promise<void> {
  const what = everything ? "identity, clients, audit, channels and guide" : "identity, clients and audit";
  const answer = await io.ask?.(
    `This removes the box's ${what} from ${directory}, for good. Type yes to go on: `,
  );
  if (answer === undefined || answer === null)
    throw new TellyportError(
      "usage",
      "There is nobody to ask whether to go on: `tellyport reset --yes` does it without asking.",
    );
  if (answer.trim().toLowerCase() !== "yes")
    throw new TellyportError("request-cancelled", "Nothing was changed.");
}

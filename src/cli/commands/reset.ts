import { BOX_OPTIONS, type Command } from "../command.ts";
import { YES_OPTION, confirm } from "../confirm.ts";
import { startHint } from "../start-hint.ts";
import { report } from "../report.ts";
import { boxConfig, stateDirectory } from "../state-directory.ts";

export const reset: Command = {
  path: ["reset"],
  summary: "Make this box a new one: nobody is paired with it any more",
  options: {
    ...YES_OPTION,
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
    const what = everything ? "identity, clients, audit, channels and guide" : "identity, clients and audit";
    await confirm(args, io, `This removes the box's ${what} from ${directory}, for good.`, "reset");
    await resetBox(directory, everything, () => boxConfig(args, directory));
    return report(
      args,
      io,
      { reset: true, everything },
      () =>
        `This box is a new one: \`${startHint()}\` starts it, \`tellyport pair\` pairs its first phone.\n`,
    );
  },
};

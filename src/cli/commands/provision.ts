import { JSON_OPTION, type Command } from "../command.ts";
import { printJson } from "../io.ts";
import { namedPaths } from "../state-directory.ts";

export const provision: Command = {
  path: ["provision"],
  summary: "Say what a new box begins with, and whether it was applied",
  options: {
    check: {
      type: "string",
      value: "FILE",
      without: "",
      help: "Check this file as a first start would, and change nothing; without FILE the configured one",
    },
    state: {
      type: "string",
      value: "DIR",
      help: "State directory (else $TELLYPORT_STATE, else the configured one)",
    },
    config: { type: "string", value: "FILE", help: "Configuration that names the file" },
    ...JSON_OPTION,
  },
  notes: [
    "An installer's file gives a box its first values: name, language, who may watch, how it is found, the first scan, and the app's looks. They hold until the owner changes them, and again after a reset. One that is wrong is refused with the line (exit code 78): nothing of it is in force, and the box starts with its defaults.",
  ],
  async run(args, io) {
    const { describeProvision } = await import("../provision.ts");
    const check = args.text("check");
    const { lines, ...told } = await describeProvision({
      ...namedPaths(args, io),
      ...(check !== undefined && check !== "" && { file: check }),
    });
    if (args.has("json")) printJson(io, told);
    else io.stdout.write(lines.map((line) => `${line}\n`).join(""));
    return 0;
  },
};

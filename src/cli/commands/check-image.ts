import { existsSync } from "node:fs";
import { TellyportError } from "../../kernel/errors.ts";
import { JSON_OPTION, type Command } from "../command.ts";
import { printJson } from "../io.ts";

/** What the command ends with when the image must not be shipped. */
const UNFIT = 1;

export const checkImage: Command = {
  path: ["check-image"],
  summary: "Say what an image must not have: state, identities, keys",
  positionals: [{ name: "DIRECTORY", help: "The image's root file system, mounted or unpacked" }],
  options: JSON_OPTION,
  notes: [
    "For whoever makes images of boxes: two boxes of one image must be two boxes. Exit code 1 when something was found; nothing is changed.",
  ],
  async run(args, io) {
    const root = args.required(0);
    if (!existsSync(root))
      throw new TellyportError(
        "usage",
        `There is no ${root}: name the folder of an image's root file system.`,
      );
    const { checkImage: check } = await import("../check-image.ts");
    const findings = await check(root);
    if (args.has("json")) printJson(io, { ok: findings.length === 0, findings });
    else if (findings.length === 0) io.stdout.write("Nothing in it makes boxes alike.\n");
    else for (const { path, message } of findings) io.stdout.write(`${path}\n    ${message}\n`);
    return findings.length === 0 ? 0 : UNFIT;
  },
};

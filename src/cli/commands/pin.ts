import { Type } from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { boxClient } from "../box-client.ts";
import { JSON_OPTION, STATE_OPTIONS, type Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson } from "../io.ts";

const OPTIONS = { ...STATE_OPTIONS, ...JSON_OPTION };
const PATH = "/api/v1/parental-pin";

export const pinSet: Command = {
  path: ["pin", "set"],
  summary: "Set the PIN that lifts the limits of kids and guests for half an hour",
  options: OPTIONS,
  notes: [
    "It is asked for, or read from standard input: four to six digits. It is never given on the command line, where every program of the machine could read it.",
    "What the PIN before it had lifted holds again, and wrong tries are forgotten.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const pin = await io.readSecret?.("PIN, four to six digits: ");
    if (pin === undefined || !/^[0-9]{4,6}$/.test(pin))
      throw new TellyportError("usage", "A PIN is four to six digits. The old one, if there is one, stays.");
    await box.call(Type.Unknown(), "PUT", PATH, { pin });
    if (args.has("json")) printJson(io, { set: true });
    else io.stdout.write("The PIN is set.\n");
    return EXIT.ok;
  },
};

export const pinClear: Command = {
  path: ["pin", "clear"],
  summary: "Take the PIN away: limits hold until the owner changes them",
  options: OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    await box.call(Type.Unknown(), "PUT", PATH, { pin: null });
    if (args.has("json")) printJson(io, { set: false });
    else io.stdout.write("There is no PIN any more.\n");
    return EXIT.ok;
  },
};

import * as Type from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { report } from "../report.ts";

const PATH = "/api/v1/parental-pin";

export const pinSet: Command = {
  path: ["pin", "set"],
  summary: "Set the PIN that lifts the limits of kids and guests for half an hour",
  options: BOX_OPTIONS,
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
    return report(args, io, { set: true }, () => "The PIN is set.\n");
  },
};

export const pinClear: Command = {
  path: ["pin", "clear"],
  summary: "Take the PIN away: limits hold until the owner changes them",
  options: BOX_OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    await box.call(Type.Unknown(), "PUT", PATH, { pin: null });
    return report(args, io, { set: false }, () => "There is no PIN any more.\n");
  },
};

import { TellyportError } from "../../kernel/errors.ts";
import { Channel, Channels, type ChannelPatch } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import { matchOne } from "../match.ts";
import { report } from "../report.ts";
import { printable } from "../text.ts";

export const channelsSet: Command = {
  path: ["channels", "set"],
  summary: "Give a channel another number or name, hide it, or mark it",
  positionals: [{ name: "channel", help: "Its number, its name, how the name begins, or its id" }],
  options: {
    number: { type: "string", value: "N", help: "The new number, 1 to 9999" },
    name: { type: "string", value: "NAME", help: "The new name, 1 to 64 characters" },
    hide: { type: "boolean", help: "Leave it out of the list" },
    show: { type: "boolean", help: "Show it, also when the broadcaster hides it" },
    favourite: { type: "boolean", help: "Mark it as a favourite" },
    "no-favourite": { type: "boolean", help: "Take the mark away" },
    reset: { type: "boolean", help: "As the broadcaster has it" },
    ...BOX_OPTIONS,
  },
  notes: ["What is set here outlives every scan and restart."],
  async run(args, io) {
    const patch = patchOf(args);
    const box = await boxClient(args, io);
    const { channels } = await box.call(Channels, "GET", "/api/v1/channels?hidden=true");
    const before = matchOne(args.required(0), channels, "channel", "channel-not-found", "channels");
    const path = `/api/v1/channels/${encodeURIComponent(before.id)}`;
    const after =
      patch === null
        ? await box.call(Channel, "PUT", `${path}/reset`)
        : await box.call(Channel, "PATCH", path, patch);
    return report(args, io, { channel: after }, () => `${described(before, after)}\n`);
  },
};

/** `Das Erste has number 9 now, is called "ARD" and is hidden.` */
function described(before: Channel, after: Channel): string {
  const facts = [
    `has number ${after.number}${after.number === before.number ? "" : " now"}`,
    ...(after.name === before.name ? [] : [`is called "${printable(after.name)}" now`]),
    ...(after.hidden === true ? ["is hidden"] : []),
    ...(after.favourite === true ? ["is a favourite"] : []),
  ];
  const last = facts.pop() ?? "";
  return `${printable(before.name)} ${facts.length === 0 ? last : `${facts.join(", ")} and ${last}`}.`;
}

/** @returns null for a reset. @throws TellyportError `usage` */
function patchOf(args: Arguments): ChannelPatch | null {
  const number = args.text("number");
  const name = args.text("name");
  if (number !== undefined && !/^[1-9]\d{0,3}$/.test(number))
    throw new TellyportError("usage", `--number is a number from 1 to 9999, not "${number}".`);
  if (args.has("hide") && args.has("show"))
    throw new TellyportError("usage", "Give --hide or --show, not both.");
  const patch: ChannelPatch = {
    ...(number !== undefined && { number: Number(number) }),
    ...(name !== undefined && { name }),
    ...((args.has("hide") || args.has("show")) && { hidden: args.has("hide") }),
    ...((args.has("favourite") || args.has("no-favourite")) && { favourite: args.has("favourite") }),
  };
  const empty = Object.keys(patch).length === 0;
  if (args.has("reset") === empty) return empty ? null : patch;
  throw new TellyportError(
    "usage",
    empty
      ? "Say what to set: --number, --name, --hide, --show, --favourite or --reset."
      : "--reset takes everything back: give it alone.",
  );
}

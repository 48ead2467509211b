import { TellyportError } from "../../kernel/errors.ts";
import { HostToken, OnlineState, type OnlineChange } from "../../protocol/online.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Arguments, type Command } from "../command.ts";
import { YES_OPTION, confirm } from "../confirm.ts";
import type { Io } from "../io.ts";
import { onlineText } from "../online-text.ts";
import { report } from "../report.ts";

const PATH = "/api/v1/online";
/** A test dials in from outside, and may wait for the router. */
const TEST_MS = 90_000;

/** The first label of a name, which is what its owner chose. */
function labelOf(name: string): string {
  return name.split(".")[0] ?? "";
}

async function show(args: Arguments, io: Io, state: OnlineState): Promise<number> {
  return report(args, io, state, () => onlineText(state, io.stdout.columns));
}

export const onlineStatus: Command = {
  path: ["online", "status"],
  summary: "Show whether, and how, the box is found from anywhere",
  options: BOX_OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    return show(args, io, await box.call(OnlineState, "GET", PATH));
  },
};

export const onlineEnable: Command = {
  path: ["online", "enable"],
  summary: "Register the box's name, so that it is found from anywhere",
  options: {
    cloud: {
      type: "string",
      value: "URL",
      help: "The cloud that keeps the name, such as https://cloud.example",
    },
    "open-ports": { type: "boolean", help: "Ask the router to let phones in (PCP, NAT-PMP, UPnP)" },
    "keep-ports": {
      type: "boolean",
      help: "Ask the router for nothing: a port is forwarded by hand, or none",
    },
    port: { type: "string", value: "N", help: "Port at which the router lets phones in; 0: the box's own" },
    ...BOX_OPTIONS,
  },
  notes: [
    "The cloud learns the box's id and addresses, and nothing of what is watched. Keys, tokens and media stay on the box.",
    "What is chosen here stays over restarts, on top of the configuration.",
  ],
  async run(args, io) {
    if (args.has("open-ports") && args.has("keep-ports"))
      throw new TellyportError("usage", "--open-ports and --keep-ports exclude each other.");
    const cloud = args.text("cloud");
    const port = args.number("port", 0, 65535);
    const change: OnlineChange = {
      enabled: true,
      ...(cloud !== undefined && { cloud: cloud.replace(/\/+$/, "") }),
      ...(args.has("open-ports") && { openPorts: true }),
      ...(args.has("keep-ports") && { openPorts: false }),
      ...(port !== undefined && { port }),
    };
    const box = await boxClient(args, io);
    const changed = await box.call(OnlineState, "PATCH", PATH, change);
    if (changed.cloud === null && changed.providers.length === 0) {
      await box.call(OnlineState, "PATCH", PATH, { enabled: false });
      throw new TellyportError(
        "usage",
        "There is no cloud to register with: name one with --cloud https://... or in the configuration, or configure a name of your own (online.dyndns2, online.rfc2136).",
      );
    }
    return show(args, io, await box.call(OnlineState, "POST", `${PATH}/test`, undefined, TEST_MS));
  },
};

export const onlineDisable: Command = {
  path: ["online", "disable"],
  summary: "Take the box off the internet; its name stays its own",
  options: { ...YES_OPTION, ...BOX_OPTIONS },
  async run(args, io) {
    await confirm(args, io, "Phones away from home will not find the box any more.", "online disable");
    const box = await boxClient(args, io);
    return show(args, io, await box.call(OnlineState, "PATCH", PATH, { enabled: false }));
  },
};

export const onlineTest: Command = {
  path: ["online", "test"],
  summary: "Look anew whether the box is reached, and what stands in the way",
  options: BOX_OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    return show(args, io, await box.call(OnlineState, "POST", `${PATH}/test`, undefined, TEST_MS));
  },
};

export const onlineAlias: Command = {
  path: ["online", "alias"],
  summary: "Choose a name for the box that people can say",
  positionals: [
    { name: "NAME", help: "Letters, digits and hyphens; left out: the name is given up", optional: true },
  ],
  options: { ...YES_OPTION, ...BOX_OPTIONS },
  notes: ["A name that is given up goes to nobody else for a year."],
  async run(args, io) {
    const label = args.positionals[0] ?? null;
    const box = await boxClient(args, io);
    const { alias } = await box.call(OnlineState, "GET", PATH);
    if (alias !== null && labelOf(alias) !== label?.toLowerCase())
      await confirm(
        args,
        io,
        `The name ${alias} is given up, and addresses with it stop working.`,
        label === null ? "online alias" : `online alias ${label}`,
      );
    return show(args, io, await box.call(OnlineState, "PUT", `${PATH}/alias`, { label }));
  },
};

export const onlineHostAdd: Command = {
  path: ["online", "host", "add"],
  summary: "Make a name, and a password, for a router that speaks dyndns2",
  positionals: [{ name: "NAME", help: "Letters, digits and hyphens" }],
  options: BOX_OPTIONS,
  notes: ["The password is shown this one time. The same name again makes a new one."],
  async run(args, io) {
    const box = await boxClient(args, io);
    const made = await box.call(HostToken, "POST", `${PATH}/hosts`, { label: args.required(0) });
    return report(
      args,
      io,
      made,
      () =>
        `Host name  ${made.name}\nUser       ${made.user}\nPassword   ${made.token}\nUpdate at  ${made.updateUrl}\n\nThe password is shown this one time.\n`,
    );
  },
};

export const onlineHostRemove: Command = {
  path: ["online", "host", "remove"],
  summary: "Take such a name away",
  positionals: [{ name: "NAME", help: "As it was made, or with its zone" }],
  options: BOX_OPTIONS,
  async run(args, io) {
    const box = await boxClient(args, io);
    const label = labelOf(args.required(0)).toLowerCase();
    const { hosts } = await box.call(OnlineState, "GET", PATH);
    if (!hosts.some((host) => labelOf(host) === label))
      throw new TellyportError(
        "usage",
        hosts.length === 0
          ? "There are no such names: `tellyport online host add NAME` makes one."
          : `There is no name ${label}. There are: ${hosts.join(", ")}.`,
      );
    return show(
      args,
      io,
      await box.call(OnlineState, "DELETE", `${PATH}/hosts/${encodeURIComponent(label)}`),
    );
  },
};

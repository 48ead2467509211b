import { TellyportError } from "../../kernel/errors.ts";
import { keepHeapSmall } from "../../kernel/memory/heap.ts";
import { openSystemMemory } from "../../kernel/memory/system-memory.ts";
import { JSON_OPTION, STATE_OPTIONS, type Arguments, type Command } from "../command.ts";
import type { Io } from "../io.ts";

export const run: Command = {
  path: ["run"],
  summary: "Run the box's daemon",
  options: {
    config: { type: "string", value: "FILE", help: "Configuration (default: /etc/tellyport/tellyport.yaml)" },
    state: STATE_OPTIONS.state,
    port: { type: "string", value: "PORT", help: "Port of the web address, 0 to 65535; 0 picks a free one" },
    tuner: {
      type: "string",
      value: "TUNER",
      help: "In place of the configured ones: mock, dvb, file:PATH[,PATH...], hdhomerun[:HOST], satip[:HOST[:PORT]] or m3u:PATH_OR_URL",
    },
    welcome: { type: "boolean", help: "Greet with web address, pairing code and QR code" },
  },
  async run(args, io) {
    const port = portOf(args);
    // Before the daemon's modules are loaded, which make most of the garbage that the start makes.
    keepHeapSmall();
    const memory = await openSystemMemory();
    const { run: runDaemon } = await import("../run.ts");
    const tuner = args.text("tuner");
    return runDaemon({
      interrupted: io.signal,
      memory,
      ...paths(args, io),
      ...(port !== undefined && { port }),
      ...(tuner !== undefined && { tuner }),
      ...(args.has("welcome") && { welcome: true }),
    });
  },
};

export const checkConfig: Command = {
  path: ["check-config"],
  summary: "Check the configuration; print what holds and where each value comes from",
  options: {
    config: { type: "string", value: "FILE", help: "Configuration (default: /etc/tellyport/tellyport.yaml)" },
    state: STATE_OPTIONS.state,
    ...JSON_OPTION,
  },
  async run(args, io) {
    const { checkConfig: check } = await import("../check-config.ts");
    return check({ ...paths(args, io), json: args.has("json") });
  },
};

function paths(args: Arguments, io: Io): { config?: string; state?: string } {
  const config = args.text("config");
  const state = args.text("state") ?? io.env["TELLYPORT_STATE"];
  return {
    ...(config !== undefined && { config }),
    ...(state !== undefined && state !== "" && { state }),
  };
}

function portOf(args: Arguments): number | undefined {
  const text = args.text("port");
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TellyportError("usage", `--port is a number from 0 to 65535, not "${text}".`);
}

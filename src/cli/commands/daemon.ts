import { keepHeapSmall } from "../../kernel/memory/heap.ts";
import { openSystemMemory } from "../../kernel/memory/system-memory.ts";
import { JSON_OPTION, STATE_OPTIONS, type Arguments, type Command } from "../command.ts";
import { namedPaths } from "../state-directory.ts";

/** Where the configuration is, and what overrides it. */
const CONFIG_OPTIONS = {
  config: { type: "string", value: "FILE", help: "Configuration (default: /etc/tellyport/tellyport.yaml)" },
  state: STATE_OPTIONS.state,
  port: {
    type: "string",
    value: "PORT",
    help: "Port of the web address, 0 to 65534, and the next one for https (default: http.port and http.https.port); 0 picks free ones",
  },
  tuner: {
    type: "string",
    value: "TUNER",
    help: "In place of the configured ones: mock, dvb, file:PATH[,PATH...], hdhomerun[:HOST], satip[:HOST[:PORT]] or m3u:PATH_OR_URL",
  },
} as const;

/** What stands on the command line in place of the configuration. */
function overrides(args: Arguments): { port?: number; tuner?: string; provision?: string } {
  const port = args.number("port", 0, 65_535);
  const tuner = args.text("tuner");
  const provision = args.text("provision");
  return {
    ...(port !== undefined && { port }),
    ...(tuner !== undefined && { tuner }),
    ...(provision !== undefined && { provision }),
  };
}

export const run: Command = {
  path: ["run"],
  summary: "Run the box's daemon",
  options: {
    ...CONFIG_OPTIONS,
    provision: {
      type: "string",
      value: "FILE",
      help: "What a new box begins with (default: provision.file)",
    },
    welcome: { type: "boolean", help: "Greet with web address, pairing code and QR code" },
  },
  async run(args, io) {
    const given = overrides(args);
    // Before the daemon's modules are loaded, which make most of the garbage that the start makes.
    keepHeapSmall();
    const memory = await openSystemMemory();
    const { run: runDaemon } = await import("../run.ts");
    return runDaemon({
      interrupted: io.signal,
      memory,
      ...namedPaths(args, io),
      ...given,
      ...(args.has("welcome") && { welcome: true }),
    });
  },
};

export const checkConfig: Command = {
  path: ["check-config"],
  summary: "Check the configuration; print what holds and where each value comes from",
  options: {
    ...CONFIG_OPTIONS,
    ...JSON_OPTION,
  },
  async run(args, io) {
    const { checkConfig: check } = await import("../check-config.ts");
    return check({ ...namedPaths(args, io), ...overrides(args), json: args.has("json") });
  },
};

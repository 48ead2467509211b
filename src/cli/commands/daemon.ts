import { keepHeapSmall } from "../../kernel/memory/heap.ts";
import { openSystemMemory } from "../../kernel/memory/system-memory.ts";
import { JSON_OPTION, STATE_OPTIONS, type Command } from "../command.ts";
import { namedPaths } from "../state-directory.ts";

const PATHS = {
  config: { type: "string", value: "FILE", help: "Configuration (default: /etc/tellyport/tellyport.yaml)" },
  state: STATE_OPTIONS.state,
} as const;

export const run: Command = {
  path: ["run"],
  summary: "Run the box's daemon",
  options: {
    ...PATHS,
    port: { type: "string", value: "PORT", help: "Port of the web address, 0 to 65535; 0 picks a free one" },
    tuner: {
      type: "string",
      value: "TUNER",
      help: "In place of the configured ones: mock, dvb, file:PATH[,PATH...], hdhomerun[:HOST], satip[:HOST[:PORT]] or m3u:PATH_OR_URL",
    },
    welcome: { type: "boolean", help: "Greet with web address, pairing code and QR code" },
  },
  async run(args, io) {
    const port = args.number("port", 0, 65_535);
    // Before the daemon's modules are loaded, which make most of the garbage that the start makes.
    keepHeapSmall();
    const memory = await openSystemMemory();
    const { run: runDaemon } = await import("../run.ts");
    const tuner = args.text("tuner");
    return runDaemon({
      interrupted: io.signal,
      memory,
      ...namedPaths(args, io),
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
    ...PATHS,
    ...JSON_OPTION,
  },
  async run(args, io) {
    const { checkConfig: check } = await import("../check-config.ts");
    return check({ ...namedPaths(args, io), json: args.has("json") });
  },
};

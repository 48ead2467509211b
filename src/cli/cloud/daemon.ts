import { JSON_OPTION, type Arguments, type Command } from "../command.ts";
import { CLOUD_STATE_OPTIONS, cloudPaths } from "./cloud-client.ts";
import type { CloudOverrides } from "./overrides.ts";

const CONFIG_OPTIONS = {
  config: { type: "string", value: "FILE", help: "Configuration (default: /etc/tellyport/cloud.yaml)" },
  state: CLOUD_STATE_OPTIONS.state,
  port: { type: "string", value: "PORT", help: "Port of the API (default: http.port); 0 picks a free one" },
} as const;

function overrides(args: Arguments, env: Readonly<Record<string, string | undefined>>): CloudOverrides {
  const port = args.number("port", 0, 65_535);
  return { ...cloudPaths(args, env), ...(port !== undefined && { port }) };
}

export const run: Command = {
  path: ["run"],
  summary: "Run the cloud",
  options: { ...CONFIG_OPTIONS, welcome: { type: "boolean", help: "Greet with what to do next" } },
  async run(args, io) {
    const { runCloud } = await import("./run.ts");
    return runCloud({ ...overrides(args, io.env), interrupted: io.signal, welcome: args.has("welcome") });
  },
};

export const checkConfig: Command = {
  path: ["check-config"],
  summary: "Check the configuration; print what holds and where each value comes from",
  options: { ...CONFIG_OPTIONS, ...JSON_OPTION },
  async run(args, io) {
    const { checkCloudConfig } = await import("./check-config.ts");
    return checkCloudConfig(overrides(args, io.env), args.has("json"), io);
  },
};

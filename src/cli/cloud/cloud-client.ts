import { daemonClient, type BoxClient } from "../box-client.ts";
import type { Arguments } from "../command.ts";
import type { Io } from "../io.ts";

export const CLOUD_STATE_OPTIONS = {
  state: {
    type: "string",
    value: "DIR",
    help: "State directory (else $TELLYPORT_CLOUD_STATE, else the configured one)",
  },
  config: { type: "string", value: "FILE", help: "Configuration that names the state directory" },
} as const;

/** What the person named; what is absent is the configuration's or the default. */
export function cloudPaths(args: Arguments, env: Io["env"]): { config?: string; state?: string } {
  const config = args.text("config");
  const state = args.text("state") ?? env["TELLYPORT_CLOUD_STATE"];
  return {
    ...(config !== undefined && { config }),
    ...(state !== undefined && state !== "" && { state }),
  };
}

/** The cloud that runs on this machine. @throws TellyportError `config-unreadable`, `config-invalid` */
export async function cloudClient(args: Arguments, io: Io): Promise<BoxClient> {
  const { config, state } = cloudPaths(args, io.env);
  const directory = state !== undefined && config === undefined ? state : await configured(config, state);
  return daemonClient(
    directory,
    io,
    (path) =>
      `No Tellyport cloud runs with the state directory ${path}: start it with \`tellyport-cloud run\`, or name the directory of the one that runs with --state DIR or $TELLYPORT_CLOUD_STATE (\`scripts/start-cloud\` keeps its state in ./var-cloud).`,
  );
}

async function configured(path: string | undefined, state: string | undefined): Promise<string> {
  const { stateDirectoryOf } = await import("./check-config.ts");
  return stateDirectoryOf(path, state);
}

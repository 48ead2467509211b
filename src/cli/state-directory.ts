import type { Config } from "../kernel/config/index.ts";
import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";

/** What the person named, by flags or `$TELLYPORT_STATE`; what is absent is the configuration's or the default. */
export function namedPaths(args: Arguments, io: Pick<Io, "env">): { config?: string; state?: string } {
  const config = args.text("config");
  const state = args.text("state") ?? io.env["TELLYPORT_STATE"];
  return {
    ...(config !== undefined && { config }),
    ...(state !== undefined && state !== "" && { state }),
  };
}

/**
 * Where the daemon keeps its state and its socket: `--state`, else `$TELLYPORT_STATE`, else what the configuration says.
 * @throws TellyportError `config-unreadable`, `config-invalid`
 */
export async function stateDirectory(args: Arguments, io: Pick<Io, "env">): Promise<string> {
  const { config: path, state } = namedPaths(args, io);
  // A file that was named is read all the same: one that is not there is no file of this box.
  if (state !== undefined && path === undefined) return state;
  // Loaded only here: most calls name the directory, and the schema takes longer to load than the call itself.
  const { loadConfig } = await import("../kernel/config/index.ts");
  const overrides = state === undefined ? {} : { state: { directory: state } };
  // What the owner has set says nothing of it, and may be what cannot be read.
  const { config } = await loadConfig({ path, overrides, withoutState: true });
  return config.state.directory;
}

/** All that a box with this state directory is configured with. @throws TellyportError `config-unreadable`, `config-invalid` */
export async function boxConfig(args: Arguments, directory: string): Promise<Config> {
  const { loadConfig } = await import("../kernel/config/index.ts");
  return (await loadConfig({ path: args.text("config"), overrides: { state: { directory } } })).config;
}

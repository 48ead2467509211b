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
  const { config } = await loadConfig({ path, overrides });
  return config.state.directory;
}

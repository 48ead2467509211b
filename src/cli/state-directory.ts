import type { Arguments } from "./command.ts";
import type { Io } from "./io.ts";

/**
 * Where the daemon keeps its state and its socket: `--state`, else `$TELLYPORT_STATE`, else what the configuration says.
 * @throws TellyportError `config-unreadable`, `config-invalid`
 */
export async function stateDirectory(args: Arguments, io: Pick<Io, "env">): Promise<string> {
  const given = args.text("state") ?? io.env["TELLYPORT_STATE"];
  if (given !== undefined && given !== "") return given;
  // Loaded only here: most calls name the directory, and the schema takes longer to load than the call itself.
  const { loadConfig } = await import("../kernel/config/index.ts");
  const { config } = await loadConfig({ path: args.text("config") });
  return config.state.directory;
}

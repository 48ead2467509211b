import { loadCloudConfig } from "../../cloud/config.ts";
import { createParts } from "../../cloud/parts.ts";
import { systemClock } from "../../kernel/clock.ts";
import { createLog } from "../../kernel/log.ts";
import { EXIT } from "../exit-codes.ts";
import { printJson, type Io } from "../io.ts";
import { cloudOverridesOf, type CloudOverrides } from "./overrides.ts";

/** Keys whose values are not printed. */
const SECRETS = new Set(["publisher.rfc2136.secret", "publisher.pdnsHttp.apiKey", "metrics.token"]);
/** Keys whose values are addresses that may have a password in them. */
const WITH_PASSWORDS = new Set(["database", "publisher.pdnsHttp.url"]);

/** The values in force, one a line, and where each comes from; secrets are not shown. */
export async function checkCloudConfig(args: CloudOverrides, json: boolean, io: Io): Promise<number> {
  const loaded = await loadCloudConfig({ path: args.config, overrides: cloudOverridesOf(args) });
  const { config, path } = loaded;
  // Nothing of them is started: what `run` refuses is refused here.
  await createParts({ config, clock: systemClock, log: createLog({ level: "silent" }) });
  const values = loaded.values.map((row) => ({ ...row, value: shown(row.key, row.value) }));
  if (json) {
    printJson(io, { path, values });
    return EXIT.ok;
  }
  const width = Math.max(...values.map(({ key }) => key.length));
  io.stdout.write(`${path ?? "no configuration file: every value is the default"}\n\n`);
  for (const { key, value, origin } of values)
    io.stdout.write(
      `${key.padEnd(width)}  ${JSON.stringify(value)}${origin === "default" ? "" : `   (${origin})`}\n`,
    );
  return EXIT.ok;
}

/** The state directory that a configuration names. */
export async function stateDirectoryOf(path: string | undefined, state: string | undefined): Promise<string> {
  const overrides = cloudOverridesOf(state === undefined ? {} : { state });
  const { config } = await loadCloudConfig({ path, overrides });
  return config.state.directory;
}

function shown(key: string, value: unknown): unknown {
  if (SECRETS.has(key)) return value === "" ? "" : "***";
  // The password of postgresql://USER:PASSWORD@HOST/DATABASE, wherever it stands, and whatever is in it.
  if (WITH_PASSWORDS.has(key) && typeof value === "string")
    return value.replace(/(:\/\/[^:@/]*:).*@/, "$1***@").replace(/(password=)[^&]*/gi, "$1***");
  return value;
}

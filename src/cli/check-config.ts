import { checkOnline } from "../ddns-client/index.ts";
import { loadConfig } from "../kernel/config/index.ts";
import { overridesOf, type RunOverrides } from "./overrides.ts";

/**
 * `tellyport check-config`: the values in force, one a line, and where each comes from.
 * @returns the exit code
 * @throws TellyportError `config-invalid`, `config-unreadable`, `state-unusable`, `usage`
 */
export async function checkConfig(args: RunOverrides & { config?: string; json: boolean }): Promise<number> {
  const { config, values, path, leftOut } = await loadConfig({
    path: args.config,
    overrides: overridesOf(args),
  });
  await checkOnline(config);
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ path, values, leftOut })}\n`);
    return 0;
  }
  const width = Math.max(...values.map(({ key }) => key.length));
  process.stdout.write(`${path ?? "no configuration file: every value is the default"}\n\n`);
  for (const { key, value, origin } of values) {
    process.stdout.write(
      `${key.padEnd(width)}  ${JSON.stringify(value)}${origin === "default" ? "" : `   (${origin})`}\n`,
    );
  }
  for (const { message } of leftOut) process.stdout.write(`\nleft out: ${message}\n`);
  return 0;
}

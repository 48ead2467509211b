import { resolve } from "node:path";
import { startCloud } from "../../cloud/cloud.ts";
import { loadCloudConfig } from "../../cloud/config.ts";
import { systemClock } from "../../kernel/clock.ts";
import { createLog } from "../../kernel/log.ts";
import { connectServiceManager } from "../../kernel/systemd.ts";
import { EXIT } from "../exit-codes.ts";
import { stopSignal } from "../stop-signal.ts";
import { cloudOverridesOf, type CloudOverrides } from "./overrides.ts";
import { cloudWelcome } from "./welcome.ts";

export interface RunCloudArgs extends CloudOverrides {
  /** Greet a person on standard output. */
  readonly welcome?: boolean;
  /** Aborted when a signal came before this ran. */
  readonly interrupted?: AbortSignal;
}

/**
 * Runs the cloud until SIGTERM or SIGINT: the first stops it in good order, a second at once.
 * @returns the exit code
 * @throws TellyportError of the configuration or of whichever part cannot start
 */
export async function runCloud(args: RunCloudArgs): Promise<number> {
  const stop = stopSignal(args.interrupted);
  process.umask(0o077);
  const { config } = await loadCloudConfig({ path: args.config, overrides: cloudOverridesOf(args) });
  const quiet = args.welcome === true && config.log.level === "info";
  const log = createLog({
    level: quiet ? "warn" : config.log.level,
    readable: args.welcome === true || process.stderr.isTTY,
  });
  const manager = await connectServiceManager(process.env, log);
  const cloud = await startCloud({ config, clock: systemClock, log });
  manager.ready();
  const watchdog =
    manager.watchdogIntervalMs === null
      ? null
      : systemClock.every(manager.watchdogIntervalMs, () => manager.watchdog());
  if (args.welcome === true)
    process.stdout.write(
      cloudWelcome({
        origin: cloud.origins()[0] ?? "",
        zone: config.zone.name,
        dns: config.publisher.kind === "embedded" && config.dns.enabled ? config.dns : null,
        state: resolve(config.state.directory),
      }),
    );
  const signal = await stop;
  manager.stopping();
  watchdog?.cancel();
  log.info({ signal }, "stopping");
  await cloud.stop();
  log.info("stopped");
  return EXIT.ok;
}

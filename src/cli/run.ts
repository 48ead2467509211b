import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { localAddress } from "../http-server/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { loadConfig } from "../kernel/config/index.ts";
import { createLog } from "../kernel/log.ts";
import { collectGarbage } from "../kernel/memory/heap.ts";
import { Housekeeping } from "../kernel/memory/housekeeping.ts";
import type { SystemMemory } from "../kernel/memory/system-memory.ts";
import { connectServiceManager } from "../kernel/systemd.ts";
import { startBox } from "../main.ts";
import { stopSignal } from "./stop-signal.ts";
import { overridesOf, type RunOverrides } from "./overrides.ts";
import { needsScan, scanCommand } from "./no-tuner.ts";
import { welcome } from "./welcome.ts";

export interface RunArgs extends RunOverrides {
  readonly config?: string;
  /** Greet a person: address, code and QR code on standard output. */
  readonly welcome?: boolean;
  /** What gives memory back while nothing happens; default: nothing does. */
  readonly memory?: SystemMemory;
  /** Aborted when a signal came before this ran. */
  readonly interrupted?: AbortSignal;
}

/**
 * Runs the daemon until SIGTERM or SIGINT: the first stops it in good order, a second at once.
 * @returns the exit code
 * @throws TellyportError of the configuration or of whichever module cannot start
 */
export async function run(args: RunArgs): Promise<number> {
  // From here on: a daemon that is told to stop while it starts must not run on.
  const stop = stopSignal(args.interrupted);
  // Whatever is made in the state directory is its user's alone, whoever made the directory.
  process.umask(0o077);
  const { config } = await loadConfig({ path: args.config, overrides: overridesOf(args) });
  // A person who is greeted wants to read the greeting: only what went wrong is logged beside it.
  const quiet = args.welcome === true && config.log.level === "info";
  const log = createLog({
    level: quiet ? "warn" : config.log.level,
    // The service manager and other programs get JSON.
    readable: args.welcome === true || process.stderr.isTTY,
  });
  const manager = await connectServiceManager(process.env, log);
  const box = await startBox({
    config,
    clock: systemClock,
    log,
    webFolder: beside("web"),
    loopsFolder: beside("loops"),
  });
  const housekeeping =
    args.memory === undefined
      ? null
      : new Housekeeping({ clock: systemClock, log, memory: args.memory, cpuMs, collectGarbage });
  housekeeping?.start();
  manager.ready();
  const watchdog =
    manager.watchdogIntervalMs === null
      ? null
      : systemClock.every(manager.watchdogIntervalMs, () => manager.watchdog());
  if (args.welcome === true)
    process.stdout.write(
      welcome({
        local: localAddress(config.http.address),
        ports: box.ports,
        offer: box.openOffer(),
        state: resolve(config.state.directory),
        sources: box.sources(),
        services: box.services(),
      }),
    );
  else if (box.services() === 0 && needsScan(box.sources()))
    log.warn({ cure: `\`${scanCommand(args.state)}\` finds them` }, "no-channel-known");
  const signal = await stop;
  manager.stopping();
  watchdog?.cancel();
  housekeeping?.stop();
  log.info({ signal }, "stopping");
  await box.stop();
  log.info("stopped");
  return 0;
}

/** CPU time of this process so far, ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A folder of the build: this file is bundled into dist/ or dist/chunks/. */
export function beside(name: string): string {
  const here = new URL(".", import.meta.url).pathname;
  const base = here.endsWith("/chunks/") ? "../" : "./";
  return fileURLToPath(new URL(base + name, import.meta.url));
}

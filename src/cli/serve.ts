import { systemClock } from "../kernel/clock.ts";
import { createLog, type Log } from "../kernel/log.ts";
import { connectServiceManager } from "../kernel/systemd.ts";
import { stopSignal } from "./stop-signal.ts";

/** How a daemon is served. */
export interface ServeArgs {
  /** Greet a person on standard output. */
  readonly welcome?: boolean;
  /** Aborted when a signal came before this ran. */
  readonly interrupted?: AbortSignal;
}

/** A daemon that runs. */
export interface Served {
  /** For a person who is greeted. */
  welcome(): string;
  /** Told, instead of the greeting, where nobody is greeted. */
  unattended?(): void;
  stop(): Promise<void>;
}

/**
 * Runs a daemon until SIGTERM or SIGINT: the first stops it in good order, a second at once.
 * @param start gets what stops it in good order for a service manager to begin it again; null: there is none
 * @returns whether it was stopped to be begun again
 * @param configure read before anything is made; a signal that comes meanwhile counts
 * @throws what `configure` and `start` throw
 */
export async function serve<C extends { readonly log: { readonly level: string } }>(
  args: ServeArgs,
  configure: () => Promise<C>,
  start: (config: C, log: Log, restart: (() => void) | null) => Promise<Served>,
): Promise<boolean> {
  // From here on: a daemon that is told to stop while it starts must not run on.
  const stop = stopSignal(args.interrupted);
  // Whatever is made in the state directory is its user's alone, whoever made the directory.
  process.umask(0o077);
  const config = await configure();
  const greets = args.welcome === true;
  // A person who is greeted wants to read the greeting: only what went wrong is logged beside it.
  const quiet = greets && config.log.level === "info";
  const log = createLog({
    level: quiet ? "warn" : config.log.level,
    // The service manager and other programs get JSON.
    readable: greets || process.stderr.isTTY,
  });
  const manager = await connectServiceManager(process.env, log);
  let restart: (() => void) | null = null;
  const asked = new Promise<"restart">((resolve) => (restart = () => resolve("restart")));
  const served = await start(config, log, isService(process.env) ? restart : null);
  manager.ready();
  const watchdog =
    manager.watchdogIntervalMs === null
      ? null
      : systemClock.every(manager.watchdogIntervalMs, () => manager.watchdog());
  if (greets) process.stdout.write(served.welcome());
  else served.unattended?.();
  const signal = await Promise.race([stop, asked]);
  manager.stopping();
  watchdog?.cancel();
  log.info({ signal }, "stopping");
  await served.stop();
  log.info("stopped");
  return signal === "restart";
}

/**
 * Whether a service manager began this process, and would begin it again. `INVOCATION_ID` is handed down to whatever a service
 * starts, a terminal's shell among them; the socket is the service's own.
 * @see systemd.exec(5)
 */
function isService({ NOTIFY_SOCKET = "", INVOCATION_ID = "" }: NodeJS.ProcessEnv): boolean {
  return NOTIFY_SOCKET !== "" && INVOCATION_ID !== "";
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { sleep, systemClock, type Clock } from "../kernel/clock.ts";
import { loadConfig } from "../kernel/config/index.ts";
import { TellyportError } from "../kernel/errors.ts";
import { createLog } from "../kernel/log.ts";
import { openDatabase } from "../kernel/store/database.ts";
import type { Scan, ScanProgress, ScanRequest } from "../protocol/api.ts";
import { DATABASE_FILE } from "../reset.ts";
import { openSources } from "../sources.ts";
import {
  ChannelScan,
  createLineUpStore,
  createTuners,
  describeTuner,
  type TunerSource,
} from "../tuner/index.ts";
import { noTuner } from "./no-tuner.ts";
import { becomeStateOwner } from "./state-owner.ts";
import { overridesOf } from "./overrides.ts";
import { beside, type RunArgs } from "./run.ts";

/** How long servers may take to be found, ms. */
const SEARCH_MS = 5000;

/**
 * A channel scan with tuners of its own, where no daemon runs; the next daemon with this state directory knows what was found.
 * @param progress called whenever something is new
 * @throws TellyportError of the configuration, of the tuners, of the state directory; `scan-target-unknown`,
 *   `initial-table-invalid`; `device-gone` when there is no tuner; the signal's reason
 */
export async function scanWithoutDaemon(
  args: Pick<RunArgs, "config" | "state" | "tuner">,
  request: ScanRequest,
  { signal, progress }: { signal: AbortSignal; progress: (progress: ScanProgress) => void },
): Promise<Scan> {
  process.umask(0o077);
  const clock = systemClock;
  const { config } = await loadConfig({ path: args.config, overrides: overridesOf(args) });
  becomeStateOwner(config.state.directory);
  const log = createLog({
    level: config.log.level === "info" ? "error" : config.log.level,
    readable: process.stderr.isTTY,
  });
  const path = join(config.state.directory, DATABASE_FILE);
  // A dry run leaves nothing behind, not even a directory.
  const database = openDatabase(request.dryRun === true && !existsSync(path) ? ":memory:" : path);
  try {
    const { sources, named } = await openSources(config, { clock, log, loopsFolder: beside("loops") });
    const tuners = createTuners({ sources, clock, log, options: { survey: false, lingerMs: 0 } });
    const store = createLineUpStore(database);
    const scan = new ChannelScan({ tuners, store, clock, log, parallel: config.scan.tuners });
    try {
      await tuners.start?.(signal);
      scan.start();
      if (named().some(({ name }) => name.startsWith("satip"))) await someTuner(sources, { clock, signal });
      const why = noTuner({ tuners: tuners.snapshot().map(describeTuner), sources: named() });
      if (why !== null) throw new TellyportError("device-gone", why);
      scan.on(progress);
      scan.begin(request);
      const cancel = (): void => void scan.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      if (signal.aborted) cancel();
      const ended = await scan.ended();
      signal.throwIfAborted();
      return ended;
    } finally {
      await scan.stop();
      await tuners.stop?.();
      for (const source of sources) await source.close?.();
    }
  } finally {
    database.close();
  }
}

/** Servers on the network take a moment to answer. */
async function someTuner(
  sources: readonly TunerSource[],
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const until = clock.monotonic() + SEARCH_MS;
  while (sources.every(({ drivers }) => drivers.length === 0)) {
    if (clock.monotonic() >= until) return;
    await sleep(clock, 100, signal);
  }
}

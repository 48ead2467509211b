import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { localAddress } from "../http-server/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { loadConfig } from "../kernel/config/index.ts";
import { collectGarbage } from "../kernel/memory/heap.ts";
import { Housekeeping } from "../kernel/memory/housekeeping.ts";
import type { SystemMemory } from "../kernel/memory/system-memory.ts";
import { startBox } from "../main.ts";
import { ReleaseTrial } from "../system/index.ts";
import { BoxOnState } from "./box-on-state.ts";
import { EXIT } from "./exit-codes.ts";
import { releasesRoot } from "./release/releases.ts";
import { serve, type ServeArgs } from "./serve.ts";
import { overridesOf, type RunOverrides } from "./overrides.ts";
import { becomeStateOwner } from "./state-owner.ts";
import { needsScan, scanCommand } from "./no-tuner.ts";
import { welcome } from "./welcome.ts";

export interface RunArgs extends RunOverrides, ServeArgs {
  readonly config?: string;
  /** What gives memory back while nothing happens; default: nothing does. */
  readonly memory?: SystemMemory;
}

/**
 * Runs the daemon until SIGTERM or SIGINT: the first stops it in good order, a second at once.
 * @returns the exit code
 * @throws TellyportError of the configuration or of whichever module cannot start
 */
export async function run(args: RunArgs): Promise<number> {
  const given = { path: args.config, overrides: overridesOf(args) };
  const again = await serve(
    args,
    // What the state directory says comes later: a reset that was wished may take it.
    async () => {
      const { config } = await loadConfig({ ...given, withoutState: true });
      becomeStateOwner(config.state.directory);
      return config;
    },
    async (installed, log, restart) => {
      const standing = await BoxOnState.begin({
        installed,
        configure: async (directory) => {
          const state = directory === undefined ? {} : { state: { directory } };
          const overrides = { ...given.overrides, ...state };
          const { config, leftOut } = await loadConfig({ ...given, overrides });
          if (leftOut.length > 0) log.warn({ leftOut }, "settings-left-out");
          return config;
        },
        start: (config, how) =>
          startBox({
            config,
            clock: systemClock,
            log,
            ...how,
            webFolder: beside("web"),
            loopsFolder: beside("loops"),
            ...(restart !== null && { restart }),
          }),
        restart,
        clock: systemClock,
        log,
      });
      const { config } = standing;
      const housekeeping =
        args.memory === undefined
          ? null
          : new Housekeeping({ clock: systemClock, log, memory: args.memory, cpuMs, collectGarbage });
      housekeeping?.start();
      const trial = new ReleaseTrial({
        clock: systemClock,
        log,
        root: releasesRoot(process.env),
        own: beside("."),
        tell: ({ from, to, reason }) =>
          standing.box.access.audit.note({
            event: "release-rolled-back",
            detail: { from, to, failure: reason },
          }),
      });
      await trial.start();
      return {
        welcome: () =>
          welcome({
            local: localAddress(config.http.address),
            ports: standing.box.ports,
            offer: standing.box.openOffer(),
            state: resolve(config.state.directory),
            sources: standing.box.sources(),
            services: standing.box.services(),
          }),
        unattended: () => {
          if (standing.box.services() === 0 && needsScan(standing.box.sources()))
            log.warn({ cure: `\`${scanCommand(args.state)}\` finds them` }, "no-channel-known");
        },
        stop: async () => {
          trial.stop();
          housekeeping?.stop();
          await standing.stop();
        },
      };
    },
  );
  return again ? EXIT.restart : EXIT.ok;
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

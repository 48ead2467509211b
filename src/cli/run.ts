import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { localAddress } from "../http-server/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { loadConfig, type Config } from "../kernel/config/index.ts";
import { collectGarbage } from "../kernel/memory/heap.ts";
import { Housekeeping } from "../kernel/memory/housekeeping.ts";
import type { SystemMemory } from "../kernel/memory/system-memory.ts";
import { startBox, type BoxDeps, type RunningBox } from "../main.ts";
import { prepareState } from "../prepare-state.ts";
import { shadowState, type StateShadow } from "../state-shadow.ts";
import { ReleaseTrial } from "../system/index.ts";
import { EXIT } from "./exit-codes.ts";
import { releasesRoot } from "./release/releases.ts";
import { serve, type ServeArgs } from "./serve.ts";
import { overridesOf, type RunOverrides } from "./overrides.ts";
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
    async () => (await loadConfig({ ...given, withoutState: true })).config,
    async (installed, log, restart) => {
      const directory = installed.state.directory;
      const begin = async (): Promise<Begun> => {
        const shadow = await shadowState(directory, log);
        if (shadow !== null) {
          const state = { directory: shadow.directory };
          const { config } = await loadConfig({ ...given, overrides: { ...given.overrides, state } });
          return { config, shadow, box: await start(config, { shadowOf: { directory, recovered } }) };
        }
        const provisioning = await prepareState(installed, { clock: systemClock, log });
        const { config } = await loadConfig(given);
        return { config, shadow, box: await start(config, { provisioning }) };
      };
      const start = (config: Config, more: Pick<BoxDeps, "provisioning" | "shadowOf">): Promise<RunningBox> =>
        startBox({
          config,
          clock: systemClock,
          log,
          ...more,
          webFolder: beside("web"),
          loopsFolder: beside("loops"),
          ...(restart !== null && { restart }),
        });
      let turning: Promise<void> = Promise.resolve();
      const recovered = (): void => void (turning = turn());
      let now = await begin();
      const { config } = now;
      const end = async (): Promise<void> => {
        await now.box.stop();
        await now.shadow?.restore();
      };
      /** From the copy of a state to the state, which can be written again. */
      const turn = async (): Promise<void> => {
        if (restart !== null) return restart();
        await end();
        now = await begin();
      };
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
          now.box.access.audit.note({ event: "release-rolled-back", detail: { from, to, failure: reason } }),
      });
      await trial.start();
      return {
        welcome: () =>
          welcome({
            local: localAddress(config.http.address),
            ports: now.box.ports,
            offer: now.box.openOffer(),
            state: resolve(config.state.directory),
            sources: now.box.sources(),
            services: now.box.services(),
          }),
        unattended: () => {
          if (now.box.services() === 0 && needsScan(now.box.sources()))
            log.warn({ cure: `\`${scanCommand(args.state)}\` finds them` }, "no-channel-known");
        },
        stop: async () => {
          trial.stop();
          housekeeping?.stop();
          await turning;
          await end();
        },
      };
    },
  );
  return again ? EXIT.restart : EXIT.ok;
}

/** A box, and what it runs on. */
interface Begun {
  readonly config: Config;
  readonly box: RunningBox;
  readonly shadow: StateShadow | null;
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

import { resolve } from "node:path";
import { startCloud } from "../../cloud/cloud.ts";
import { loadCloudConfig } from "../../cloud/config.ts";
import { systemClock } from "../../kernel/clock.ts";
import { EXIT } from "../exit-codes.ts";
import { serve, type ServeArgs } from "../serve.ts";
import { cloudOverridesOf, type CloudOverrides } from "./overrides.ts";
import { cloudWelcome } from "./welcome.ts";

export interface RunCloudArgs extends CloudOverrides, ServeArgs {}

/**
 * Runs the cloud until SIGTERM or SIGINT: the first stops it in good order, a second at once.
 * @returns the exit code
 * @throws TellyportError of the configuration or of whichever part cannot start
 */
export async function runCloud(args: RunCloudArgs): Promise<number> {
  await serve(
    args,
    async () => (await loadCloudConfig({ path: args.config, overrides: cloudOverridesOf(args) })).config,
    async (config, log) => {
      const cloud = await startCloud({ config, clock: systemClock, log });
      return {
        welcome: () =>
          cloudWelcome({
            origin: cloud.origins()[0] ?? "",
            zone: config.zone.name,
            dns: config.publisher.kind === "embedded" && config.dns.enabled ? config.dns : null,
            state: resolve(config.state.directory),
          }),
        stop: () => cloud.stop(),
      };
    },
  );
  return EXIT.ok;
}

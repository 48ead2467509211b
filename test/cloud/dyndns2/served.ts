import { join } from "node:path";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { pino, type Logger } from "pino";
import { dyndnsRoutes } from "../../../src/cloud/dyndns2/routes.ts";
import type { DyndnsLimits } from "../../../src/cloud/dyndns2/update.ts";
import { PublicAddresses } from "../../../src/cloud/public-address.ts";
import { buildApp, createListeners, RateGuard } from "../../../src/http-server/index.ts";
import { systemClock, type Clock } from "../../../src/kernel/clock.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { MemoryDynamicHosts } from "../../helpers/memory-dynamic-hosts.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

export const ZONE = "boxes.example";
export const HOST = `box1.${ZONE}`;
export const TOKEN = "b2a7c0ffee0000000000000000000001";

/** Limits that no test of something else comes near. */
export const GENEROUS: Partial<DyndnsLimits> = {
  looks: { burst: 1000, perSecond: 1000 },
  guesses: { burst: 1000, perSecond: 1000 },
};

export interface Options {
  readonly limits?: Partial<DyndnsLimits>;
  readonly clock?: Clock;
  /** Requests at once from one network; default: no limit. */
  readonly burst?: number;
  /** Prefixes beside those of the internet; default: loopback. */
  readonly allowed?: readonly string[];
  readonly log?: Logger;
}

/** The endpoint within the real application, with two names of one owner and one of another. */
export async function appUnderTest(
  t: Teardown,
  options: Options = {},
): Promise<{ app: FastifyInstance; hosts: MemoryDynamicHosts; hostNames: ReadonlySet<string> }> {
  const { clock = systemClock, log = pino({ level: "silent" }), burst } = options;
  const hosts = new MemoryDynamicHosts();
  hosts.add(HOST, TOKEN);
  hosts.add(`box2.${ZONE}`, TOKEN);
  hosts.add(`other.${ZONE}`, "another token");
  hosts.add(`bad.${ZONE}`, TOKEN, { blocked: true });
  const addresses = new PublicAddresses(options.allowed ?? ["127.0.0.0/8", "::1/128"]);
  const limits = { ...GENEROUS, ...options.limits };
  const plugins: FastifyPluginAsync[] = [dyndnsRoutes({ hosts, addresses, log, clock, limits })];
  const hostNames = new Set(["dyn.example", "dyn4.example"]);
  const rates =
    burst === undefined
      ? undefined
      : new RateGuard({
          clock,
          recognise: () => null,
          limits: {
            requests: { burst, perSecond: 0.001 },
            known: { burst, perSecond: 0.001 },
            guesses: { burst, perSecond: 0.001 },
          },
        });
  const app = await buildApp({
    log,
    clock,
    version: "0",
    hostNames,
    plugins,
    authenticator: {
      authenticate: async () => {
        throw new TellyportError("access-token-missing", "Nobody is known here.");
      },
    },
    ...(rates !== undefined && { rates }),
  });
  t.teardown(() => app.close());
  return { app, hosts, hostNames };
}

/** The same, listening on a free port of loopback. */
export async function served(
  t: Teardown,
  options: Options = {},
): Promise<{ port: number; hosts: MemoryDynamicHosts }> {
  const { app, hosts, hostNames } = await appUnderTest(t, options);
  const listeners = createListeners({
    app,
    hostNames,
    log: pino({ level: "silent" }),
    address: "127.0.0.1",
    port: 0,
    https: null,
    socketPath: join(await temporaryFolder(t), "control.sock"),
  });
  await listeners.start?.(new AbortController().signal);
  t.teardown(() => listeners.stop?.());
  return { port: listeners.ports.http, hosts };
}

import type { Clock } from "../kernel/clock.ts";
import { isTellyportError, messageOf } from "../kernel/errors.ts";
import { createSafeFetch, namedReach } from "../kernel/safe-fetch/index.ts";
import { namedDevice, readDevice, readLineup, type DeviceAddress } from "./drivers/hdhomerun/device.ts";
import { discoverDevices, type DiscoveryTarget } from "./drivers/hdhomerun/discover.ts";
import { addressOf, hostUrl } from "./drivers/hdhomerun/index.ts";
import { nameOfList, readList } from "./drivers/network/read-list.ts";
import { answers, describeServer, searchServers, type SearchSettings } from "./drivers/satip/describe.ts";

/** Whether one configured source of multiplexes answers. */
export interface SourceReport {
  readonly source: "hdhomerun" | "network" | "satip";
  /** Its address or path, without credentials. */
  readonly name: string;
  readonly ok: boolean;
  /** What it has, or what is wrong and what to do. */
  readonly message: string;
  /** Parts of it that cannot be used though it answers. */
  readonly faults: readonly string[];
}

interface Deps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asks HDHomeRun devices for their line-ups; looks for devices when that is wanted. */
export async function checkHdhomerun(
  config: { hosts: readonly string[]; discover: boolean; targets?: readonly DiscoveryTarget[] },
  deps: Deps,
): Promise<SourceReport[]> {
  const found = config.discover
    ? await discoverDevices({ ...deps, ...(config.targets && { targets: config.targets }) })
    : [];
  if (config.discover && found.length === 0 && config.hosts.length === 0)
    return [
      {
        source: "hdhomerun",
        name: "local network",
        ok: false,
        message:
          "No HDHomeRun answers on this network: check that it is on, or name its address under tuners.hdhomerun.hosts.",
        faults: [],
      },
    ];
  const asking = { fetch: createSafeFetch(deps), signal: deps.signal };
  const addresses = new Map<string, () => DeviceAddress>();
  for (const one of found) addresses.set(one.baseUrl.host, () => addressOf(one));
  for (const host of config.hosts) addresses.set(host, () => namedDevice(hostUrl(host)));
  return Promise.all(
    [...addresses].map(([name, address]) =>
      report("hdhomerun", name, async () => {
        const device = await readDevice(address(), asking);
        const { channels, protectedCount } = await readLineup(device, asking);
        return {
          message: `${device.name}: ${count(device.tunerCount, "tuner")}, ${count(channels.length, "channel")}`,
          faults:
            protectedCount === 0
              ? []
              : [`${count(protectedCount, "channel")} of it cannot be had: copy protected.`],
        };
      }),
    ),
  );
}

/** Reads M3U lists. */
export function checkLists(lists: readonly string[], deps: Deps): Promise<SourceReport[]> {
  return Promise.all(
    lists.map((list) =>
      report("network", nameOfList(list), async () => {
        const fetch = createSafeFetch(deps);
        const { entries, faults } = await readList(list, {
          fetch,
          allowed: namedReach(),
          signal: deps.signal,
        });
        return {
          message: count(entries.length, "channel"),
          faults: faults.map(({ line, message }) => `Line ${line}: ${message}`),
        };
      }),
    ),
  );
}

/** Asks SAT>IP servers what they have; looks for servers when that is wanted. */
export async function checkSatip(
  config: {
    servers: readonly { host: string; port: number }[];
    discover: boolean;
    search?: SearchSettings;
  },
  { clock, signal }: Deps,
): Promise<SourceReport[]> {
  const search = config.search ?? {};
  const found = config.discover ? (await searchServers(search, clock, signal)).answers : [];
  const servers = new Map(
    found.map(({ address }) => [
      address,
      { host: address, port: 554, named: address === search.to?.address },
    ]),
  );
  for (const { host, port } of config.servers) servers.set(host, { host, port, named: true });
  if (servers.size === 0)
    return [
      {
        source: "satip",
        name: "local network",
        ok: false,
        message:
          "No SAT>IP server answers on this network: check that it is on, or name its address under tuners.satip.servers.",
        faults: [],
      },
    ];
  return Promise.all(
    [...servers].map(async ([name, address]): Promise<SourceReport> => {
      const description = await describeServer(address, address.named, search, clock, signal);
      const groups = (description?.groups ?? []).map(
        ({ system, count: many }) => `${many} × ${system.toUpperCase()}`,
      );
      const alive = groups.length > 0 || (await answers(address, clock, signal));
      return {
        source: "satip",
        name,
        ok: alive,
        message: alive
          ? `${description?.name || "it answers"}${groups.length > 0 ? `: ${groups.join(", ")}` : ""}`
          : `No SAT>IP server answers at ${name}: check that it is on, and its address and port.`,
        faults:
          alive && groups.length === 0
            ? ["It does not say which front ends it has: name them under its capabilities."]
            : [],
      };
    }),
  );
}

async function report(
  source: SourceReport["source"],
  name: string,
  ask: () => Promise<{ message: string; faults: readonly string[] }>,
): Promise<SourceReport> {
  try {
    return { source, name, ok: true, ...(await ask()) };
  } catch (error) {
    if (!isTellyportError(error)) throw error;
    return { source, name, ok: false, message: messageOf(error), faults: [] };
  }
}

function count(many: number, of: string): string {
  return `${many} ${of}${many === 1 ? "" : "s"}`;
}

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createNameServer } from "../../src/cloud/dns/name-server.ts";
import { Zone } from "../../src/cloud/dns/zone.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { BENCH_ZONE, benchNames } from "./dns-names.ts";

/** usage: `dns-qps.child NAMES`. Prints a line of {@link Serving} and serves until it is killed. */
export interface Serving {
  readonly port: number;
  /** Octets of the heap for each name, once everything else is collected. */
  readonly bytesPerName: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

const count = Number(process.argv[2]);
const empty = heap();
const zone = new Zone(
  { origin: BENCH_ZONE, nameServers: [{ name: `ns1.${BENCH_ZONE}`, addresses: ["127.0.0.1"] }] },
  0,
);
for (let from = 0; from < count; from += 200) zone.publish(benchNames(from, Math.min(200, count - from)), 0);
const bytesPerName = (heap() - empty) / count;
// All queries come from one address, and few names are asked for so often that the limit would count: it is there, and lets all pass.
const server = createNameServer({
  zones: [zone],
  listen: [{ address: "127.0.0.1", port: 0 }],
  answersPerSecond: 1_000_000,
  clock: systemClock,
  log: createLog({ level: "silent" }),
});
await server.start();
console.log(JSON.stringify({ port: server.addresses[0]?.port ?? 0, bytesPerName } satisfies Serving));

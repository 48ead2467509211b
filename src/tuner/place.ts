import { basename } from "node:path";
import type { Multiplex } from "./ports.ts";
import { isBroadcast, type Broadcast } from "./scan/same-multiplex.ts";

const SYSTEM_NAMES: Readonly<Record<Broadcast["system"], string>> = {
  dvbt: "DVB-T",
  dvbt2: "DVB-T2",
  dvbc: "DVB-C",
  dvbs: "DVB-S",
  dvbs2: "DVB-S2",
  dtmb: "DTMB",
  isdbt: "ISDB-T",
  atsc: "ATSC",
};

/** A multiplex for people: `DVB-T 482 MHz`, `DVB-S2 19.2E 11603.5 MHz H`, or what a list calls it. */
export function describePlace({ id, delivery, listed }: Multiplex): string {
  if (listed !== undefined) return listed.name;
  if (delivery.system === "file") return basename(delivery.path);
  if (delivery.system === "udp" || delivery.system === "rtp") return `${delivery.address}:${delivery.port}`;
  if (!isBroadcast(delivery)) return id;
  const system = SYSTEM_NAMES[delivery.system];
  if ("frequencyKHz" in delivery) {
    const orbital = delivery.orbital === null ? "" : `${delivery.orbital} `;
    const stream = delivery.streamId === undefined ? "" : ` stream ${delivery.streamId}`;
    return `${system} ${orbital}${delivery.frequencyKHz / 1000} MHz ${delivery.polarisation}${stream}`;
  }
  const plp = "plp" in delivery && (delivery.plp ?? 0) !== 0 ? ` PLP ${delivery.plp}` : "";
  return `${system} ${Number((delivery.frequencyHz / 1_000_000).toFixed(3))} MHz${plp}`;
}

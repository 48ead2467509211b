import { hostname, networkInterfaces } from "node:os";
import { ownAddresses } from "./announce/ssdp.ts";

/** Names by which a request may call this box, beside its addresses. @param extra those of the configuration */
export function hostNames(boxId: string, extra: readonly string[]): Set<string> {
  const host = hostname().toLowerCase();
  return new Set([
    host,
    `${host}.local`,
    `tellyport-${boxId.slice(0, 4)}.local`,
    ...extra.map((name) => name.toLowerCase()),
  ]);
}

/** Every address of this machine, but for the link-local ones of IPv6, which need a zone. */
export function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter((entry) => !entry.address.startsWith("fe80:")).map((entry) => entry.address),
  );
}

/** The address for a phone in the same house: the first IPv4 address that is not loopback. */
export function publicAddress(): string {
  return ownAddresses()[0] ?? "127.0.0.1";
}

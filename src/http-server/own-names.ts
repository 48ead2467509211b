import { isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { HostNames } from "./host-guard.ts";
import { plainAddress } from "../kernel/network-address.ts";
import { ownAddresses } from "./announce/ssdp.ts";

/** Names by which a request may call this box, beside its addresses. @param extra those of the configuration */
export function hostNames(boxId: string, extra: readonly string[]): Set<string> {
  const host = hostname().toLowerCase();
  return new Set([host, `${host}.local`, announcedName(boxId), ...extra.map((name) => name.toLowerCase())]);
}

/** Names of the box: those that it always has, and others that come and go. */
export class OwnNames implements HostNames {
  readonly fixed: ReadonlySet<string>;
  readonly #passing = new Map<string, readonly string[]>();

  constructor(fixed: ReadonlySet<string>) {
    this.fixed = fixed;
  }

  /** @param owner who sees to them: each has its own. @param names lower case */
  set(owner: string, names: readonly string[]): void {
    this.#passing.set(owner, names);
  }

  has(name: string): boolean {
    return this.fixed.has(name) || [...this.#passing.values()].some((names) => names.includes(name));
  }
}

/** Every address of this machine, but for the link-local ones of IPv6, which need a zone. */
export function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter((entry) => !entry.address.startsWith("fe80:")).map((entry) => entry.address),
  );
}

/**
 * The machine's IPv4 addresses at which its neighbours reach what listens on `listen`.
 * @param listen `http.address`
 * @param own default: the machine's, without loopback
 */
export function neighbourAddresses(listen: string, own = ownAddresses()): string[] {
  const only = onlyAddress(listen);
  return only === null ? own : own.filter((address) => address === only);
}

/** The name by which the box is announced at home. */
export function announcedName(boxId: string): string {
  return `tellyport-${boxId.slice(0, 4)}.local`;
}

/** So many addresses are told: a machine may have one for each of its containers. */
const TOLD = 4;

/**
 * Where the box's neighbours find what listens on `listen` over plain http: by its announced name, and by its addresses.
 * @param announced whether it answers to its name
 * @param own default: the machine's, without loopback
 */
export function nearbyOf(
  boxId: string,
  { listen, port, announced }: { listen: string; port: number; announced: boolean },
  own = ownAddresses(),
): { name: string | null; addresses: string[] } {
  const addresses = neighbourAddresses(listen, own);
  const name = announced && addresses.length > 0 ? `http://${announcedName(boxId)}:${port}` : null;
  return { name, addresses: addresses.slice(0, TOLD).map((address) => `http://${address}:${port}`) };
}

/**
 * Where a phone in the same house finds what listens on `listen`, as a URL has it: that address, else the first IPv4 address
 * that is not loopback. Loopback where no phone can.
 */
export function publicAddress(listen: string, own = ownAddresses()): string {
  const only = onlyAddress(listen);
  return only === null ? (own[0] ?? LOOPBACK) : hostOf(only);
}

/** Where a browser on this machine finds what listens on `listen`, as a URL has it. */
export function localAddress(listen: string): string {
  const only = onlyAddress(listen);
  return only === null ? LOOPBACK : hostOf(only);
}

const LOOPBACK = "127.0.0.1";

/** null: every one. */
function onlyAddress(listen: string): string | null {
  const address = plainAddress(listen);
  return address === "0.0.0.0" || (isIPv6(address) && /^[0:]+$/.test(address)) ? null : address;
}

function hostOf(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

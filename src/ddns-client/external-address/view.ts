import { addressClass } from "../../kernel/safe-fetch/address-class.ts";
import type { MappingState } from "../doors/mapping-state.ts";
import type { StunSight } from "./stun-client.ts";

/** What is known of the box's addresses, from whom. */
export interface Sources {
  /** The box's own: those of IPv4 that are not loopback, and the lasting one of IPv6. */
  readonly own: { readonly ipv4: readonly string[]; readonly ipv6: string | null };
  /** The router's, as it says; of whatever class. */
  readonly router: string | null;
  readonly stun: { readonly ipv4: string | null; readonly ipv6: string | null };
  /** Whether the NAT gives one port to all (RFC 4787 §4.1); null: not known, or there is none. */
  readonly isEndpointIndependent: boolean | null;
}

/** The box as the internet would reach it. */
export interface ExternalView {
  /** Of the internet; null: none is known. */
  readonly ipv4: string | null;
  /** The box's own lasting one; null: none. */
  readonly ipv6: string | null;
  /** At `ipv4`; null: nothing leads to the box there, as far as is known. */
  readonly port: number | null;
  /** At `ipv6`. */
  readonly port6: number | null;
  readonly sources: Sources;
}

/** Doors and where the box listens behind them. */
export interface Doors {
  /** 0: it does not listen. */
  readonly internalPort: number;
  readonly ipv4: Pick<MappingState, "status" | "externalPort"> | null;
  readonly ipv6: Pick<MappingState, "status" | "externalPort"> | null;
}

/**
 * One address of each family out of what everybody said. Of IPv4 that by which the internet sees the box, then the router's, then the
 * box's own; of IPv6 the box's own lasting one, as a router's is no way to it.
 */
export function externalView(sources: Sources, doors: Doors): ExternalView {
  const own = sources.own.ipv4.find(isGlobal) ?? null;
  const ipv4 = [sources.stun.ipv4, sources.router, own].find(
    (address) => address !== null && isGlobal(address),
  );
  const isOwn = ipv4 !== undefined && sources.own.ipv4.includes(ipv4);
  const internalPort = doors.internalPort === 0 ? null : doors.internalPort;
  return {
    ipv4: ipv4 ?? null,
    ipv6: sources.own.ipv6,
    port: isOwn ? internalPort : doors.ipv4?.status === "open" ? doors.ipv4.externalPort : null,
    // Without a router that filters, nothing has to be opened.
    port6: sources.own.ipv6 === null ? null : (doors.ipv6?.externalPort ?? internalPort),
    sources,
  };
}

/** Whether all servers saw one port, of those two or more that saw one address; null when there are none. */
export function endpointIndependence(sights: readonly StunSight[]): boolean | null {
  const [first, ...others] = sights;
  if (first === undefined || others.length === 0) return null;
  return others.every(({ address, port }) => address === first.address && port === first.port);
}

function isGlobal(address: string | null): address is string {
  return address !== null && addressClass(address) === "global";
}

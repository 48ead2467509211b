import { addressClass } from "./address-class.ts";
import type { HomeNetwork } from "./home-network.ts";
import { isHomePort, isPublicPort } from "./ports.ts";
import type { FetchRefusal } from "./refusal.ts";

/** How far an address that somebody else gave may lead. */
export interface Reach {
  /** `public`: machines of the internet; `home`: those and the neighbours in the box's own networks. Neither: the box itself. */
  readonly scope: "home" | "public";
  /** Origins (`http://host:port`) that the installer wrote himself: wherever they are, save where cloud machines keep their keys. */
  readonly named: ReadonlySet<string>;
}

/** For what came from the internet. */
export const PUBLIC: Reach = { scope: "public", named: new Set() };
/** For what came from the home network. */
export const HOME: Reach = { scope: "home", named: new Set() };

/** For addresses of the configuration, and whatever of the home network or the internet they lead to. */
export function namedReach(...urls: readonly URL[]): Reach {
  return { scope: "home", named: new Set(urls.map(({ origin }) => origin)) };
}

/** What can be said before a name is resolved. @returns null: nothing against it */
export function judgeUrl({ protocol, hostname, origin }: URL, { named }: Reach): FetchRefusal | null {
  if (protocol !== "http:" && protocol !== "https:") return "scheme";
  // Whatever a resolver would make of them. RFC 6761 §6.3
  return /(^|\.)localhost\.?$/i.test(hostname) && !named.has(origin) ? "this-box" : null;
}

/** A connection that is about to be made. */
export interface Judged {
  /** As the name was resolved to, or as the URL has it, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Whether the installer named it. */
  readonly named: boolean;
  readonly scope: Reach["scope"];
  /** What the protocol may have for a port at home; default: what a web server may. */
  readonly isPort?: (port: number) => boolean;
}

/** Whether an address may be connected to. @returns null when it may */
export function judgeAddress(judged: Judged, network: HomeNetwork): FetchRefusal | null {
  const { address, port, named, scope, isPort = isHomePort } = judged;
  const kind = addressClass(address);
  if (kind === null) return "no-machine";
  if (kind === "metadata") return "metadata";
  if (named) return null;
  if (kind === "loopback" || kind === "unspecified" || network.isOwn(address)) return "this-box";
  if (kind === "multicast" || kind === "broadcast" || kind === "reserved") return "no-machine";
  const isNeighbour = network.isNeighbour(address);
  // Neighbours have global addresses too, in IPv6.
  if (scope === "public" && (kind !== "global" || isNeighbour)) return "private-from-public";
  if (kind === "shared" || (kind !== "global" && !isNeighbour)) return "private";
  return (isNeighbour ? isPort(port) : isPublicPort(port)) ? null : "port";
}

/**
 * What an answer may lead to, by a redirect or by what it lists: never more than before, and from the internet never back home.
 * @param address that answered
 */
export function reachBeyond(reach: Reach, address: string, network: HomeNetwork): Reach {
  const isHome = addressClass(address) !== "global" || network.isOwn(address) || network.isNeighbour(address);
  return isHome ? reach : PUBLIC;
}

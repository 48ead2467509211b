import type { Server, Socket } from "node:net";
import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "../kernel/clock.ts";
import { plainAddress } from "../kernel/network-address.ts";
import type { RequestOrigin } from "../protocol/access.ts";

/** Where a request came from is read off the accepted socket, once, and never from a header. */

/** How old a view of the machine's interfaces may be, ms. */
const LINK_VIEW_MS = 2000;

const listenerOf = new WeakMap<Socket, RequestOrigin["listener"]>();

/** Marks every connection that a server accepts with the listener's name. */
export function markConnections(server: Server, listener: RequestOrigin["listener"]): void {
  const mark = (socket: Socket): void => void listenerOf.set(socket, listener);
  server.on("connection", mark);
  server.on("secureConnection", mark);
}

/** @param interfaces default: the machine's, asked afresh because addresses come and go */
export function originOf(socket: Socket, interfaces = networkInterfaces): RequestOrigin {
  const listener = listenerOf.get(socket) ?? "http";
  if (listener === "local") return { listener, address: null, onLink: true, confidential: true };
  if (socket.remoteAddress === undefined)
    return { listener, address: null, onLink: false, confidential: listener === "https" };
  return new PeerOrigin(listener, plainAddress(socket.remoteAddress), interfaces);
}

/**
 * A peer with an address. Whether it is on-link is found out when somebody asks, which no media request does: the machine's
 * interfaces take 50 µs (145 in a daemon that is seldom asked), a sixth of what a request for a playlist costs.
 */
class PeerOrigin implements RequestOrigin {
  readonly listener: RequestOrigin["listener"];
  readonly address: string;
  readonly confidential: boolean;
  readonly #interfaces: typeof networkInterfaces;
  #onLink: boolean | null = null;

  constructor(listener: RequestOrigin["listener"], address: string, interfaces: typeof networkInterfaces) {
    this.listener = listener;
    this.address = address;
    this.confidential = listener === "https" || isLoopback(address);
    this.#interfaces = interfaces;
  }

  get onLink(): boolean {
    this.#onLink ??= isOnLink(this.address, this.#interfaces());
    return this.#onLink;
  }
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Whether an address lies in the prefix of one of the given interfaces. */
export function isOnLink(address: string, interfaces: ReturnType<typeof networkInterfaces>): boolean {
  return checkPrefixes(prefixesOf(interfaces), address);
}

/** For what may be a few seconds old, and is asked for every connection: interfaces take long to list. */
export function createLinkView(clock: Clock, interfaces = networkInterfaces): (address: string) => boolean {
  let prefixes: BlockList | null = null;
  let listedAt = 0;
  return (address) => {
    const now = clock.monotonic();
    if (prefixes === null || now - listedAt >= LINK_VIEW_MS) {
      prefixes = prefixesOf(interfaces());
      listedAt = now;
    }
    return checkPrefixes(prefixes, address);
  };
}

function prefixesOf(interfaces: ReturnType<typeof networkInterfaces>): BlockList {
  const prefixes = new BlockList();
  for (const { cidr } of Object.values(interfaces).flatMap((list) => list ?? [])) {
    const [network, bits] = cidr?.split("/") ?? [];
    if (network === undefined || bits === undefined) continue;
    prefixes.addSubnet(network, Number(bits), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return prefixes;
}

function checkPrefixes(prefixes: BlockList, address: string): boolean {
  return prefixes.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

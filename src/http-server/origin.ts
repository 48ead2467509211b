import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";
import { BlockList, isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "../kernel/clock.ts";
import { isLoopback, plainAddress } from "../kernel/network-address.ts";
import type { RequestOrigin } from "../protocol/access.ts";

/**
 * Where a request came from is read off the accepted socket, once, and never from a header; but for those that come through a reverse
 * proxy that the installer named.
 */

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
 * Where a request came from when reverse proxies may stand in front. Of `X-Forwarded-For` only the last entry counts, which the proxy
 * itself has written: what is before it came from outside. Nothing that comes through a proxy is on-link, and it is confidential only
 * when the proxy says that it came by https.
 * @param proxies whom we believe; null: nobody
 */
export function requestOrigin(
  request: IncomingMessage,
  proxies: TrustedProxies | null,
  interfaces = networkInterfaces,
): RequestOrigin {
  const { socket, headers } = request;
  const origin = originOf(socket, interfaces);
  if (proxies === null || origin.address === null || !proxies.has(origin.address)) return origin;
  const secure = lastEntry(headers["x-forwarded-proto"])?.toLowerCase() === "https";
  const sender = plainAddress(lastEntry(headers["x-forwarded-for"]) ?? "");
  return {
    listener: secure ? "https" : "http",
    // The proxy's own question, such as whether we live; without an entry nobody else can be told from it.
    address: isIP(sender) === 0 ? origin.address : sender,
    onLink: false,
    confidential: secure,
  };
}

/** An address of nobody: who comes through a proxy from the proxy's own network is not at home for that. */
const BEHIND_PROXY = "0.0.0.0";

/**
 * The address for which a request counts, where nothing but an address is judged: the socket's peer, or whom a proxy names.
 * @returns undefined: the socket has closed
 */
export function requestPeer(
  request: IncomingMessage,
  proxies: TrustedProxies,
  interfaces = networkInterfaces,
): string | undefined {
  const peer = request.socket.remoteAddress;
  if (peer === undefined || proxies.isEmpty || !proxies.has(plainAddress(peer))) return peer;
  const { address } = requestOrigin(request, proxies, interfaces);
  return address === null || isOnLink(address, interfaces()) ? BEHIND_PROXY : address;
}

/** The last of a list in a header; lines of one name are one list. @see RFC 9110 §5.3 */
function lastEntry(header: string | string[] | undefined): string | undefined {
  return [header].flat().join(",").split(",").at(-1)?.trim();
}

/** Reverse proxies by address or prefix, `192.0.2.7` or `fd00::/8`. */
export class TrustedProxies {
  readonly #prefixes = new BlockList();
  readonly isEmpty: boolean;

  /** @throws TypeError for what is neither */
  constructor(list: readonly string[]) {
    this.isEmpty = list.length === 0;
    for (const entry of list) {
      const [address = "", bits] = entry.split("/");
      const version = isIP(address);
      const most = version === 6 ? 128 : 32;
      const length = bits === undefined ? most : Number(bits);
      if (version === 0 || !/^\d*$/.test(bits ?? "") || bits === "" || length > most)
        throw new TypeError(`${entry} is no address or prefix`);
      this.#prefixes.addSubnet(address, length, version === 6 ? "ipv6" : "ipv4");
    }
  }

  /** @param address plain */
  has(address: string): boolean {
    return checkPrefixes(this.#prefixes, address);
  }
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

import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { defaultRoute4, defaultRoute6 } from "./routes.ts";
import { stableAddresses } from "./stable-address.ts";

/** The box's way into the internet, of one family. */
export interface Way {
  readonly family: 4 | 6;
  /** The router's address; with a zone when it is one of the link. */
  readonly gateway: string;
  /** The box's own address towards it; of IPv6 the stable one of the internet. */
  readonly client: string;
  readonly interface: string;
}

/** Where nothing is sent to; a name for connecting, which asks the kernel's routing alone. @see RFC 863 */
const DISCARD = 9;

/** The way by IPv4; null when there is none. */
export async function wayOut4(): Promise<Way | null> {
  const route = defaultRoute4(await procFile("route"), endianness() === "LE");
  if (route === null) return null;
  const client = await addressTowards(route.gateway);
  return client === null ? null : { family: 4, client, ...route };
}

/** The way by IPv6; null when there is none, or the box has no lasting address there. */
export async function wayOut6(): Promise<Way | null> {
  const route = defaultRoute6(await procFile("ipv6_route"));
  if (route === null) return null;
  const own = stableAddresses(await procFile("if_inet6"), route.interface)[0];
  if (own === undefined) return null;
  const isOfLink = /^fe[89ab]/i.test(route.gateway);
  const gateway = isOfLink ? `${route.gateway}%${route.interface}` : route.gateway;
  return { family: 6, gateway, client: own.address, interface: route.interface };
}

/** The box's lasting IPv6 address of the internet, whether or not a router is known; null when it has none. */
export async function stableAddress(): Promise<string | null> {
  const route = defaultRoute6(await procFile("ipv6_route"));
  return stableAddresses(await procFile("if_inet6"), route?.interface)[0]?.address ?? null;
}

/** Empty where the kernel has no such family. */
async function procFile(name: string): Promise<string> {
  return readFile(`/proc/net/${name}`, "utf8").catch(() => "");
}

/** The address that datagrams to a machine would come from; nothing is sent. */
function addressTowards(gateway: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (address: string | null): void => {
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.close();
      resolve(address);
    };
    socket.once("error", () => end(null));
    // Where no way leads there, the callback hears of it, and no event.
    socket.connect(DISCARD, gateway, (error?: Error) => end(error == null ? socket.address().address : null));
  });
}

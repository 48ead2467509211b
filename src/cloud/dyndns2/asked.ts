import { isIPv4 } from "node:net";
import type { PublicAddresses } from "../public-address.ts";

/** What an update is to do with one family: `keep` it, `remove` it, or set the address; null: nothing was said of it. */
export type Wish = "keep" | "remove" | { readonly address: string } | null;

/** An update, read. */
export interface Asked {
  /** In lower case without a dot at the end, no name twice; empty: the request named none. */
  readonly names: readonly string[];
  readonly ipv4: Wish;
  readonly ipv6: Wish;
}

/** Names of one request, at the most; there is no need for more than a household has. */
export const MOST_NAMES = 20;
/** Addresses of one parameter that are looked at. */
const MOST_ADDRESSES = 8;

/**
 * Reads the parameters of an update. Those of DynDNS's own day (`system`, `wildcard`, `mx`, `backmx`) and all others are passed over. So
 * are addresses that are none, or not of the internet: a router behind another one tells its own.
 * @param query of the address, without `?`
 * @param form body of a POST; empty when there is none
 * @param addresses which may be published
 */
export function readUpdate(query: string, form: string, addresses: PublicAddresses): Asked {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of new URLSearchParams(form)) parameters.append(name, value);
  const values = (name: string): string | null =>
    parameters.has(name) ? parameters.getAll(name).join(",").trim() : null;

  const hostnames = (values("hostname") ?? "").split(",").map(plainName);
  const names = [...new Set(hostnames.filter((name) => name !== ""))];
  if (values("offline")?.toUpperCase() === "YES") return { names, ipv4: "remove", ipv6: "remove" };

  // Either family.
  const general = [values("myip"), values("ip")];
  const wishOf = (family: 4 | 6): Wish => {
    const own = values(`myipv${family}`);
    if (own === "") return "remove";
    if (own?.toLowerCase() === "preserve") return "keep";
    for (const list of [own, ...general]) {
      const address = firstOf(list ?? "", family, addresses);
      if (address !== null) return { address };
    }
    return general.some((list) => list?.toLowerCase() === "preserve") ? "keep" : null;
  };
  return { names, ipv4: wishOf(4), ipv6: wishOf(6) };
}

/** A host name as the registry has it. */
export function plainName(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, "");
}

/** Whether a name is one that the DNS could have, with a dot in it. @see RFC 1123 §2.1 */
export function isFullName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
  );
}

/** The first address of a family in a list; prefix lengths go. */
function firstOf(list: string, family: 4 | 6, addresses: PublicAddresses): string | null {
  for (const item of list.split(",").slice(0, MOST_ADDRESSES)) {
    const address = addresses.judge(item.trim().replace(/\/\d{1,3}$/, ""));
    if (address !== null && isIPv4(address) === (family === 4)) return address;
  }
  return null;
}

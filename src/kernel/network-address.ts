import { isIPv6 } from "node:net";

/** An address without the IPv4-in-IPv6 mapping and the zone: `::ffff:10.0.0.7` → `10.0.0.7`. */
export function plainAddress(address: string): string {
  const withoutZone = address.replace(/%.*$/, "");
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(withoutZone) ? withoutZone.slice(7) : withoutZone;
}

/** Whether an address is that of this machine for itself. @param address plain, see {@link plainAddress} */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * Where an address is, as far as one subscriber goes: an IPv4 address alone, or the /64 of an IPv6 address, of which one host
 * has as many as it likes.
 * @param address plain, see {@link plainAddress}
 */
export function networkOf(address: string): string {
  return isIPv6(address) ? `${leadingGroups(address, 4)}::/64` : address;
}

/**
 * What one attacker may have every address of: the IPv4 /24, or the IPv6 /48 that providers route to a customer (RFC 6177).
 * @param address plain, see {@link plainAddress}
 */
export function regionOf(address: string): string {
  return isIPv6(address)
    ? `${leadingGroups(address, 3)}::/48`
    : `${address.slice(0, address.lastIndexOf("."))}.0/24`;
}

/** So many groups of 16 bits of an IPv6 address, each without leading zeros. */
function leadingGroups(address: string, count: number): string {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return groups
    .slice(0, count)
    .map((group) => parseInt(group, 16).toString(16))
    .join(":");
}

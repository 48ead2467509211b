import { isIPv6 } from "node:net";

/** An address without the IPv4-in-IPv6 mapping and the zone: `::ffff:10.0.0.7` → `10.0.0.7`. */
export function plainAddress(address: string): string {
  const withoutZone = address.replace(/%.*$/, "");
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(withoutZone) ? withoutZone.slice(7) : withoutZone;
}

/**
 * Where an address is, as far as one subscriber goes: an IPv4 address alone, or the /64 of an IPv6 address, of which one host
 * has as many as it likes.
 * @param address plain, see {@link plainAddress}
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

import { isIPv6 } from "node:net";

/**
 * What counts as one sender where things are counted per sender: an IPv4 address, or an IPv6 /64, which one household has
 * whole, so that nobody gets away by taking the next of its addresses (RFC 6177 §2).
 * @param address without IPv4-in-IPv6 mapping and zone
 */
export function addressBucket(address: string): string {
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

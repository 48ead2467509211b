import { isIP, isIPv6 } from "node:net";
import { addressBytes } from "./address-bytes.ts";
import { addressClass } from "./address-class.ts";

/** What another program of the box may want to listen at, and needs rights for. */
const FIRST_FREE_PORT = 1024;

/**
 * Whether datagrams may be received at an address that somebody gave: at an own one, or at a multicast group, which the box then
 * tells its routers to send. Not a group of the link's own protocols (224.0.0.x, ff02::), which those routers and others listen to.
 * @param address an IP address; a name is none
 * @see RFC 5771 §4, RFC 4291 §2.7
 */
export function isReceivable(address: string, port: number): boolean {
  const bytes = isIP(address) === 0 ? null : addressBytes(address);
  if (bytes === null || port < 1 || port > 65_535) return false;
  if (addressClass(address) !== "multicast") return port >= FIRST_FREE_PORT;
  const [, second = 0, third = 0] = bytes;
  if (!isIPv6(address)) return !(bytes[0] === 224 && second === 0 && third === 0);
  const scope = second & 0x0f;
  return scope >= 3 && scope <= 14;
}

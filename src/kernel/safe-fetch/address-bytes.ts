import { isIPv4, isIPv6 } from "node:net";

/**
 * The bytes of an address in text: 4 of IPv4, 16 of IPv6; null for what is none. A zone is left out, and an IPv4-mapped address is
 * the IPv4 one: the kernel sends to that. Names and the short spellings of IPv4 (`127.1`) are none: URLs resolve those before.
 * @see RFC 4291 §2.2, RFC 4007 §11
 */
export function addressBytes(text: string): Uint8Array | null {
  if (isIPv4(text)) return ipv4Bytes(text);
  if (!isIPv6(text)) return null;
  const bytes = ipv6Bytes(text.replace(/%.*$/s, ""));
  return isWithin(bytes, MAPPED, 96) ? bytes.subarray(12) : bytes;
}

/** Whether the first bits of an address are those of a prefix. @param bits 0 to the address's length */
export function isWithin(address: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  if (address.length !== prefix.length) return false;
  return prefix.every((byte, at) => {
    const free = Math.min(8, Math.max(0, 8 * (at + 1) - bits));
    return ((byte ^ (address[at] ?? 0)) >> free) << free === 0;
  });
}

/**
 * IPv4 addresses that an IPv6 address carries and that a translator or tunnel would send to: IPv4-compatible (RFC 4291 §2.5.5.1),
 * NAT64 (RFC 6052 §2.1), 6to4 (RFC 3056 §2), Teredo's server and client (RFC 4380 §4), ISATAP (RFC 5214 §6.1).
 */
export function carriedAddresses(address: Uint8Array): Uint8Array[] {
  if (address.length !== 16) return [];
  const at = (from: number): Uint8Array => address.subarray(from, from + 4);
  if (isWithin(address, COMPATIBLE, 96) || isWithin(address, NAT64, 96)) return [at(12)];
  if (isWithin(address, SIX_TO_FOUR, 16)) return [at(2)];
  if (isWithin(address, TEREDO, 32)) return [at(4), at(12).map((byte) => byte ^ 0xff)];
  // The universal bit may be either.
  const isIsatap =
    (address[8]! & 0xfd) === 0 && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe;
  return isIsatap ? [at(12)] : [];
}

function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split("."), Number);
}

function ipv6Bytes(text: string): Uint8Array {
  const dotted = /\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const groups = (part: string): number[] =>
    part === ""
      ? []
      : part.split(":").flatMap((group) => {
          const value = Number.parseInt(group, 16);
          return [value >> 8, value & 0xff];
        });
  const hex = dotted === undefined ? text : text.slice(0, -dotted.length) + hexOf(ipv4Bytes(dotted));
  const [head = "", tail] = hex.split("::");
  const [first, last] = [groups(head), groups(tail ?? "")];
  return Uint8Array.from([...first, ...new Array<number>(16 - first.length - last.length).fill(0), ...last]);
}

function hexOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}

const MAPPED = ipv6Bytes("::ffff:0:0");
const COMPATIBLE = ipv6Bytes("::");
const NAT64 = ipv6Bytes("64:ff9b::");
const SIX_TO_FOUR = ipv6Bytes("2002::");
const TEREDO = ipv6Bytes("2001::");

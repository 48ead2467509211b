import { addressBytes, carriedAddresses, isWithin } from "./address-bytes.ts";

/**
 * What an address is for. `metadata`: where cloud machines keep their keys; `shared`: between a provider and its customers (RFC 6598);
 * `private`: RFC 1918 and ULA; `reserved`: for documentation, measurements, protocols, or nobody.
 */
export type AddressClass =
  | "global"
  | "private"
  | "link-local"
  | "shared"
  | "loopback"
  | "unspecified"
  | "multicast"
  | "broadcast"
  | "metadata"
  | "reserved";

/** The first that holds an address says what it is. @see IANA IPv4 and IPv6 Special-Purpose Address Registries */
const TABLE: readonly (readonly [AddressClass, readonly string[]])[] = [
  [
    "metadata",
    [
      "169.254.169.0/24",
      "169.254.170.0/24",
      "100.100.100.200/32",
      "168.63.129.16/32",
      "192.0.0.192/32",
      "fd00:ec2::/32",
      "fd20:ce::254/128",
    ],
  ],
  ["unspecified", ["0.0.0.0/8", "::/128"]],
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]],
  ["shared", ["100.64.0.0/10"]],
  ["broadcast", ["255.255.255.255/32"]],
  ["multicast", ["224.0.0.0/4", "ff00::/8"]],
  [
    "reserved",
    [
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.88.99.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "240.0.0.0/4",
      "2001::/23",
      "2001:db8::/32",
      "2002::/16",
      "3fff::/20",
    ],
  ],
  // NAT64 is the public internet as a network without IPv4 has it; of the rest only 2000::/3 is given out.
  ["global", ["0.0.0.0/0", "64:ff9b::/96", "2000::/3"]],
  ["reserved", ["::/0"]],
];

const PREFIXES = TABLE.flatMap(([kind, prefixes]) =>
  prefixes.map((prefix) => ({ kind, ...parsePrefix(prefix) })),
);

/**
 * What an address is for; one that carries an IPv4 address is no better than that.
 * @param address text without brackets; a zone is passed over
 * @returns null for what is no address
 */
export function addressClass(address: string): AddressClass | null {
  const bytes = addressBytes(address);
  if (bytes === null) return null;
  const own = classOf(bytes);
  if (own === "unspecified" || own === "loopback") return own;
  const carried = carriedAddresses(bytes)
    .map(classOf)
    .filter((kind) => kind !== "global");
  return carried.find((kind) => kind === "metadata") ?? carried[0] ?? own;
}

function classOf(bytes: Uint8Array): AddressClass {
  return PREFIXES.find(({ prefix, bits }) => isWithin(bytes, prefix, bits))?.kind ?? "reserved";
}

/** @param text such as `10.0.0.0/8` */
export function parsePrefix(text: string): { readonly prefix: Uint8Array; readonly bits: number } {
  const [address = "", bits] = text.split("/");
  const prefix = addressBytes(address);
  if (prefix === null) throw new TypeError(`${text} is no prefix`);
  return { prefix, bits: Number(bits) };
}

import type { networkInterfaces } from "node:os";
import { addressBytes, isWithin } from "./address-bytes.ts";
import { parsePrefix } from "./address-class.ts";

/** The network that the box stands in. */
export interface HomeNetwork {
  /** Whether an address is one of the box's own. */
  isOwn(address: string): boolean;
  /** Whether it lies in a prefix of one of the box's interfaces, and is a machine's there: not the prefix's broadcast address. */
  isNeighbour(address: string): boolean;
}

/** Home as the machine's interfaces have it. @param interfaces of `os.networkInterfaces()` */
export function homeNetwork(interfaces: ReturnType<typeof networkInterfaces>): HomeNetwork {
  const entries = Object.values(interfaces).flatMap((list) => list ?? []);
  const own = entries.map(({ address }) => textOf(address));
  const prefixes = entries.flatMap(({ cidr, internal }) =>
    internal || cidr === null ? [] : [parsePrefix(cidr)],
  );
  return {
    isOwn: (address) => own.includes(textOf(address)),
    isNeighbour: (address) => {
      const bytes = addressBytes(address);
      return (
        bytes !== null &&
        prefixes.some(({ prefix, bits }) => isWithin(bytes, prefix, bits) && !isForAll(bytes, bits))
      );
    },
  };
}

/** The first and the last address of an IPv4 prefix are nobody's, but of a link between two (RFC 3021). */
function isForAll(bytes: Uint8Array, bits: number): boolean {
  if (bytes.length !== 4 || bits > 30) return false;
  const host = Buffer.from(bytes).readUInt32BE() % 2 ** (32 - bits);
  return host === 0 || host === 2 ** (32 - bits) - 1;
}

function textOf(address: string): string {
  return Buffer.from(addressBytes(address) ?? []).toString("hex");
}

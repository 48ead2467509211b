import { addressText } from "../../kernel/address-text.ts";
import { addressClass } from "../../kernel/safe-fetch/address-class.ts";

/** @see Linux `include/uapi/linux/if_addr.h` */
const TEMPORARY = 0x01;
const DADFAILED = 0x08;
const DEPRECATED = 0x20;
const TENTATIVE = 0x40;
const PERMANENT = 0x80;
const UNFIT = TEMPORARY | DADFAILED | DEPRECATED | TENTATIVE;
/** Scope of an address that leads beyond its site. */
const GLOBAL = 0x00;
const MOST = 1024;

/** An address of the box as the kernel has it. */
export interface Address6 {
  readonly interface: string;
  readonly address: string;
  readonly flags: number;
}

/**
 * The box's own IPv6 addresses of the internet that last: none that the kernel changes for privacy, that is on its way out, or that
 * is not known to be its own. The best first, and always in the same order: those of the wished interface, those made from the
 * hardware's address or configured, then the rest.
 * @param table text of `/proc/net/if_inet6`
 * @param through interface of the default route
 * @see RFC 8981 §3, RFC 4862 §5.5.4, RFC 4291 §2.5.1
 */
export function stableAddresses(table: string, through?: string): Address6[] {
  return table
    .split("\n", MOST)
    .flatMap((line): Address6[] => {
      const [address = "", , , scope = "", flags = "", name = ""] = line.trim().split(/\s+/);
      if (!/^[23][0-9a-f]{31}$/i.test(address) || Number.parseInt(scope, 16) !== GLOBAL) return [];
      const value = Number.parseInt(flags, 16);
      if (!Number.isFinite(value) || (value & UNFIT) !== 0 || name === "" || name === "lo") return [];
      const text = addressText(Buffer.from(address, "hex"));
      return addressClass(text) === "global" ? [{ interface: name, address: text, flags: value }] : [];
    })
    .sort((a, b) => rank(a, through) - rank(b, through) || (a.address < b.address ? -1 : 1));
}

/** Less is better. */
function rank({ interface: name, address, flags }: Address6, through: string | undefined): number {
  const isThere = through === undefined || name === through;
  const isEui = /:[0-9a-f]{0,2}ff:fe[0-9a-f]{2}:/.test(`:${address}:`);
  return (isThere ? 0 : 4) + (isEui ? 0 : (flags & PERMANENT) !== 0 ? 1 : 2);
}

import { isIPv6 } from "node:net";
import { addressText } from "../../kernel/address-text.ts";
import { addressBytes } from "../../kernel/safe-fetch/address-bytes.ts";
import { addressClass } from "../../kernel/safe-fetch/address-class.ts";
import { PublicAddresses } from "../public-address.ts";

export type Family = "ipv4" | "ipv6";
export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** Which addresses may be published; all are in canonical text. */
export interface AddressPolicy {
  /** As one of the internet, at which a box may be found from anywhere. */
  readonly isPublic: (address: string) => boolean;
  /** At `lan.`: RFC 1918 and unique local addresses (RFC 4193). */
  readonly isLan: (address: string) => boolean;
}

/** @param allowed further prefixes that count as the internet's, for laboratories. @throws TypeError for what is no prefix */
export function addressPolicy(allowed: readonly string[] = []): AddressPolicy {
  const addresses = new PublicAddresses(allowed);
  return {
    isPublic: (address) => addresses.judge(address) !== null,
    isLan: (address) => addressClass(address) === "private",
  };
}

/** The canonical text of an address; null for what is none. @see RFC 5952 §4 */
export function canonical(text: string): string | null {
  const bytes = addressBytes(text);
  return bytes === null ? null : addressText(bytes);
}

/** @param address canonical */
export function familyOf(address: string): Family {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

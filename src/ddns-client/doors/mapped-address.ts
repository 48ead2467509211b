import { addressText } from "../../kernel/address-text.ts";
import { addressBytes } from "../../kernel/safe-fetch/address-bytes.ts";

/** An address in 16 bytes, IPv4 as IPv4-mapped. @throws TypeError for what is no address. @see RFC 6887 §5 */
export function wideAddress(address: string): Uint8Array {
  const bytes = addressBytes(address);
  if (bytes === null) throw new TypeError(`${address} is no address`);
  return bytes.length === 16 ? bytes : Uint8Array.from([...MAPPED, ...bytes]);
}

/** The address in 16 bytes; null when it is the one that stands for none, of either family. */
export function narrowAddress(bytes: Uint8Array): string | null {
  const text = addressText(bytes);
  return text === "::" || text === "0.0.0.0" ? null : text;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

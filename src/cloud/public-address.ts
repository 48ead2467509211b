import { addressBytes, isWithin } from "../kernel/safe-fetch/address-bytes.ts";
import { addressClass, parsePrefix } from "../kernel/safe-fetch/address-class.ts";

/** Of all IPv6 addresses, those that are given out to machines. @see RFC 4291 §2.4 */
const GIVEN_OUT = parsePrefix("2000::/3");

/** Which addresses a cloud publishes, and connects to: those of the internet, and those of its configuration. */
export class PublicAddresses {
  readonly #allowed: readonly ReturnType<typeof parsePrefix>[];

  /** @param allowed further prefixes such as `10.9.0.0/16`, for labs. @throws TypeError for what is no prefix */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = allowed.map(parsePrefix);
  }

  /**
   * @param text an address, with or without a zone; an IPv4-mapped one is the IPv4 address
   * @returns its canonical text; null: it is no address, or none that may be published
   * @see RFC 5952 §4
   */
  judge(text: string): string | null {
    const bytes = addressBytes(text);
    if (bytes === null) return null;
    const address = textOf(bytes);
    const allowed = this.#allowed.some(({ prefix, bits }) => isWithin(bytes, prefix, bits));
    return allowed || isGlobal(address, bytes) ? address : null;
  }
}

function isGlobal(address: string, bytes: Uint8Array): boolean {
  if (addressClass(address) !== "global") return false;
  return bytes.length === 4 || isWithin(bytes, GIVEN_OUT.prefix, GIVEN_OUT.bits);
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Buffer.from(bytes).toString("hex").match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

import { createHash, timingSafeEqual } from "node:crypto";
import { plainName } from "./asked.ts";

export interface Credentials {
  /** A host name, as the registry has it. */
  readonly user: string;
  readonly token: string;
}

/** Bytes of an `Authorization` that is read at all. */
const LONGEST = 1024;

/** @param header `Authorization`. @returns null when it is not Basic. @see RFC 7617 §2 */
export function readBasic(header = ""): Credentials | null {
  const encoded =
    header.length > LONGEST ? undefined : /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) return null;
  return { user: plainName(text.slice(0, colon)), token: text.slice(colon + 1) };
}

/** What a token is known by. @returns SHA-256, hex */
export function hashOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Whether two hashes are equal, in a time that does not tell how far they are. */
export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}

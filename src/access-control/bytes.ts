import { createHash, timingSafeEqual } from "node:crypto";

/** SHA-256. */
export function sha256(data: string | Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}

/** What is kept of a secret of 128 bits or more (ASVS 6.5.2): SHA-256, base64url. */
export function secretHash(secret: string): string {
  return sha256(secret).toString("base64url");
}

/** Equality of texts whose length is no secret, in constant time. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A whole number from 0 to below `limit` (1 to 256), each equally likely: a byte that would favour small ones is drawn again. */
export function randomBelow(random: (bytes: number) => Buffer, limit: number): number {
  const fair = 256 - (256 % limit);
  for (;;) {
    const byte = random(1)[0] as number;
    if (byte < fair) return byte % limit;
  }
}

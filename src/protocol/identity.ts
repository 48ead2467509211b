import { toBase32 } from "./base64url.ts";

/**
 * DER that precedes the 32 bytes of an Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410 §4), so that a client can
 * make the box's SPKI from the `x` of its JWK and see that it hashes to the box's id.
 */
export const ED25519_SPKI_PREFIX: Uint8Array = Uint8Array.from([
  0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
]);

/**
 * A box's id: the first 80 bits of SHA-256 over its SPKI, base32 in lower case, 16 characters. Self-certifying, so nobody
 * can claim another box's name.
 * @param spkiDigest SHA-256 of the DER SubjectPublicKeyInfo, 32 bytes
 */
export function boxIdOf(spkiDigest: Uint8Array): string {
  return toBase32(spkiDigest.subarray(0, 10));
}

/** What the box says about a client in the `attestation` of `Tokens` (compact JWS, EdDSA, the box's `jwk` in its header). */
export interface Attestation {
  box: string;
  client: string;
  /** RFC 7638; empty for a LAN viewer. */
  thumbprint: string;
  role: string;
  /** The claim's nonce when pairing, the proof's `jti` when refreshing: fresh by the client's own doing. */
  nonce: string;
  /** Seconds since 1970 by the box's clock. */
  iat: number;
}

import type { Tokens } from "./api.ts";
import { fromBase64url } from "./base64url.ts";
import { ED25519_SPKI_PREFIX, type Attestation } from "./identity.ts";

/** What a client needs of an attestation to check it; nothing of it is proven yet. */
export interface ReadAttestation {
  /** The Ed25519 public key that it brings, 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** The same as DER SubjectPublicKeyInfo: its SHA-256 must give the box's id, see `boxIdOf`. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** The bytes under the signature. */
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly claims: Partial<Attestation>;
}

/**
 * Reads the attestation of `Tokens`, the same in browser and Node.
 * @returns null when it is nothing that a box signs
 * @see RFC 7515 §5.2, RFC 8037 §3.1
 */
export function readAttestation(jws: string): ReadAttestation | null {
  const [header = "", payload = "", last = "", ...rest] = jws.split(".");
  const { alg, jwk } = parsePart(header) ?? {};
  if (rest.length > 0 || alg !== "EdDSA" || typeof jwk !== "object" || jwk === null) return null;
  const key = "x" in jwk && typeof jwk.x === "string" ? fromBase64url(jwk.x) : null;
  const signature = fromBase64url(last);
  const claims = parsePart(payload);
  if (key?.length !== 32 || signature === null || claims === null) return null;
  const spki = new Uint8Array([...ED25519_SPKI_PREFIX, ...key]);
  return { key, spki, signed: new TextEncoder().encode(`${header}.${payload}`), signature, claims };
}

/**
 * Whether claims whose signature was checked are about this client, and fresh.
 * @param expected.thumbprint RFC 7638; empty for a client without a key
 * @param expected.nonce of the claim, or `jti` of the refreshing proof
 */
export function attestsClient(
  claims: Partial<Attestation>,
  tokens: Tokens,
  expected: { box: string; thumbprint: string; nonce: string },
): boolean {
  return (
    claims.box === expected.box &&
    claims.client === tokens.client &&
    claims.thumbprint === expected.thumbprint &&
    claims.role === tokens.role &&
    claims.nonce === expected.nonce
  );
}

function parsePart(part: string): Record<string, unknown> | null {
  const bytes = fromBase64url(part);
  try {
    const value: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // not JSON: not what a box signs
  }
}

import type { Tokens } from "../../src/protocol/api.ts";
import { ED25519_SPKI_PREFIX, boxIdOf, type Attestation } from "../../src/protocol/identity.ts";
import { fromBase64url } from "../../src/protocol/base64url.ts";
import { Problem } from "./problem.ts";

/**
 * Checks what the box says about this client: signed by the key whose hash is the box's id, about this key, and fresh. Over
 * plain http there is nothing to check with, and whoever changed the answer would have changed this script as well. A
 * browser without Ed25519 checks all but the signature.
 * @param expected.thumbprint RFC 7638; empty for a client without a key
 * @param expected.nonce of the claim, or `jti` of the refreshing proof
 * @throws Problem `box-not-trusted`; `box-not-trusted-keyless` for a client without a key, from whom a liar has something of use
 * @see RFC 7515 §5.2, RFC 8037 §3.1
 */
export async function checkAttestation(
  tokens: Tokens,
  expected: { box: string; thumbprint: string; nonce: string },
): Promise<void> {
  if (typeof crypto.subtle !== "object") return;
  const claims = await verifiedClaims(tokens.attestation, expected.box);
  const fits =
    claims !== null &&
    claims.box === expected.box &&
    claims.client === tokens.client &&
    claims.thumbprint === expected.thumbprint &&
    claims.role === tokens.role &&
    claims.nonce === expected.nonce;
  if (!fits) throw new Problem(expected.thumbprint === "" ? "box-not-trusted-keyless" : "box-not-trusted");
}

/** @returns null when it is not signed by the key that the box is named after */
async function verifiedClaims(jws: string, box: string): Promise<Partial<Attestation> | null> {
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".");
  const { alg, jwk } = parsePart(header) ?? {};
  if (rest.length > 0 || alg !== "EdDSA" || typeof jwk !== "object" || jwk === null) return null;
  const key = "x" in jwk && typeof jwk.x === "string" ? fromBase64url(jwk.x) : null;
  const signed = fromBase64url(signature);
  if (key?.length !== 32 || signed === null) return null;
  const spki = new Uint8Array([...ED25519_SPKI_PREFIX, ...key]);
  if (boxIdOf(new Uint8Array(await crypto.subtle.digest("SHA-256", spki))) !== box) return null;
  // The key is the box's own by its hash: when it cannot be imported, this browser lacks the algorithm.
  const verifier = await crypto.subtle
    .importKey("raw", key, { name: "Ed25519" }, false, ["verify"])
    .catch(() => null);
  const bytes = new TextEncoder().encode(`${header}.${payload}`);
  if (verifier !== null && !(await crypto.subtle.verify({ name: "Ed25519" }, verifier, signed, bytes)))
    return null;
  return parsePart(payload);
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

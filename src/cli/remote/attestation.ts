import { createHash, createPublicKey, verify } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";
import type { Tokens } from "../../protocol/api.ts";
import { ED25519_SPKI_PREFIX, boxIdOf, type Attestation } from "../../protocol/identity.ts";

/**
 * Checks what the box says about this client: signed by the key whose hash is the box's id, about this key, and fresh.
 * @param expected.nonce of this client's own claim
 * @throws TellyportError `box-not-trusted`
 * @see RFC 7515 §5.2, RFC 8037 §3.1
 */
export function checkAttestation(
  tokens: Tokens,
  expected: { box: string; thumbprint: string; nonce: string },
): void {
  const claims = verifiedClaims(tokens.attestation, expected.box);
  const fits =
    claims !== null &&
    claims.box === expected.box &&
    claims.client === tokens.client &&
    claims.thumbprint === expected.thumbprint &&
    claims.role === tokens.role &&
    claims.nonce === expected.nonce;
  if (fits) return;
  throw new TellyportError(
    "box-not-trusted",
    `What answered could not prove that it is the box ${expected.box}: something stands between. Pair in the box's own network.`,
  );
}

/** @returns null when it is not signed by the box's key */
function verifiedClaims(jws: string, box: string): Partial<Attestation> | null {
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".");
  const { alg, jwk } = (parsePart(header) ?? {}) as { alg?: unknown; jwk?: { x?: unknown } };
  if (rest.length > 0 || alg !== "EdDSA" || typeof jwk?.x !== "string") return null;
  const key = Buffer.from(jwk.x, "base64url");
  if (key.length !== 32) return null;
  const spki = Buffer.concat([ED25519_SPKI_PREFIX, key]);
  if (boxIdOf(createHash("sha256").update(spki).digest()) !== box) return null;
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify(null, signed, publicKey, Buffer.from(signature, "base64url"))) return null;
  return parsePart(payload);
}

function parsePart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Not JSON: not what a box signs.
    return null;
  }
}

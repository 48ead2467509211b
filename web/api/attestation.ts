import type { Tokens } from "../../src/protocol/api.ts";
import { attestsClient, readAttestation, type ReadAttestation } from "../../src/protocol/attestation.ts";
import { boxIdOf } from "../../src/protocol/identity.ts";
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
  const read = readAttestation(tokens.attestation);
  const good =
    read !== null && (await isSignedBy(expected.box, read)) && attestsClient(read.claims, tokens, expected);
  if (!good) throw new Problem(expected.thumbprint === "" ? "box-not-trusted-keyless" : "box-not-trusted");
}

/** Whether it is signed by the key that the box is named after. */
async function isSignedBy(box: string, { key, spki, signed, signature }: ReadAttestation): Promise<boolean> {
  if (boxIdOf(new Uint8Array(await crypto.subtle.digest("SHA-256", spki))) !== box) return false;
  // The key is the box's own by its hash: when it cannot be imported, this browser lacks the algorithm.
  const verifier = await crypto.subtle
    .importKey("raw", key, { name: "Ed25519" }, false, ["verify"])
    .catch(() => null);
  return verifier === null || crypto.subtle.verify({ name: "Ed25519" }, verifier, signature, signed);
}

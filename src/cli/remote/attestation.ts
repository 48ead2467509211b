import { createHash, createPublicKey, verify } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";
import type { Tokens } from "../../protocol/api.ts";
import { attestsClient, readAttestation, type ReadAttestation } from "../../protocol/attestation.ts";
import { boxIdOf } from "../../protocol/identity.ts";

/**
 * Checks what the box says about this client: signed by the key whose hash is the box's id, about this key, and fresh.
 * @param expected.nonce of this client's own claim, or `jti` of the proof that refreshes
 * @throws TellyportError `box-not-trusted`
 * @see RFC 7515 §5.2, RFC 8037 §3.1
 */
export function checkAttestation(
  tokens: Tokens,
  expected: { box: string; thumbprint: string; nonce: string },
): void {
  const read = readAttestation(tokens.attestation);
  if (read !== null && isSignedBy(expected.box, read) && attestsClient(read.claims, tokens, expected)) return;
  throw new TellyportError(
    "box-not-trusted",
    `What answered could not prove that it is the box ${expected.box}: something stands between. Nothing of it is kept; try again in the box's own network.`,
  );
}

/** Whether it is signed by the key that the box is named after. */
function isSignedBy(box: string, { spki, signed, signature }: ReadAttestation): boolean {
  if (boxIdOf(createHash("sha256").update(spki).digest()) !== box) return false;
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return verify(null, signed, key, signature);
}

import { CODE_KDF, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { fromBase64url, toBase64url } from "../api/base64url.ts";

/** What the phone learned from the box's screen: by QR code, or typed. */
export type PairingSecret =
  | { readonly kind: "qr"; readonly offer: string; readonly secret: string }
  | { readonly kind: "code"; readonly code: string };

export interface ProofInput {
  /** Id of the box. */
  readonly box: string;
  readonly secret: PairingSecret;
  /** RFC 7638 thumbprint of the client's key; empty for a LAN viewer. */
  readonly thumbprint: string;
  readonly nonce: string;
}

/** The bytes under the proof. */
export function provenBytes(input: ProofInput): Uint8Array<ArrayBuffer> {
  const offer = input.secret.kind === "qr" ? input.secret.offer : "";
  const { box, thumbprint, nonce } = input;
  return new Uint8Array(pairingProofBytes({ box, offer, thumbprint, nonce }));
}

/** HMAC-SHA-256 over the claim, base64url; the secret itself is never sent. Needs a secure context. */
export async function proofByWebCrypto(input: ProofInput): Promise<string> {
  const key = await hmacKey(input.secret);
  return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, provenBytes(input))));
}

async function hmacKey(secret: PairingSecret) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  if (secret.kind === "qr")
    return crypto.subtle.importKey("raw", fromBase64url(secret.secret), algorithm, false, ["sign"]);
  const encoder = new TextEncoder();
  const code = await crypto.subtle.importKey("raw", encoder.encode(secret.code), "HKDF", false, [
    "deriveBits",
  ]);
  const bits = await crypto.subtle.deriveBits(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: encoder.encode(CODE_KDF.salt),
      info: encoder.encode(CODE_KDF.info),
    },
    code,
    256,
  );
  return crypto.subtle.importKey("raw", bits, algorithm, false, ["sign"]);
}

import { CODE_KDF, RECOVERY_KDF, RECOVERY_OFFER, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { fromBase64url, toBase64url } from "../api/base64url.ts";

/** What the phone learned: by QR code (or a pass from another browser), or typed; or kept since the owner's first day. */
export type PairingSecret =
  | { readonly kind: "qr"; readonly offer: string; readonly secret: string }
  | { readonly kind: "code" | "recovery"; readonly code: string };

export interface ProofInput {
  /** Id of the box. */
  readonly box: string;
  readonly secret: PairingSecret;
  /** RFC 7638 thumbprint of the client's key; empty for a LAN viewer. */
  readonly thumbprint: string;
  readonly nonce: string;
}

/** What a claim says it redeems; empty when a code was typed. */
export function offerOf(secret: PairingSecret): string {
  if (secret.kind === "qr") return secret.offer;
  return secret.kind === "recovery" ? RECOVERY_OFFER : "";
}

/** How a typed code becomes a key. */
export const KDF = { code: CODE_KDF, recovery: RECOVERY_KDF } as const;

/** The bytes under the proof. */
export function provenBytes(input: ProofInput): Uint8Array<ArrayBuffer> {
  const offer = offerOf(input.secret);
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
      salt: encoder.encode(KDF[secret.kind].salt),
      info: encoder.encode(KDF[secret.kind].info),
    },
    code,
    256,
  );
  return crypto.subtle.importKey("raw", bits, algorithm, false, ["sign"]);
}

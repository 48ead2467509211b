import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64url, toBase64url } from "../api/base64url.ts";
import { KDF, provenBytes, type ProofInput } from "./proof.ts";

/** The same proof as `proofByWebCrypto`, without WebCrypto: for pages over plain http. Loaded only there. */
export function proofInPlainScript(input: ProofInput): string {
  const encoder = new TextEncoder();
  const key =
    input.secret.kind === "qr"
      ? fromBase64url(input.secret.secret)
      : hkdf(
          sha256,
          encoder.encode(input.secret.code),
          encoder.encode(KDF[input.secret.kind].salt),
          encoder.encode(KDF[input.secret.kind].info),
          32,
        );
  return toBase64url(hmac(sha256, key, provenBytes(input)));
}

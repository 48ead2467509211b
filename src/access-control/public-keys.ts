import type { KeyObject } from "node:crypto";
import type { AccessKeys } from "./keys.ts";

/** A public key as `/.well-known/jwks.json` shows it. @see RFC 7517 §4, RFC 7518 §6.2.1, RFC 8037 §2 */
export type PublicKey = Readonly<Record<string, string>>;

/** Every key that verifies now or soon; of each only what is named here, so that nothing private can slip in. */
export function publicKeys(keys: AccessKeys): PublicKey[] {
  return [
    ...keys
      .all("token")
      .map(({ id, publicKey }) => ({ ...pointOf(publicKey), kid: id, alg: "ES256", use: "sig" })),
    ...keys
      .all("grant")
      .map(({ id, publicKey }) => ({ ...pointOf(publicKey), kid: id, alg: "EdDSA", use: "sig" })),
  ];
}

function pointOf(publicKey: KeyObject): PublicKey {
  const { kty = "", crv = "", x = "", y } = publicKey.export({ format: "jwk" });
  return { kty, crv, x, ...(y !== undefined && { y }) };
}

import type { PublicJwk } from "../../src/protocol/api.ts";
import { randomText, toBase64url } from "./base64url.ts";

/** The client's key, as far as anyone but its keeper needs it. */
export interface Signer {
  readonly jwk: PublicJwk;
  /** ES256: ECDSA on P-256 with SHA-256, r and s of 32 bytes each (RFC 7518 §3.4). */
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** SHA-256 of the key's required members in lexical order, base64url. @see RFC 7638 §3.2 */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  return digest(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }));
}

async function digest(text: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

/**
 * A proof that the sender of one request holds the key. @see RFC 9449 §4.2
 * @param request.url absolute; query and fragment are left out of the proof (§4.2 `htu`)
 * @param request.issuedAt seconds since 1970, by the box's clock
 * @param request.jti names the proof; default: 128 random bits
 * @param request.accessToken when the request carries one; its hash is in the proof
 * @param request.nonce the last `DPoP-Nonce` of the box
 */
export async function dpopProof(
  signer: Signer,
  request: {
    method: string;
    url: string;
    issuedAt: number;
    jti?: string | undefined;
    accessToken?: string | undefined;
    nonce?: string | undefined;
  },
): Promise<string> {
  const url = new URL(request.url);
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: signer.jwk };
  const claims = {
    jti: request.jti ?? randomText(16),
    htm: request.method,
    htu: url.origin + url.pathname,
    iat: Math.floor(request.issuedAt),
    ...(request.accessToken === undefined ? {} : { ath: await digest(request.accessToken) }),
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
  };
  const encoder = new TextEncoder();
  const encode = (part: object): string => toBase64url(encoder.encode(JSON.stringify(part)));
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${toBase64url(await signer.sign(encoder.encode(signed)))}`;
}

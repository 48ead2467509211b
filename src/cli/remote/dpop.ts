import { createHash } from "node:crypto";
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import * as Type from "typebox";
import type { Static } from "typebox";
import type { PublicJwk } from "../../protocol/api.ts";
import { DPOP_ALGORITHM, DPOP_TYPE } from "../../protocol/dpop.ts";

const Coordinate = Type.String({ minLength: 43, maxLength: 43 });
/** A P-256 key with its private part (RFC 7518 §6.2.2). */
export const PrivateJwk = Type.Object({
  kty: Type.Literal("EC"),
  crv: Type.Literal("P-256"),
  x: Coordinate,
  y: Coordinate,
  d: Coordinate,
});
export type PrivateJwk = Static<typeof PrivateJwk>;

/** A new key for this client. */
export async function generateClientKey(): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair(DPOP_ALGORITHM, { extractable: true });
  const { x = "", y = "", d = "" } = await exportJWK(privateKey);
  return { kty: "EC", crv: "P-256", x, y, d };
}

export function publicPart({ kty, crv, x, y }: PrivateJwk): PublicJwk {
  return { kty, crv, x, y };
}

/** @see RFC 7638 */
export function thumbprintOf(key: PrivateJwk): Promise<string> {
  return calculateJwkThumbprint(publicPart(key));
}

/**
 * Proof that this request is sent by the key's holder.
 * @param request.url without query and fragment
 * @param request.nonce what the box gave last; without it the box asks for one
 * @param request.accessToken the token that goes with it, whose hash is then covered
 * @param request.jti random, and never used before
 * @param request.now wall clock, ms; the box goes by its nonce and not by this
 * @see RFC 9449 §4.2
 */
export async function dpopProof(
  key: PrivateJwk,
  request: {
    method: string;
    url: string;
    jti: string;
    nonce: string | null;
    accessToken: string | null;
    now: number;
  },
): Promise<string> {
  return new SignJWT({
    jti: request.jti,
    htm: request.method,
    htu: request.url,
    ...(request.nonce !== null && { nonce: request.nonce }),
    ...(request.accessToken !== null && {
      ath: createHash("sha256").update(request.accessToken).digest("base64url"),
    }),
  })
    .setProtectedHeader({ typ: DPOP_TYPE, alg: DPOP_ALGORITHM, jwk: publicPart(key) })
    .setIssuedAt(Math.floor(request.now / 1000))
    .sign(await importJWK(key, DPOP_ALGORITHM));
}

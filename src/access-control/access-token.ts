import { createPublicKey, type KeyObject } from "node:crypto";
import { SignJWT, importJWK, jwtVerify, type JWK } from "jose";
import { TOKEN_MAX_LENGTH } from "../protocol/dpop.ts";
import type { Role } from "../protocol/principal.ts";
import { RecentMap } from "./bytes.ts";
import { thumbprintOf } from "./keys.ts";

/** RFC 9068 §2.1. */
const TYPE = "at+jwt";
const ALGORITHM = "ES256";
/** Verified tokens that are remembered: a client sends the same one for minutes. */
const REMEMBERED = 256;

export interface AccessClaims {
  readonly client: string;
  /** The client's key. */
  readonly thumbprint: string;
  /** The session it was minted in. */
  readonly family: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface AccessTokens {
  /** @param now milliseconds since 1970 */
  mint(claims: AccessClaims & { role: Role }, now: number): Promise<string>;
  /**
   * RFC 8725: one algorithm, one type, exact issuer and audience, our key by its `kid` alone.
   * @returns null for whatever is not a token of ours that is good at `now`
   */
  verify(token: string, now: number): Promise<AccessClaims | null>;
  /** The public key, as in `/.well-known/jwks.json`. */
  readonly jwk: JWK;
}

/** Access tokens of one box, signed with its token key. */
export async function createAccessTokens(
  boxId: string,
  privateKey: KeyObject,
  leeway: number,
): Promise<AccessTokens> {
  const issuer = `urn:tellyport:box:${boxId}`;
  const publicJwk = createPublicKey(privateKey).export({ format: "jwk" });
  const kid = thumbprintOf(publicJwk);
  const signingKey = await importJWK(privateKey.export({ format: "jwk" }), ALGORITHM);
  const verifyKey = await importJWK(publicJwk, ALGORITHM);
  const good = new RecentMap<AccessClaims & { notBefore: number }>(REMEMBERED);

  return {
    jwk: { ...publicJwk, kid, alg: ALGORITHM, use: "sig" },
    mint({ client, role, thumbprint, family, expiresAt }, now) {
      const seconds = Math.floor(now / 1000);
      return new SignJWT({ role, sid: family, cnf: { jkt: thumbprint } })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(client)
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(signingKey);
    },
    async verify(token, now) {
      if (token.length > TOKEN_MAX_LENGTH) return null;
      const known = good.get(token);
      if (known !== undefined) {
        return now < known.expiresAt + leeway && now >= known.notBefore - leeway ? known : null;
      }
      try {
        const { payload, protectedHeader } = await jwtVerify(token, verifyKey, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer,
          audience: issuer,
          clockTolerance: leeway / 1000,
          currentDate: new Date(now),
          requiredClaims: ["sub", "exp", "nbf", "sid", "cnf"],
        });
        const { sub, sid, exp, nbf, cnf, aud } = payload;
        const jkt = (cnf as { jkt?: unknown } | null)?.jkt;
        if (protectedHeader.kid !== kid || aud !== issuer) return null;
        if (typeof sub !== "string" || typeof sid !== "string" || typeof jkt !== "string") return null;
        if (exp === undefined || nbf === undefined) return null;
        const claims = {
          client: sub,
          thumbprint: jkt,
          family: sid,
          expiresAt: exp * 1000,
          notBefore: nbf * 1000,
        };
        good.set(token, claims);
        return claims;
      } catch {
        // Whatever is wrong with it, the answer is the same.
        return null;
      }
    },
  };
}

import { SignJWT, jwtVerify } from "jose";
import { TOKEN_MAX_LENGTH } from "../protocol/dpop.ts";
import type { Role } from "../protocol/principal.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import { readJws } from "../kernel/compact-jws.ts";
import type { AccessKeys } from "./keys.ts";

/** RFC 9068 §2.1. */
const TYPE = "at+jwt";
const ALGORITHM = "ES256";
/** Members of the protected header. */
const HEADER: ReadonlySet<string> = new Set(["alg", "typ", "kid"]);
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
}

/** Access tokens of one box, signed with its token keys. */
export function createAccessTokens(boxId: string, keys: AccessKeys, leeway: number): AccessTokens {
  const issuer = `urn:tellyport:box:${boxId}`;
  const good = new RecentMap<AccessClaims & { notBefore: number }>(REMEMBERED);

  return {
    mint({ client, role, thumbprint, family, expiresAt }, now) {
      const seconds = Math.floor(now / 1000);
      const key = keys.signing("token", now);
      return new SignJWT({ role, sid: family, cnf: { jkt: thumbprint } })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.id })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(client)
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(key.privateKey);
    },
    async verify(token, now) {
      if (token.length > TOKEN_MAX_LENGTH) return null;
      const known = good.get(token);
      if (known !== undefined) {
        return now < known.expiresAt + leeway && now >= known.notBefore - leeway ? known : null;
      }
      const read = readJws(token);
      const key = read === null ? undefined : keys.find("token", read.header["kid"]);
      // No header but these: nothing in it may name or bring a key, or ask for what we do not understand.
      if (read === null || key === undefined || !Object.keys(read.header).every((name) => HEADER.has(name)))
        return null;
      try {
        const { payload } = await jwtVerify(token, key.publicKey, {
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
        if (aud !== issuer) return null;
        if (typeof sub !== "string" || typeof sid !== "string" || typeof jkt !== "string") return null;
        // Ours are whole seconds; a number that JSON rounds to infinity is no time.
        if (
          exp === undefined ||
          nbf === undefined ||
          !Number.isSafeInteger(exp) ||
          !Number.isSafeInteger(nbf)
        )
          return null;
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

/** The token of an `Authorization` header of the scheme `DPoP`; undefined for any other. @see RFC 9449 §7.1 */
export function dpopToken(authorization: string): string | undefined {
  return /^DPoP +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)?.[1];
}

/**
 * What an access token says of itself, unverified; null for what cannot be one. Only to look up who it names before the work of
 * {@link AccessTokens.verify}, which is strict: its payload alone is read here, in whatever spelling.
 */
export function shownBy(token: string): { client: string; family: string } | null {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  if (payload === undefined || token.length > TOKEN_MAX_LENGTH) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null || !("sub" in claims) || !("sid" in claims))
      return null;
    const { sub, sid } = claims;
    return typeof sub === "string" && typeof sid === "string" ? { client: sub, family: sid } : null;
  } catch {
    return null;
  }
}

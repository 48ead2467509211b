/** What client and box both need for proofs of possession (RFC 9449). */

export const DPOP_TYPE = "dpop+jwt";
/** The one algorithm that is accepted. */
export const DPOP_ALGORITHM = "ES256";
/** Answer header with the nonce that the next proof must carry. */
export const DPOP_NONCE_HEADER = "dpop-nonce";
/** Longest proof or access token that the box reads, in characters. */
export const TOKEN_MAX_LENGTH = 4096;

/** Claims of a proof. @see RFC 9449 §4.2 */
export interface DpopClaims {
  /** 96 random bits or more; at most 128 characters. */
  jti: string;
  htm: string;
  htu: string;
  /** Seconds; not judged, since the nonce says how fresh the proof is (a phone's clock may be wrong). */
  iat: number;
  nonce?: string;
  /** base64url(SHA-256(access token)); on every request that carries one. */
  ath?: string;
}

/**
 * `htu`: the address without query and fragment, normalised as RFC 9449 §4.3 asks.
 * @returns null when it is no absolute http or https address
 */
export function dpopTarget(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return null;
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

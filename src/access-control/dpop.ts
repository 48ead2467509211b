import { compactVerify, importJWK, type CryptoKey } from "jose";
import type { IncomingHttpHeaders } from "node:http";
import { isRecord } from "../kernel/is-record.ts";
import { DPOP_ALGORITHM, DPOP_TYPE, TOKEN_MAX_LENGTH, dpopTarget } from "../protocol/dpop.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import { sha256 } from "./bytes.ts";
import { unauthenticated } from "./challenge.ts";
import type { ClientRecord } from "./clients.ts";
import { readJws } from "../kernel/compact-jws.ts";
import { thumbprintOf } from "./keys.ts";
import type { Nonces } from "./nonce.ts";

/** Proofs seen within the life of a nonce; when full, every nonce so far ends, so that none of them can come again. */
const PROOFS_REMEMBERED = 16_384;
const JTI_MAX_LENGTH = 128;

export interface ProvenRequest {
  method: string;
  /** As received: path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  origin: RequestOrigin;
}

/** Judges proofs of possession (RFC 9449 §4.3). */
export class DpopProofs {
  readonly #nonces: Nonces;
  readonly #seen = new Set<string>();
  readonly #keys = new RecentMap<Promise<CryptoKey | Uint8Array>>(64);
  readonly #remembered: number;

  constructor(nonces: Nonces, remembered = PROOFS_REMEMBERED) {
    this.#nonces = nonces;
    this.#remembered = remembered;
  }

  /**
   * @param client whose key must have made the proof
   * @param accessToken what the proof must be bound to; null at the token endpoint
   * @returns the proof's `jti`
   * @throws TellyportError `dpop-nonce-required` (take the answer's nonce, and again) or `dpop-invalid`
   */
  async verify(request: ProvenRequest, client: ClientRecord, accessToken: string | null): Promise<string> {
    const proof = request.headers["dpop"];
    if (typeof proof !== "string") throw this.#invalid("A proof of possession (header DPoP) is missing.");
    if (proof.length > TOKEN_MAX_LENGTH) throw this.#invalid("The proof is too long.");
    const { header, payload } = this.#read(proof);
    const { jwk } = header;
    const headerFits =
      header["typ"] === DPOP_TYPE &&
      header["alg"] === DPOP_ALGORITHM &&
      header["crit"] === undefined &&
      isRecord(jwk) &&
      jwk["kty"] === "EC" &&
      jwk["crv"] === "P-256" &&
      jwk["d"] === undefined;
    if (!headerFits) throw this.#invalid("The proof's header is not one of ES256 with a public key.");
    if (client.jwk === null || thumbprintOf(jwk) !== client.thumbprint) {
      throw this.#invalid("The proof was made with another key.");
    }
    const { jti, htm, htu, nonce, ath, iat } = payload;
    if (typeof nonce !== "string" || !this.#nonces.good(nonce)) {
      throw unauthenticated(
        "dpop-nonce-required",
        "The proof needs the nonce of this answer (header DPoP-Nonce). Make it again with that.",
        this.#nonces.current(),
      );
    }
    if (
      typeof jti !== "string" ||
      jti.length === 0 ||
      jti.length > JTI_MAX_LENGTH ||
      typeof iat !== "number"
    ) {
      throw this.#invalid("The proof lacks its jti or iat.");
    }
    if (htm !== request.method || typeof htu !== "string" || dpopTarget(htu) !== targetOf(request)) {
      throw this.#invalid("The proof is for another request (htm, htu).");
    }
    const expected = accessToken === null ? undefined : sha256(accessToken).toString("base64url");
    if (ath !== expected) throw this.#invalid("The proof is for another access token (ath).");
    await this.#verifySignature(proof, client);
    this.#remember(client.thumbprint, jti);
    return jti;
  }

  #read(proof: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
    const read = readJws(proof);
    if (read === null) throw this.#invalid("The proof is not a JWS of a JSON object.");
    return read;
  }

  async #verifySignature(proof: string, client: ClientRecord): Promise<void> {
    let key = this.#keys.get(client.thumbprint);
    if (key === undefined) {
      // The key that was paired, never the one that the proof brings.
      key = importJWK(client.jwk ?? {}, DPOP_ALGORITHM);
      this.#keys.set(client.thumbprint, key);
    }
    try {
      await compactVerify(proof, await key, { algorithms: [DPOP_ALGORITHM] });
    } catch {
      throw this.#invalid("The proof's signature does not fit its key.");
    }
  }

  #remember(thumbprint: string, jti: string): void {
    const mark = sha256(`${thumbprint}.${jti}`).toString("base64url", 0, 16);
    if (this.#seen.has(mark))
      throw this.#invalid("The proof was used already. Make a new one for each request.");
    this.#seen.add(mark);
    if (this.#seen.size < this.#remembered) return;
    this.#nonces.renew();
    this.#seen.clear();
  }

  #invalid(message: string): Error {
    return unauthenticated("dpop-invalid", message, this.#nonces.current());
  }
}

/** The address that was asked for, as the client must have seen it: scheme by the door, host as the client named it. */
function targetOf(request: ProvenRequest): string | null {
  const scheme = request.origin.listener === "http" ? "http" : "https";
  const authority = request.headers.host ?? request.headers[":authority"];
  return typeof authority === "string" ? dpopTarget(`${scheme}://${authority}${request.url}`) : null;
}

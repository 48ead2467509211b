import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  createHash,
  type KeyObject,
} from "node:crypto";
import { FlattenedSign, calculateJwkThumbprint, exportJWK, type JWK } from "jose";

/** Signs as an account does: ES256. @see RFC 8555 §6.2 */
export class AccountKey {
  readonly #key: KeyObject;
  readonly #jwk: JWK;
  readonly #thumbprint: string;

  private constructor(key: KeyObject, jwk: JWK, thumbprint: string) {
    this.#key = key;
    this.#jwk = jwk;
    this.#thumbprint = thumbprint;
  }

  /** @param pem PKCS #8; default: a new one @throws when it is none of P-256 */
  static async open(pem?: string): Promise<AccountKey> {
    const key =
      pem === undefined
        ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
        : createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1")
      throw new Error("the account's key is not of P-256");
    const jwk = await exportJWK(createPublicKey(key));
    return new AccountKey(key, jwk, await calculateJwkThumbprint(jwk));
  }

  /** PKCS #8. */
  get pem(): string {
    return this.#key.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /**
   * A request's body.
   * @param account its address; null: the key itself is shown, which only the making of an account does
   * @param payload null: POST-as-GET (§6.3)
   */
  async sign(
    payload: object | null,
    { url, nonce, account }: { url: string; nonce: string; account: string | null },
  ): Promise<Uint8Array> {
    const jws = await new FlattenedSign(Buffer.from(payload === null ? "" : JSON.stringify(payload)))
      .setProtectedHeader({
        alg: "ES256",
        nonce,
        url,
        ...(account === null ? { jwk: this.#jwk } : { kid: account }),
      })
      .sign(this.#key);
    return Buffer.from(JSON.stringify(jws));
  }

  /** Proof that the account belongs to a customer of the authority. @param url of newAccount @see RFC 8555 §7.3.4 */
  async bindTo(external: ExternalAccount, url: string): Promise<object> {
    return new FlattenedSign(Buffer.from(JSON.stringify(this.#jwk)))
      .setProtectedHeader({ alg: "HS256", kid: external.kid, url })
      .sign(Buffer.from(external.hmacKey, "base64url"));
  }

  /** What the TXT record of a dns-01 challenge holds. @see RFC 8555 §8.1, §8.4 */
  dnsDigest(token: string): string {
    return createHash("sha256").update(`${token}.${this.#thumbprint}`).digest("base64url");
  }
}

/** An account elsewhere at the authority that ours is to belong to. @see RFC 8555 §7.3.4 */
export interface ExternalAccount {
  readonly kid: string;
  /** base64url, as authorities show it. */
  readonly hmacKey: string;
}

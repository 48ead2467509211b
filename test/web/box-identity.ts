import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { boxIdOf, type Attestation } from "../../src/protocol/identity.ts";

export interface BoxIdentity {
  readonly id: string;
  /** As a box signs it; `box` may be claimed to be another. */
  attest(claims: Omit<Attestation, "box" | "iat"> & { box?: string }): string;
}

/** A box's key, made for one test. */
export function createBoxIdentity(): BoxIdentity {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const id = boxIdOf(
    createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest(),
  );
  const { kty, crv, x } = publicKey.export({ format: "jwk" });
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return {
    id,
    attest(claims) {
      const header = encode({
        alg: "EdDSA",
        typ: "tellyport-attestation+jws",
        kid: id,
        jwk: { kty, crv, x },
      });
      const signed = `${header}.${encode({ box: id, iat: 1_800_000_000, ...claims })}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
}

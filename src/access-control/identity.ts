import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../kernel/atomic-file.ts";
import { TellyportError, messageOf } from "../kernel/errors.ts";
import { boxIdOf, type Attestation } from "../protocol/identity.ts";
import { sha256 } from "./bytes.ts";

/** In the state directory. */
export const IDENTITY_FILE = "identity.key";

/** The box's own key: it is the box, and is made once. */
export interface BoxIdentity {
  /** 16 characters, see {@link boxIdOf}. */
  readonly boxId: string;
  readonly publicKeyPem: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Ed25519 over any bytes; callers put a context of their own in front. @returns 64 bytes */
  sign(data: Uint8Array): Buffer;
  /** Compact JWS (EdDSA) with the box's public key in its header. */
  attest(claims: Omit<Attestation, "box">): string;
}

/**
 * Reads the box's identity, or makes it at the first start.
 * @throws TellyportError `state-unusable` when the key is there and cannot be read: another identity would be another box
 */
export async function loadIdentity(stateDir: string): Promise<BoxIdentity> {
  const path = join(stateDir, IDENTITY_FILE);
  let key: KeyObject | null;
  try {
    key = await readDocument(path, (text) => createPrivateKey(text));
    if (key === null) {
      key = generateKeyPairSync("ed25519").privateKey;
      await writeFileAtomic(path, key.export({ type: "pkcs8", format: "pem" }));
    }
  } catch (error) {
    throw new TellyportError(
      "state-unusable",
      `The box's identity cannot be read or written: ${messageOf(error)}. Restore identity.key from a backup, or start with an empty state directory as a new box.`,
      { cause: error },
    );
  }
  return identityOf(key);
}

function identityOf(privateKey: KeyObject): BoxIdentity {
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: "spki", format: "der" });
  const boxId = boxIdOf(sha256(spki));
  const { kty, crv, x } = publicKey.export({ format: "jwk" });
  const header = encode({ alg: "EdDSA", typ: "tellyport-attestation+jws", kid: boxId, jwk: { kty, crv, x } });
  return {
    boxId,
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    spki,
    sign: (data) => sign(null, data, privateKey),
    attest(claims) {
      const signed = `${header}.${encode({ box: boxId, ...claims })}`;
      // Not jose: WebCrypto's Ed25519 prints a warning on Node 20.
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

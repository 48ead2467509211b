import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../kernel/atomic-file.ts";
import { TellyportError, messageOf } from "../kernel/errors.ts";
import { sha256 } from "./bytes.ts";

/** In the state directory. */
export const KEYS_FILE = "access-keys.json";

/** The keys under tokens and grants; losing them costs every client one new pairing, and nothing else. */
export interface AccessKeys {
  /** P-256; signs access tokens. */
  readonly token: KeyObject;
  /** Ed25519; signs grants. */
  readonly grant: KeyObject;
  /** 32 bytes; makes each refresh token's successor. */
  readonly refresh: Buffer;
}

/**
 * Reads the keys, or makes them at the first start.
 * @throws TellyportError `state-unusable`
 */
export async function loadKeys(stateDir: string): Promise<AccessKeys> {
  const path = join(stateDir, KEYS_FILE);
  try {
    const kept = await readDocument(path, parse);
    if (kept !== null) return kept;
    const made: AccessKeys = {
      token: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
      grant: generateKeyPairSync("ed25519").privateKey,
      refresh: randomBytes(32),
    };
    await writeFileAtomic(
      path,
      JSON.stringify({
        token: made.token.export({ type: "pkcs8", format: "pem" }),
        grant: made.grant.export({ type: "pkcs8", format: "pem" }),
        refresh: made.refresh.toString("base64url"),
      }),
    );
    return made;
  } catch (error) {
    throw new TellyportError(
      "state-unusable",
      `The keys for access tokens cannot be read or written: ${messageOf(error)}. Delete access-keys.json to have new ones made; clients must then pair again.`,
      { cause: error },
    );
  }
}

function parse(text: string): AccessKeys {
  const document = JSON.parse(text) as Record<string, unknown>;
  const { token, grant, refresh } = document;
  if (typeof token !== "string" || typeof grant !== "string" || typeof refresh !== "string") {
    throw new Error("access-keys.json lacks a key");
  }
  const keys = {
    token: createPrivateKey(token),
    grant: createPrivateKey(grant),
    refresh: Buffer.from(refresh, "base64url"),
  };
  const fits =
    keys.token.asymmetricKeyType === "ec" &&
    keys.grant.asymmetricKeyType === "ed25519" &&
    keys.refresh.length === 32;
  if (!fits) throw new Error("access-keys.json holds a key of another kind");
  return keys;
}

/** RFC 7638 thumbprint of a P-256 key: SHA-256, base64url, 43 characters. */
export function thumbprintOf(jwk: { x?: unknown; y?: unknown }): string {
  return sha256(JSON.stringify({ crv: "P-256", kty: "EC", x: jwk.x, y: jwk.y })).toString("base64url");
}

/** The name of a grant key: first four bytes of SHA-256 over its SPKI, hex. */
export function grantKeyId(key: KeyObject): string {
  return sha256(createPublicKey(key).export({ type: "spki", format: "der" })).toString("hex", 0, 4);
}

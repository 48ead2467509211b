import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";

/** Where installers put the key that releases of this box are signed with. */
export const RELEASE_KEY = "/etc/tellyport/release-key.pem";
const SIGNATURE_BYTES = 64;

/**
 * Reads a public key.
 * @param named whether somebody named it
 * @throws TellyportError `release-unverified`
 */
export async function readReleaseKey(path: string, named: boolean): Promise<KeyObject> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TellyportError(
      "release-unverified",
      `${named ? `The key ${path} cannot be read` : `This box has no key for releases: ${path} cannot be read`} (${systemCode(error) ?? messageOf(error)}). Put the public key of whoever makes its releases there, name it with --key FILE, or install without a check with --unsigned.`,
      { cause: error },
    );
  }
  // Node would take the public half of it.
  if (isPrivateKey(text)) {
    throw new TellyportError(
      "release-unverified",
      `${path} is a private key, and the public one is needed: where releases are made, \`openssl pkey -in release-private.pem -pubout -out release-key.pem\` writes it. The private key must not be on a box: remove it here, and make a new one if others could read it.`,
    );
  }
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below.
  }
  throw new TellyportError(
    "release-unverified",
    `${path} is no public Ed25519 key in PEM: \`openssl pkey -in private.pem -pubout\` writes one.`,
  );
}

/**
 * Whether a release is what the holder of the key signed: Ed25519 over all of its bytes, as
 * `openssl pkeyutl -sign -rawin -inkey private.pem` writes it, or that in base64.
 * @param path of the release; its signature lies beside it as `FILE.sig`
 * @see RFC 8032 §5.1
 * @throws TellyportError `release-unverified`
 */
export async function checkSignature(path: string, archive: Buffer, key: KeyObject): Promise<void> {
  let signature: Buffer;
  try {
    signature = signatureOf(await readFile(`${path}.sig`));
  } catch (error) {
    throw new TellyportError(
      "release-unverified",
      `The signature ${path}.sig cannot be read (${systemCode(error) ?? messageOf(error)}): it comes with the release, and belongs beside it.`,
      { cause: error },
    );
  }
  if (signature.length === SIGNATURE_BYTES && verify(null, archive, key, signature)) return;
  throw new TellyportError(
    "release-unverified",
    `${path} is not what was signed: the file or its signature is damaged or another's, or the key is not its maker's. Nothing was installed. Fetch both files again.`,
  );
}

function signatureOf(content: Buffer): Buffer {
  return content.length === SIGNATURE_BYTES ? content : Buffer.from(content.toString("latin1"), "base64");
}

/** Whether a text is, or holds, a private key. @see RFC 7468 §10, §11 */
export function isPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
}

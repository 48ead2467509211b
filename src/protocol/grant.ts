import { fromBase64url, toBase64url } from "./base64url.ts";

/**
 * A playback grant: the capability in a media path. Signed asymmetrically, so that an edge can verify and not mint.
 *
 * `base64url(version 1 | key id 4 | expiry 5 | length 1 | playback | signature 64)`: about 120 characters for an id of 16.
 * Numbers are big-endian; the expiry is in seconds since 1970; the signature (Ed25519) covers {@link GRANT_CONTEXT} and
 * everything before it.
 */
export interface Grant {
  /** First four bytes of SHA-256 over the grant key's SPKI, hex. */
  readonly keyId: string;
  readonly playback: string;
  /** Milliseconds since 1970, whole seconds. */
  readonly expiresAt: number;
}

/** Precedes the signed bytes, so that a signature made for anything else is no grant. */
export const GRANT_CONTEXT = "tellyport-grant-1\0";
export const GRANT_MAX_LENGTH = 256;
export const PLAYBACK_ID_MAX_BYTES = 96;

const VERSION = 1;
const HEAD = 11;
const SIGNATURE = 64;

/**
 * The bytes to sign.
 * @throws RangeError when a field does not fit: a programmer's fault
 */
export function grantBytes(grant: Grant): Uint8Array<ArrayBuffer> {
  const context = new TextEncoder().encode(GRANT_CONTEXT);
  const playback = new TextEncoder().encode(grant.playback);
  const seconds = Math.floor(grant.expiresAt / 1000);
  if (playback.length === 0 || playback.length > PLAYBACK_ID_MAX_BYTES) {
    throw new RangeError(`a playback id has 1 to ${PLAYBACK_ID_MAX_BYTES} bytes`);
  }
  if (!/^[0-9a-f]{8}$/.test(grant.keyId)) throw new RangeError("a grant key id is 8 hex digits");
  if (!(seconds >= 0 && seconds < 2 ** 40)) throw new RangeError("a grant's expiry has 40 bits");
  const out = new Uint8Array(context.length + HEAD + playback.length);
  out.set(context);
  const view = new DataView(out.buffer, context.length);
  view.setUint8(0, VERSION);
  view.setUint32(1, parseInt(grant.keyId, 16));
  view.setUint8(5, Math.floor(seconds / 2 ** 32));
  view.setUint32(6, seconds % 2 ** 32);
  view.setUint8(10, playback.length);
  out.set(playback, context.length + HEAD);
  return out;
}

/** The path token of {@link grantBytes} and their signature. */
export function encodeGrant(signed: Uint8Array, signature: Uint8Array): string {
  const body = signed.subarray(GRANT_CONTEXT.length);
  const out = new Uint8Array(body.length + signature.length);
  out.set(body);
  out.set(signature, body.length);
  return toBase64url(out);
}

/**
 * Reads a path token and has its signature checked. Says nothing of its expiry nor of whether the playback still lives.
 * @param verify whether `signature` over `signed` is by the grant key that `keyId` names
 * @returns null for whatever is not a grant of one of the known keys
 */
export function verifyGrant(
  token: string,
  verify: (keyId: string, signed: Uint8Array, signature: Uint8Array) => boolean,
): Grant | null {
  if (token.length > GRANT_MAX_LENGTH) return null;
  const bytes = fromBase64url(token);
  if (bytes === null || bytes.length < HEAD + 1 + SIGNATURE || bytes[0] !== VERSION) return null;
  const view = new DataView(bytes.buffer);
  const length = view.getUint8(10);
  if (length === 0 || length > PLAYBACK_ID_MAX_BYTES || bytes.length !== HEAD + length + SIGNATURE)
    return null;
  let playback: string;
  try {
    playback = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(HEAD, HEAD + length),
    );
  } catch {
    return null;
  }
  const grant: Grant = {
    keyId: view.getUint32(1).toString(16).padStart(8, "0"),
    playback,
    expiresAt: (view.getUint8(5) * 2 ** 32 + view.getUint32(6)) * 1000,
  };
  return verify(grant.keyId, grantBytes(grant), bytes.subarray(HEAD + length)) ? grant : null;
}

import { createPublicKey, verify } from "node:crypto";
import { readJws, type JwsContent } from "./compact-jws.ts";
import { isRecord } from "./is-record.ts";

/** Compact JWS by Ed25519 keys (RFC 7515, RFC 8037 §3.1). Not jose: WebCrypto's Ed25519 prints a warning on Node 20. */

/** Characters of a JWS that is read at all. */
const LONGEST = 8192;
/** Header members by which a JWS would say where its key is, or what else must be understood: nothing of ours has them. */
const REFUSED_MEMBERS = ["crit", "jku", "x5u", "x5c", "b64", "zip"];

/**
 * @param header `alg` is put in front
 * @param sign Ed25519 over the given bytes; 64 bytes
 */
export function signJws(
  header: { readonly typ: string } & Readonly<Record<string, unknown>>,
  payload: object,
  sign: (data: Uint8Array) => Uint8Array,
): string {
  const signed = `${encode({ alg: "EdDSA", ...header })}.${encode(payload)}`;
  return `${signed}.${Buffer.from(sign(Buffer.from(signed))).toString("base64url")}`;
}

/**
 * Reads a JWS whose signature is good.
 * @param expected.typ of its header, exactly: a signature for one purpose is good for no other. @see RFC 8725 §3.11
 * @param expected.publicKey 32 bytes; `from-jwk`: the one that it brings in `jwk`, which the caller then has to know
 * @returns null for anything else
 */
export function verifyEd25519Jws(
  text: string,
  expected: { readonly typ: string; readonly publicKey: Uint8Array | "from-jwk" },
): (JwsContent & { readonly publicKey: Uint8Array }) | null {
  const content = text.length > LONGEST ? null : readJws(text);
  if (content === null) return null;
  const { header } = content;
  if (header["alg"] !== "EdDSA" || header["typ"] !== expected.typ) return null;
  if (REFUSED_MEMBERS.some((name) => name in header)) return null;
  const publicKey = expected.publicKey === "from-jwk" ? jwkBytes(header["jwk"]) : expected.publicKey;
  if (publicKey?.length !== 32) return null;
  const dot = text.lastIndexOf(".");
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signature = Buffer.from(text.slice(dot + 1), "base64url");
  return verify(null, Buffer.from(text.slice(0, dot)), key, signature) ? { ...content, publicKey } : null;
}

/** The 32 bytes of an Ed25519 public key in a JWK, in their only spelling. @see RFC 8037 §2 */
function jwkBytes(jwk: unknown): Uint8Array | null {
  if (!isRecord(jwk) || jwk["kty"] !== "OKP" || jwk["crv"] !== "Ed25519" || "d" in jwk) return null;
  const { x } = jwk;
  if (typeof x !== "string") return null;
  const bytes = Buffer.from(x, "base64url");
  return bytes.toString("base64url") === x ? bytes : null;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

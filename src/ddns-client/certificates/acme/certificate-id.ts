import { X509Certificate } from "node:crypto";

/**
 * The name of a certificate at its authority: its issuer's key identifier and its serial number. Null where it has no key identifier.
 * @param pem the certificate
 * @see RFC 9773 §4.1
 */
export function certificateId(pem: string): string | null {
  const { raw } = new X509Certificate(pem);
  const identity = identityOf(raw);
  if (identity === null) return null;
  const { authorityKeyId, serial } = identity;
  return `${authorityKeyId.toString("base64url")}.${serial.toString("base64url")}`;
}

/** An element of DER: its tag, and where its content lies. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** OID 2.5.29.35 */
const AUTHORITY_KEY_IDENTIFIER = Buffer.from("551d23", "hex");

/**
 * Key identifier of the issuer (RFC 5280 §4.2.1.1) and serial number as it is encoded.
 * @param certificate DER; whatever it is, nothing is thrown
 */
export function identityOf(certificate: Buffer): { authorityKeyId: Buffer; serial: Buffer } | null {
  const [outer] = elements(certificate);
  const [toBeSigned] = outer?.tag === 0x30 ? elements(outer.content) : [];
  const fields = toBeSigned?.tag === 0x30 ? elements(toBeSigned.content) : [];
  const serial = fields.find(({ tag }) => tag === 0x02)?.content;
  const wrapped = fields.find(({ tag }) => tag === 0xa3);
  if (serial === undefined || wrapped === undefined) return null;
  const [list] = elements(wrapped.content);
  for (const extension of list === undefined ? [] : elements(list.content)) {
    const [oid, ...rest] = elements(extension.content);
    if (oid?.tag !== 0x06 || !oid.content.equals(AUTHORITY_KEY_IDENTIFIER)) continue;
    const [value] = elements(rest.find(({ tag }) => tag === 0x04)?.content ?? Buffer.alloc(0));
    const keyId = elements(value?.content ?? Buffer.alloc(0)).find(({ tag }) => tag === 0x80);
    return keyId === undefined ? null : { authorityKeyId: keyId.content, serial };
  }
  return null;
}

/** The elements that follow each other; up to the first that is not whole. @see ITU-T X.690 §8.1 */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const more = first < 0x80 ? 0 : first & 0x7f;
    const begin = at + 2 + more;
    // Longer ones do not fit into what is read at all.
    if (first === 0x80 || more > 3 || begin > bytes.length) break;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    if (begin + length > bytes.length) break;
    found.push({ tag, content: bytes.subarray(begin, begin + length) });
    at = begin + length;
  }
  return found;
}

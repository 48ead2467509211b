import { X509Certificate, createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { ServedCertificate } from "./ports.ts";

/** Certificates of a chain that are read at all, and characters. */
const LONGEST_CHAIN = 10;
const LONGEST_TEXT = 256 * 1024;
/** A certificate that begins later than that is not for now: clocks differ a little. */
const AHEAD = 3600_000;

/** Of a certificate; times in epoch ms. */
export interface CertificateFacts {
  /** As the certificate has them, in lower case. */
  readonly names: readonly string[];
  /** For people: the issuer's organisation and common name. */
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Key and certificate that belong together. */
export interface CertificateAndKey extends CertificateFacts {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** PEM, the box's own first. */
  readonly chain: string;
  /** SHA-256 of the subject public key info, hex. */
  readonly keyHash: string;
}

/**
 * Puts a key and a chain together, as a listener would load them: the first certificate has the key, each is signed by the next.
 * Names and times are for {@link unfit}.
 * @param key PEM
 * @param chain PEM; whatever stands between the certificates is left out
 * @throws Error whose message says what does not fit
 */
export function assemble(key: string, chain: string): CertificateAndKey {
  if (key.length > LONGEST_TEXT || chain.length > LONGEST_TEXT) throw new Error("it is too long");
  const certificates = certificatesIn(chain);
  const [leaf] = certificates;
  if (leaf === undefined) throw new Error("there is no certificate in it");
  const privateKey = createPrivateKey(key);
  if (!leaf.checkPrivateKey(privateKey)) throw new Error("key and certificate do not belong together");
  certificates.slice(1).forEach((issuer, before) => {
    const issued = certificates[before];
    if (issued === undefined || !issued.checkIssued(issuer) || !issued.verify(issuer.publicKey))
      throw new Error(`certificate ${before + 1} is not signed by the one behind it`);
  });
  const text = certificates.map((certificate) => certificate.toString()).join("");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  // The last word is that of TLS itself.
  createSecureContext({ key: pem, cert: text });
  return {
    ...factsOf(leaf),
    key: pem,
    chain: text,
    keyHash: keyHash(leaf.publicKey),
  };
}

/** Why a certificate is not what is wanted; null when it is. @param names that it has to have, each literally */
export function unfit(certificate: CertificateFacts, names: readonly string[], now: number): string | null {
  const missing = names.filter((name) => !certificate.names.includes(name));
  if (missing.length > 0) return `it is not for ${missing.join(", ")}`;
  if (certificate.notAfter <= now) return "it has expired";
  if (certificate.notBefore > now + AHEAD) return "it is not valid yet";
  return null;
}

/** Reads what {@link onePem} wrote. @throws Error */
export function parsePem(text: string): CertificateAndKey {
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0];
  if (key === undefined) throw new Error("there is no key in it");
  return assemble(key, text);
}

/** Key and chain in one text, so that one rename changes both. */
export const onePem = ({ key, chain }: CertificateAndKey): string => key + chain;

/** What a listener is given. */
export function served({ key, chain, names, notAfter }: CertificateAndKey): ServedCertificate {
  return { key, cert: chain, names, notAfter };
}

/** What tells keys apart: SHA-256 of the subject public key info, hex. */
export function keyHash(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** @throws Error */
function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length > LONGEST_CHAIN) throw new Error(`it has more than ${LONGEST_CHAIN} certificates`);
  return blocks.map((block) => new X509Certificate(block));
}

/** @throws Error when its times cannot be read */
function factsOf(certificate: X509Certificate): CertificateFacts {
  const [notBefore, notAfter] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (!(notBefore < notAfter)) throw new Error("its times cannot be read");
  const names = (certificate.subjectAltName ?? "")
    .split(", ")
    .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4).toLowerCase()] : []));
  return { names, issuer: nameOf(certificate.issuer), notBefore, notAfter };
}

/** `O=..., CN=...` as people read it. */
function nameOf(distinguished: string): string {
  const part = (type: string): string | undefined =>
    distinguished
      .split("\n")
      .find((line) => line.startsWith(`${type}=`))
      ?.slice(type.length + 1);
  const parts = [part("O"), part("CN")].filter((text) => text !== undefined);
  return [...new Set(parts)].join(", ").slice(0, 200);
}

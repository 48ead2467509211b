import { X509Certificate, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../kernel/atomic-file.ts";
import type { Clock } from "../kernel/clock.ts";
import { sha256 } from "./bytes.ts";
import { TAG, bitString, der, integer, objectIdentifier, sequence, time } from "../kernel/der.ts";

/** In the state directory. */
export const CERTIFICATE_FILE = "https.pem";

/** What the https listener serves until there is a certificate from an authority. */
export interface BoxCertificate {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** X.509, PEM. */
  readonly cert: string;
  /** SHA-256 over the certificate's DER, hex in lower case. */
  readonly fingerprint: string;
}

export interface CertificateNames {
  /** DNS names; the first is the subject. */
  readonly names: readonly string[];
  /** IP addresses, without zone. */
  readonly addresses: readonly string[];
}

const DAY = 86_400_000;
/** Apple's bound for certificates that no public authority issued. */
const LIFE = 825 * DAY;
/** Begins early, for phones whose clock is behind the box's. */
const EARLY = 30 * DAY;
/** Made anew this long before its end. */
const RENEW_BEFORE = 30 * DAY;
/**
 * A box without a battery starts in 1970; phones do not. No certificate begins before this release could have run, and a
 * clock behind it is no reason to make a new one.
 */
const CLOCK_FLOOR = Date.UTC(2026, 0, 1);
/** Names and addresses that were covered once stay covered, so that a box that changes address to and fro keeps its certificate. */
const KEPT_NAMES = 24;

/**
 * The box's self-signed P-256 certificate: kept, and made anew (with a new key) near its end or when a name or address is
 * not covered.
 */
export async function loadCertificate(
  stateDir: string,
  wanted: CertificateNames,
  clock: Clock,
  random: (bytes: number) => Buffer,
): Promise<BoxCertificate> {
  const path = join(stateDir, CERTIFICATE_FILE);
  const now = Math.max(clock.now(), CLOCK_FLOOR);
  // An unreadable one is simply replaced: it costs a person one more warning page.
  const kept = await readDocument(path, parsePem).catch(() => null);
  const names = normalise(wanted);
  const before = kept === null ? [] : coveredBy(kept.certificate);
  const good =
    kept !== null &&
    now < Date.parse(kept.certificate.validTo) - RENEW_BEFORE &&
    now >= Date.parse(kept.certificate.validFrom) &&
    names.every((name) => before.includes(name));
  if (good) return describe(kept.key, kept.certificate);
  const all = [...new Set([...names, ...before])].slice(0, Math.max(KEPT_NAMES, names.length));
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const certificate = new X509Certificate(
    selfSigned(key, all, now - EARLY, now - EARLY + LIFE - 1000, random(16)),
  );
  await writeFileAtomic(path, key + certificate.toString());
  return describe(key, certificate);
}

/** When the certificate that is kept begins, epoch ms: that time has been. 0 where there is none that can be read. */
export async function certificateBegin(stateDir: string): Promise<number> {
  const kept = await readDocument(join(stateDir, CERTIFICATE_FILE), parsePem).catch(() => null);
  return kept === null ? 0 : Date.parse(kept.certificate.validFrom);
}

function parsePem(text: string): { key: string; certificate: X509Certificate } {
  const key = createPrivateKey(text).export({ type: "pkcs8", format: "pem" }).toString();
  const certificate = new X509Certificate(text.slice(text.indexOf("-----BEGIN CERTIFICATE-----")));
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error("key and certificate do not fit");
  return { key, certificate };
}

function describe(key: string, certificate: X509Certificate): BoxCertificate {
  return { key, cert: certificate.toString(), fingerprint: sha256(certificate.raw).toString("hex") };
}

function normalise(wanted: CertificateNames): string[] {
  const names = wanted.names
    .map((name) => name.toLowerCase())
    .filter((name) => /^[a-z0-9.-]{1,253}$/.test(name));
  const addresses = wanted.addresses
    .filter((address) => isIP(address) !== 0)
    .map((address) => packAddress(address))
    .map((packed) => printAddress(packed));
  return [...new Set([...names, ...addresses])];
}

/** What Node prints of the subject alternative names, in the spelling of {@link normalise}. */
function coveredBy(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? "").split(", ").flatMap((entry) => {
    if (entry.startsWith("DNS:")) return [entry.slice(4)];
    const address = entry.startsWith("IP Address:") ? entry.slice(11) : "";
    return isIP(address) === 0 ? [] : [printAddress(packAddress(address))];
  });
}

/** 4 or 16 bytes. */
function packAddress(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // The URL parser knows every spelling of IPv6 and prints one.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function printAddress(packed: Buffer): string {
  if (packed.length === 4) return packed.join(".");
  const groups = Array.from({ length: 8 }, (_, group) => packed.readUInt16BE(group * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** RFC 5280 §4.1; a server's certificate that vouches for nobody else. @returns DER */
function selfSigned(
  key: string,
  names: readonly string[],
  notBefore: number,
  notAfter: number,
  serial: Buffer,
): Buffer {
  const privateKey = createPrivateKey(key);
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const commonName = names.find((name) => isIP(name) === 0 && name.length <= 64) ?? "tellyport";
  const name = sequence(
    der(TAG.set, sequence(objectIdentifier("2.5.4.3"), der(TAG.utf8String, Buffer.from(commonName)))),
  );
  const alternatives = names.map((entry) =>
    isIP(entry) === 0 ? der(0x82, Buffer.from(entry, "ascii")) : der(0x87, packAddress(entry)),
  );
  const critical = der(TAG.boolean, Buffer.from([0xff]));
  const extension = (oid: string, value: Buffer, ...flags: Buffer[]): Buffer =>
    sequence(objectIdentifier(oid), ...flags, der(TAG.octetString, value));
  const extensions = sequence(
    extension("2.5.29.19", sequence(), critical), // basicConstraints: no authority
    extension("2.5.29.15", bitString(Buffer.from([0x80]), 7), critical), // keyUsage: digitalSignature
    extension("2.5.29.37", sequence(objectIdentifier("1.3.6.1.5.5.7.3.1"))), // extKeyUsage: serverAuth
    extension("2.5.29.17", sequence(...alternatives)), // subjectAltName
  );
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40; // positive, and as long as it was drawn
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))), // v3
    integer(serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    spki,
    der(0xa3, extensions),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign("sha256", toBeSigned, privateKey)));
}

import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** A certificate with its key, PEM; intermediates follow the certificate. */
export interface ServedCertificate {
  readonly key: string;
  readonly cert: string;
}

interface Entry {
  readonly cert: string;
  /** Lower case; `*.` in front covers one label. */
  readonly names: readonly string[];
  readonly context: SecureContext;
}

/**
 * Certificates that are served to who asks for a name that they cover (SNI); everybody else gets the listener's own. Changing one
 * takes effect with the next handshake.
 */
export class NamedCertificates {
  readonly #entries = new Map<string, Entry>();

  /**
   * @param owner who sees to it: one certificate each; what was set first is asked first
   * @returns its names, in lower case
   * @throws when key and certificate do not fit; what was served before still is
   */
  set(owner: string, certificate: ServedCertificate | null): readonly string[] {
    if (certificate === null) {
      this.#entries.delete(owner);
      return [];
    }
    const { key, cert } = certificate;
    const before = this.#entries.get(owner);
    if (before?.cert === cert) return before.names;
    const context = createSecureContext({ key, cert, minVersion: "TLSv1.2" });
    const names = namesOf(cert);
    this.#entries.set(owner, { cert, names, context });
    return names;
  }

  /** The context for a name, or null. @see RFC 6066 §3, RFC 6125 §6.4.3 */
  contextOf(name: string): SecureContext | null {
    for (const entry of this.#entries.values()) if (isFor(entry, name)) return entry.context;
    return null;
  }

  /** Whether that owner's certificate is for a name. */
  covers(owner: string, name: string): boolean {
    const entry = this.#entries.get(owner);
    return entry !== undefined && isFor(entry, name);
  }
}

function isFor({ names }: Entry, name: string): boolean {
  const wanted = name.toLowerCase();
  const above = `*${wanted.slice(wanted.indexOf("."))}`;
  return names.includes(wanted) || (wanted.includes(".") && names.includes(above));
}

/** DNS names of a certificate, lower case. @param cert PEM, of which the first is the server's */
export function namesOf(cert: string): string[] {
  return (new X509Certificate(cert).subjectAltName ?? "")
    .split(", ")
    .filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => entry.slice(4).toLowerCase());
}

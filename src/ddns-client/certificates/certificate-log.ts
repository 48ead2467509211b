import * as Type from "typebox";
import type { Static } from "typebox";

/** Watching the public logs for certificates of the box's names that are not the box's. @see RFC 9162 */

export const LogEntry = Type.Object({
  /** Larger than that of every entry before, within one feed. */
  id: Type.Integer({ minimum: 0 }),
  names: Type.Array(Type.String({ maxLength: 253 }), { maxItems: 1000 }),
  issuer: Type.String({ maxLength: 500 }),
  /** Epoch ms. */
  notBefore: Type.Number(),
  notAfter: Type.Number(),
  /** Hex. */
  serial: Type.String({ maxLength: 64 }),
  /** SHA-256 of the subject public key info, hex; null: the feed does not know it. */
  key: Type.Union([Type.String({ pattern: "^[0-9a-f]{64}$" }), Type.Null()]),
});
/** A certificate as a log has it. */
export type LogEntry = Static<typeof LogEntry>;

/** A feed of certificates. */
export interface CertificateLog {
  /**
   * Certificates that were logged for these names, or for names below them.
   * @param after the id of the last one that was read; null: those that are in force now
   * @returns in the order of their ids; not necessarily all at once
   * @throws TellyportError
   */
  since(names: readonly string[], after: number | null, signal: AbortSignal): Promise<readonly LogEntry[]>;
}

/**
 * Those of the entries that vouch for one of the box's names with a key that is not the box's. One whose key is not known counts: it is
 * for the owner to look at.
 * @param names without wildcards: the base name and the alias
 * @param keys SHA-256 of the box's public keys, hex
 */
export function foreignCertificates(
  entries: readonly LogEntry[],
  names: readonly string[],
  keys: ReadonlySet<string>,
): LogEntry[] {
  const own = names.map((name) => name.toLowerCase());
  return entries.filter(
    (entry) =>
      !(entry.key !== null && keys.has(entry.key)) &&
      entry.names.some((name) => own.some((box) => vouchesFor(name.toLowerCase(), box))),
  );
}

/** Whether a name of a certificate is a box's, is below it, or is a wildcard that stands for it. @see RFC 9525 §6.3 */
function vouchesFor(name: string, box: string): boolean {
  if (name === box || name.endsWith(`.${box}`)) return true;
  return name.startsWith("*.") && box.replace(/^[^.]+/, "*") === name;
}

import { createPublicKey, sign, type KeyObject } from "node:crypto";
import { TAG, bitString, der, integer, objectIdentifier, sequence } from "../../kernel/der.ts";

const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const EXTENSION_REQUEST = objectIdentifier("1.2.840.113549.1.9.14");
const SUBJECT_ALT_NAME = objectIdentifier("2.5.29.17");

/**
 * A request for a certificate with these names. The subject is empty: authorities take the names from the extension.
 * @param key private, P-256
 * @param names DNS names in lower case, `*.` at the front of wildcards; at least one
 * @returns DER
 * @see RFC 2986 §4, RFC 2985 §5.4.2, RFC 5280 §4.2.1.6, RFC 5758 §3.2
 */
export function certificateRequest(key: KeyObject, names: readonly string[]): Buffer {
  const alternatives = names.map((name) => der(0x82, Buffer.from(name, "ascii")));
  const extensions = sequence(sequence(SUBJECT_ALT_NAME, der(TAG.octetString, sequence(...alternatives))));
  const information = sequence(
    integer(Buffer.from([0])), // v1
    sequence(), // subject
    createPublicKey(key).export({ type: "spki", format: "der" }),
    der(0xa0, sequence(EXTENSION_REQUEST, der(TAG.set, extensions))),
  );
  return sequence(information, ECDSA_WITH_SHA256, bitString(sign("sha256", information, key)));
}

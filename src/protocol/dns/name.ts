/** Octets of a name on the wire, its root label among them. @see RFC 1035 §3.1 */
export const LONGEST_NAME = 255;
const LABEL = /^[a-z0-9_-]{1,63}$/;

/**
 * A name as it is on the wire, not compressed, in lower case.
 * @param name labels of letters, digits, `-` and `_`; `""` is the root
 * @throws RangeError when it is no such name
 */
export function encodeName(name: string): Buffer {
  if (name === "") return Buffer.alloc(1);
  const labels = name.toLowerCase().split(".");
  const out = Buffer.alloc(name.length + 2);
  let at = 0;
  for (const label of labels) {
    if (!LABEL.test(label)) throw new RangeError(`"${name}" is no name that can be published`);
    out[at++] = label.length;
    at += out.write(label, at, "latin1");
  }
  if (out.length > LONGEST_NAME) throw new RangeError(`"${name}" is longer than a name may be`);
  return out;
}

/**
 * Reads a name, following compression pointers backwards only, so that it ends. Upper case becomes lower; what is no letter, digit,
 * `-` or `_` is written `\DDD`.
 * @returns null when it is none, or goes beyond the message. @see RFC 1035 §4.1.4, RFC 4343 §2.1
 */
export function readName(message: Uint8Array, from: number): { name: string; end: number } | null {
  let name = "";
  let octets = 1;
  let end = -1;
  let at = from;
  let before = from;
  for (;;) {
    const length = message[at];
    if (length === undefined) return null;
    if (length === 0) return { name, end: end < 0 ? at + 1 : end };
    if (length >= 0xc0) {
      const low = message[at + 1];
      if (low === undefined) return null;
      if (end < 0) end = at + 2;
      at = ((length & 0x3f) << 8) | low;
      if (at >= before) return null;
      before = at;
      continue;
    }
    octets += length + 1;
    if (length > 63 || octets > LONGEST_NAME || at + length >= message.length) return null;
    name += `${name === "" ? "" : "."}${labelText(message.subarray(at + 1, at + 1 + length))}`;
    at += length + 1;
  }
}

function labelText(label: Uint8Array): string {
  let text = "";
  for (const octet of label) {
    const character = String.fromCharCode(octet).toLowerCase();
    text += octet < 0x80 && LABEL.test(character) ? character : `\\${String(octet).padStart(3, "0")}`;
  }
  return text;
}

/** Whether a name is a zone's own or below it. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

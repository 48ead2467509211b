import { encodeIpv4, encodeIpv6, ipv4Text, ipv6Text } from "./address.ts";
import { encodeName, readName } from "./name.ts";
import type { RecordType } from "./records.ts";

/** Octets of one character-string. @see RFC 1035 §3.3 */
const LONGEST_STRING = 255;
/** Octets of a CAA value that we write: with all around it, it fits a small answer. */
const LONGEST_CAA_VALUE = 512;
const CAA = /^(\d{1,3}) ([a-z0-9]{1,15}) (.*)$/is;

/**
 * A value of a `RecordSet` as it is on the wire, names not compressed.
 * @throws RangeError when it is no value of that type
 */
export function encodeRdata(type: RecordType, value: string): Buffer {
  switch (type) {
    case "A":
      return encodeIpv4(value);
    case "AAAA":
      return encodeIpv6(value);
    case "CNAME":
      return encodeName(value);
    case "TXT":
      return characterString(value);
    case "CAA":
      return encodeCaa(value);
  }
}

/**
 * What `encodeRdata` was given; strings of a TXT record are joined.
 * @param message the whole: a name may point into it
 * @returns null when it is none of that type. @see RFC 1035 §3.3, RFC 3596 §2.2, RFC 8659 §4.1
 */
export function decodeRdata(
  type: RecordType,
  message: Uint8Array,
  start: number,
  end: number,
): string | null {
  const data = message.subarray(start, end);
  switch (type) {
    case "A":
      return data.length === 4 ? ipv4Text(data) : null;
    case "AAAA":
      return data.length === 16 ? ipv6Text(data) : null;
    case "CNAME": {
      const read = readName(message, start);
      return read?.end === end ? read.name : null;
    }
    case "TXT":
      return decodeTxt(data);
    case "CAA":
      return decodeCaa(data);
  }
}

/** One character-string, its length before it. @throws RangeError when it is too long */
export function characterString(text: string): Buffer {
  const octets = Buffer.from(text, "utf8");
  if (octets.length > LONGEST_STRING)
    throw new RangeError(`a text of ${octets.length} octets is longer than one character-string`);
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

function decodeTxt(data: Uint8Array): string | null {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < data.length) {
    const end = at + 1 + (data[at] ?? 0);
    if (end > data.length) return null;
    parts.push(data.subarray(at + 1, end));
    at = end;
  }
  return parts.length === 0 ? null : Buffer.concat(parts).toString("utf8");
}

function encodeCaa(value: string): Buffer {
  const [, flags = "", tag = "", text = ""] = CAA.exec(value) ?? [];
  const octets = Buffer.from(text, "utf8");
  if (tag === "" || Number(flags) > 255 || octets.length > LONGEST_CAA_VALUE)
    throw new RangeError(`"${value}" is no CAA record`);
  return Buffer.concat([Buffer.from([Number(flags)]), characterString(tag), octets]);
}

function decodeCaa(data: Uint8Array): string | null {
  const [flags, length] = data;
  if (flags === undefined || length === undefined || length === 0 || 2 + length > data.length) return null;
  const tag = Buffer.from(data.subarray(2, 2 + length)).toString("latin1");
  return `${flags} ${tag} ${Buffer.from(data.subarray(2 + length)).toString("utf8")}`;
}

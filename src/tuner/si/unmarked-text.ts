import { decodeEncoding, decodeStrictly, type Encoding } from "./encodings.ts";
import { decodeIso6937 } from "./iso-6937.ts";
import { withoutControls, withoutUnicodeControls } from "./text-controls.ts";

/**
 * Table of text that names none: the standard's, a part of ISO/IEC 8859 (`latin-1` is its first), a two-byte encoding, or `polish`
 * for networks some of whose services send ISO 6937 and others ISO/IEC 8859-2.
 */
export type DefaultTable =
  | "iso-6937"
  | "latin-1"
  | "polish"
  | Extract<Encoding, `iso-8859-${number}` | "gb18030" | "big5" | "euc-kr" | "utf-8">;

/** For configurations and their schemas. */
export const DEFAULT_TABLES: readonly DefaultTable[] = [
  "iso-6937",
  "latin-1",
  "iso-8859-2",
  "iso-8859-3",
  "iso-8859-4",
  "iso-8859-5",
  "iso-8859-6",
  "iso-8859-7",
  "iso-8859-8",
  "iso-8859-9",
  "iso-8859-10",
  "iso-8859-11",
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
  "polish",
  "gb18030",
  "big5",
  "euc-kr",
  "utf-8",
];

/** Decodes text without a mark. @param table default `iso-6937` @see EN 300 468 §A.2, figure A.1 */
export function decodeUnmarked(bytes: Buffer, table: DefaultTable = "iso-6937"): string {
  if (isAscii(bytes)) return withoutControls(bytes).toString("latin1");
  const utf8 = decodeStrictly("utf-8", bytes);
  const twoByte = table === "gb18030" || table === "big5" || table === "euc-kr";
  if (utf8 !== null && (twoByte ? IDEOGRAPHIC : NO_CONTROLS).test(utf8)) return withoutUnicodeControls(utf8);
  if (twoByte) {
    const text = decodeStrictly(table, bytes);
    // Not that encoding: as the standard has it.
    return text === null ? decodeIso6937(withoutControls(bytes)) : withoutUnicodeControls(text);
  }
  const plain = withoutControls(bytes);
  switch (table) {
    case "iso-6937":
      return decodeIso6937(plain);
    case "latin-1":
      return plain.toString("latin1");
    case "polish":
      return isPolishIso6937(plain) ? decodeIso6937(plain) : decodeEncoding("iso-8859-2", plain);
    default:
      return decodeEncoding(table, plain);
  }
}

function isAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}

/**
 * A mark of ISO 6937 before a symbol, which is what right UTF-8 would be, does not occur in text; but `c2 8a`, an accent before
 * CR/LF, might.
 */
const NO_CONTROLS = /^[^\u0080-\u009F]*$/;
/** Right UTF-8 with Latin or Cyrillic letters is more likely a pair of bytes of a Chinese or Korean table. */
const IDEOGRAPHIC = /^[\u0000-\u007F\u2000-\u27FF\u2E80-\uD7FF\uF900-\uFFEF]*$/;

/** Acute, dot above or ogonek before a letter that Polish writes with it, or one of its two barred l; none of them Polish in 8859-2. */
function isPolishIso6937(bytes: Buffer): boolean {
  const text = bytes.toString("latin1");
  return (
    /\xc2[CNOSZcnosz]|\xc7[Zz]|\xce[AEae]|[\xe8\xf8]/.test(text) &&
    !/[\xb1\xb3\xb6\xbc\xbf\xea\xf3]/.test(text)
  );
}

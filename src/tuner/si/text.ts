import type { Delivery } from "../ports.ts";
import { decodeAribText } from "./arib-text.ts";
import { decodeEncoding, decodeStrictly, decodeUcs2, type Encoding } from "./encodings.ts";
import { decodeUnmarked, type DefaultTable } from "./unmarked-text.ts";
import { withoutControls, withoutUnicodeControls } from "./text-controls.ts";

export type { DefaultTable } from "./unmarked-text.ts";

/** What to assume where a broadcaster does not follow the standard, or follows another; see `textOptionsFor`. */
export interface TextOptions {
  /** What it was received with: ISDB-T's text is Japan's, DTMB's is Chinese. The decoders of tables see to that. */
  readonly system?: Delivery["system"];
  /** Whose text it is: of EN 300 468 (default), or of ISDB. */
  readonly standard?: "dvb" | "arib";
  /**
   * Table of text that names none. Default `iso-6937`, as the standard says. Whatever the default, text that is nothing but right
   * UTF-8 is read as that.
   */
  readonly default?: DefaultTable;
  /** Told of text that cannot be read at all and has become "": its encoding_type_id. For counters. */
  readonly onUnsupported?: (encodingTypeId: number) => void;
}

/** ISO/IEC 8859 parts by first byte 0x01..0x0B. @see EN 300 468 table A.3 */
const PARTS_BY_FIRST_BYTE = [0, 5, 6, 7, 8, 9, 10, 11, 0, 13, 14, 15];

const UTF8_MARK = 0x15;
/** CR/LF in one-byte tables, and its place in Unicode text. @see EN 300 468 tables A.1, A.2 */
const NEWLINE_BYTE = 0x8a;
const NEWLINE_UNICODE = "\uE08A";
const EMPHASIS_ON = 0x86;
const EMPHASIS_OFF = 0x87;

/**
 * Decodes broadcast text of whatever character table its first byte names, to Unicode. Emphasis marks and control characters are
 * taken out, CR/LF becomes a line feed; what cannot be decoded becomes U+FFFD; a character cut off at the end is left out.
 * Compressed text (0x1F) gives "": its code tables are not published.
 * @see EN 300 468 Annex A, ARIB STD-B24 part 1-2 §7.1
 */
export function decodeDvbText(bytes: Buffer, options: TextOptions = {}): string {
  if (options.standard === "arib") return decodeAribText(bytes);
  const first = bytes.length > 0 ? bytes.readUInt8(0) : 0x20;
  if (first >= 0x20) return decodeUnmarked(bytes, options.default);
  const rest = bytes.subarray(1);
  switch (first) {
    case 0x10:
      return bytes.length < 3 ? "" : decodeIso8859(bytes.subarray(3), bytes.readUInt16BE(1), options.default);
    case 0x11:
      return withoutUnicodeControls(decodeUcs2(rest));
    case 0x12:
      return decodeTwoByteTable("euc-kr", rest);
    case 0x13:
      return decodeTwoByteTable("gb18030", rest);
    case 0x14:
      return decodeBig5Subset(rest);
    case UTF8_MARK:
      return withoutUnicodeControls(decodeEncoding("utf-8", rest));
    case 0x1f:
      if (rest.length > 0) options.onUnsupported?.(rest.readUInt8(0));
      return "";
    default: {
      const part = PARTS_BY_FIRST_BYTE[first] ?? 0;
      return part === 0 ? decodeUnmarked(rest, options.default) : decodeIso8859(rest, part, options.default);
    }
  }
}

const EIGHT_BIT_PARTS: readonly (Encoding | "latin-1" | null)[] = [
  null,
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
  null,
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
];

/** @param part 1..15; there is no 12: read as text without a mark */
function decodeIso8859(bytes: Buffer, part: number, fallback?: DefaultTable): string {
  const encoding = EIGHT_BIT_PARTS[part] ?? null;
  if (encoding === null) return decodeUnmarked(bytes, fallback);
  const plain = withoutControls(bytes);
  if (encoding === "latin-1") return plain.toString("latin1");
  // The platform takes parts 9 and 11 for their Windows supersets: these differ in 0x80..0x9F only, where DVB has its control
  // codes, which are gone by now.
  const text = decodeEncoding(encoding, plain);
  // For the codes that part 11 leaves empty it has characters of private use.
  return part === 11 ? text.replace(/[\uF8C1-\uF8C8]/g, "\uFFFD") : text;
}

/**
 * KS X 1001 and GB 2312 have their characters at 0xA1A1 and above, which leaves 0x80..0x9F to the control codes; text that has
 * lead bytes there, or second bytes below 0xA1, is of the supersets (GBK, GB 18030).
 */
function decodeTwoByteTable(encoding: "euc-kr" | "gb18030", bytes: Buffer): string {
  const plain = isGraphicOnly(bytes) ? withoutControls(bytes) : bytes;
  return withoutUnicodeControls(decodeEncoding(encoding, plain));
}

/** Nothing but ASCII, emphasis, CR/LF, and pairs of bytes from 0xA1 up. */
function isGraphicOnly(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80 || byte === EMPHASIS_ON || byte === EMPHASIS_OFF || byte === NEWLINE_BYTE) continue;
    const second = bytes[++at];
    if (byte < 0xa1 || (second !== undefined && second < 0xa1)) return false;
  }
  return true;
}

/**
 * "Big5 subset of ISO/IEC 10646": which characters may occur, not how they are coded; they are two-byte as with 0x11. Some
 * broadcasters send real Big5 all the same: where the bytes make no Chinese text as UCS, and are all right as Big5.
 * @see EN 300 468 table A.3, note 3
 */
function decodeBig5Subset(bytes: Buffer): string {
  const ucs = decodeUcs2(bytes);
  if (!UNLIKELY_IN_CHINESE.test(ucs) && bytes.length % 2 === 0) return withoutUnicodeControls(ucs);
  return withoutUnicodeControls(decodeStrictly("big5", bytes) ?? ucs);
}

/** Control codes, scripts that no Chinese text mixes in, Hangul, private use but for DVB's control codes, what is undefined. */
const UNLIKELY_IN_CHINESE =
  /[\u0000-\u0009\u000B\u000C\u000E-\u001F\u0500-\u1FFF\uA000-\uE07F\uE0A0-\uF8FF\uFB00-\uFDFF\uFFFD]/;

/**
 * Encodes text: plain where it is ASCII, else UTF-8 (0x15). Line feeds become CR/LF codes, other control characters go.
 * @param limit most bytes; text beyond is cut between characters. Default: none
 * @see EN 300 468 Annex A
 */
export function encodeDvbText(text: string, limit = Infinity): Buffer {
  return splitDvbText(text, limit)[0] ?? Buffer.alloc(0);
}

/**
 * Encodes text into pieces of at most `limit` bytes that decode each on its own: one character table for all of them.
 * @param limit at least 5
 */
export function splitDvbText(text: string, limit: number): Buffer[] {
  const wanted = withoutUnicodeControls(text);
  const ascii = /^[\n\x20-\x7e]*$/.test(wanted);
  const mark = ascii ? [] : [UTF8_MARK];
  const whole = ascii
    ? Buffer.from(wanted.replaceAll("\n", String.fromCharCode(NEWLINE_BYTE)), "latin1")
    : Buffer.from(wanted.replaceAll("\n", NEWLINE_UNICODE), "utf8");
  const pieces: Buffer[] = [];
  for (let from = 0; from < whole.length;) {
    let to = Math.min(from + limit - mark.length, whole.length);
    while (!ascii && to < whole.length && (whole.readUInt8(to) & 0xc0) === 0x80) to--;
    pieces.push(Buffer.concat([Buffer.from(mark), whole.subarray(from, to)]));
    from = to;
  }
  return pieces;
}

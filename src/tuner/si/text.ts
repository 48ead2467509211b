import { TextDecoder } from "node:util";
import { decodeIso6937 } from "./iso-6937.ts";

/** What to assume where a broadcaster does not follow the standard. */
export interface TextOptions {
  /**
   * Table of text that names none. Default `iso-6937`, as the standard says; `latin-1` for networks that send ISO/IEC
   * 8859-1 unmarked (French satellite).
   */
  readonly default?: "iso-6937" | "latin-1";
}

/** ISO/IEC 8859 parts by first byte 0x01..0x0B. @see EN 300 468 table A.3 */
const PARTS_BY_FIRST_BYTE = [0, 5, 6, 7, 8, 9, 10, 11, 0, 13, 14, 15];

const UTF8_MARK = 0x15;
/** CR/LF in one-byte tables, and its place in Unicode text. @see EN 300 468 tables A.1, A.2 */
const NEWLINE_BYTE = 0x8a;
const NEWLINE_UNICODE = "\uE08A";

/**
 * Decodes DVB text of whatever character table its first byte names, to Unicode. Emphasis marks and control characters are
 * taken out, CR/LF becomes a line feed; what cannot be decoded becomes U+FFFD. Compressed text (0x1F) gives "".
 * @see EN 300 468 Annex A
 */
export function decodeDvbText(bytes: Buffer, options: TextOptions = {}): string {
  const first = bytes.length > 0 ? bytes.readUInt8(0) : 0x20;
  if (first >= 0x20) return decodeDefault(bytes, options);
  const rest = bytes.subarray(1);
  switch (first) {
    case 0x10:
      return bytes.length < 3 ? "" : decodeIso8859(bytes.subarray(3), bytes.readUInt16BE(1), options);
    case 0x11:
    // "Big5 subset of ISO/IEC 10646": which characters may occur, not how they are coded. They are two-byte as with 0x11.
    case 0x14:
      return clean(decodeWith("utf-16be", rest.subarray(0, rest.length & ~1)));
    case 0x12:
      return clean(decodeWith("euc-kr", rest));
    case 0x13:
      return clean(decodeWith("gbk", rest));
    case UTF8_MARK:
      return clean(decodeWith("utf-8", rest));
    case 0x1f:
      return "";
    default: {
      const part = PARTS_BY_FIRST_BYTE[first] ?? 0;
      return part === 0 ? decodeDefault(rest, options) : decodeIso8859(rest, part, options);
    }
  }
}

function decodeDefault(bytes: Buffer, options: TextOptions): string {
  const plain = withoutControls(bytes);
  return options.default === "latin-1" ? plain.toString("latin1") : decodeIso6937(plain);
}

function decodeIso8859(bytes: Buffer, part: number, options: TextOptions): string {
  const plain = withoutControls(bytes);
  if (part === 1) return plain.toString("latin1");
  if (part < 1 || part > 15 || part === 12) return decodeDefault(plain, options);
  // The platform takes parts 9 and 11 for their Windows supersets: these differ in 0x80..0x9F only, where DVB has its control
  // codes, which are gone by now.
  const text = decodeWith(`iso-8859-${part}`, plain);
  // For the codes that part 11 leaves empty it has characters of private use.
  return part === 11 ? text.replace(/[\uF8C1-\uF8C8]/g, "\uFFFD") : text;
}

const decoders = new Map<string, TextDecoder>();

function decodeWith(encoding: string, bytes: Buffer): string {
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding);
    decoders.set(encoding, decoder);
  }
  return decoder.decode(bytes);
}

const isControl = (byte: number): boolean => byte < 0x20 || (byte >= 0x7f && byte <= 0x9f);

/** One-byte tables: CR/LF to a line feed, other control codes away. The same buffer where there are none. */
function withoutControls(bytes: Buffer): Buffer {
  let first = 0;
  while (first < bytes.length && !isControl(bytes[first]!)) first++;
  if (first === bytes.length) return bytes;
  const kept = Buffer.from(bytes);
  let length = first;
  for (let at = first; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === NEWLINE_BYTE || byte === 0x0a) kept[length++] = 0x0a;
    else if (!isControl(byte)) kept[length++] = byte;
  }
  return kept.subarray(0, length);
}

/** The same for text that is Unicode already, with the control codes of the private use area as well. */
function clean(text: string): string {
  return text
    .replace(/[\u008A\uE08A]/g, "\n")

    .replace(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\uE080-\uE09F\uFEFF]/g, "");
}

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
  const wanted = clean(text);
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

import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";

/** What the platform's decoders are asked for. Node with full ICU data, which is how it is shipped, has them all. */
export const ENCODINGS = [
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
  "euc-kr",
  "gb18030",
  "big5",
  "euc-jp",
  "utf-8",
] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** null: this build of Node (small ICU) has no such table. */
const decoders = new Map<Encoding, TextDecoder | null>();

function decoderOf(encoding: Encoding): TextDecoder | null {
  const known = decoders.get(encoding);
  if (known !== undefined) return known;
  let made: TextDecoder | null;
  try {
    // A byte order mark is no part of broadcast text; it is taken out with the control codes.
    made = new TextDecoder(encoding, { ignoreBOM: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    made = null;
  }
  decoders.set(encoding, made);
  return made;
}

/** Tables that this build of Node lacks: text in them shows U+FFFD in place of what is not ASCII. */
export function missingEncodings(): Encoding[] {
  return ENCODINGS.filter((encoding) => decoderOf(encoding) === null);
}

/** Decodes; what the table does not have becomes U+FFFD, and a character that is cut off at the end is left out. */
export function decodeEncoding(encoding: Encoding, bytes: Buffer): string {
  const decoder = decoderOf(encoding);
  if (decoder === null) return bytes.toString("latin1").replace(/[\u0080-\u00FF]/g, "\uFFFD");
  const text = decoder.decode(bytes, { stream: true });
  // Ends the stream; what comes of it is the mark of the cut-off character.
  decoder.decode();
  return text;
}

/** @returns null unless every byte is right */
export function decodeStrictly(encoding: Encoding, bytes: Buffer): string | null {
  if (encoding === "utf-8") return isUtf8(bytes) ? bytes.toString("utf8") : null;
  // A decoder that throws would cost more than all else of a text.
  const text = decoderOf(encoding)?.decode(bytes) ?? "\uFFFD";
  return text.includes("\uFFFD") ? null : text;
}

/** Two-byte UCS, big endian, as far as whole characters go; a surrogate without its other half becomes U+FFFD. */
export function decodeUcs2(bytes: Buffer): string {
  const swapped = Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();
  return swapped.toString("utf16le").replace(LONE_SURROGATE, "\uFFFD");
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

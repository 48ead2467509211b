/**
 * The default character table of DVB text: ISO/IEC 6937 with the Euro sign at 0xA4. A byte 0xC1..0xCF is a diacritical
 * mark that comes *before* its letter; Unicode has it behind.
 * @see EN 300 468 Annex A, figure A.1
 */

const REPLACEMENT = "\uFFFD";

/** 0xA0..0xBF and 0xD0..0xFF; a space in this source stands for a code that the table leaves empty. */
const UPPER =
  "\u00A0¡¢£€¥ §¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿" + // A0..BF
  "                " + // C0..CF: marks
  "—¹®©™♪¬¦    ⅛⅜⅝⅞" + // D0..DF
  "\u2126ÆĐªĦ ĲĿŁØŒºÞŦŊŉ" + // E0..EF
  "ĸæđðħıĳŀłøœßþŧŋ\u00AD"; // F0..FF

/** Combining mark and the character that stands for the mark alone, from 0xC0 on. */
const MARKS: readonly (readonly [combining: string, alone: string] | null)[] = [
  null,
  ["\u0300", "`"],
  ["\u0301", "´"],
  ["\u0302", "^"],
  ["\u0303", "~"],
  ["\u0304", "¯"],
  ["\u0306", "˘"],
  ["\u0307", "˙"],
  ["\u0308", "¨"],
  // 0xC9 was the umlaut before diaeresis and umlaut became one.
  ["\u0308", "¨"],
  ["\u030A", "˚"],
  ["\u0327", "¸"],
  ["\u0332", "_"],
  ["\u030B", "˝"],
  ["\u0328", "˛"],
  ["\u030C", "ˇ"],
];

/**
 * Decodes text of the default table, control codes already taken out.
 * @returns in Unicode normalisation form C; U+FFFD for what the table does not define
 */
export function decodeIso6937(bytes: Buffer): string {
  let text = "";
  /** Where the run of ASCII begins that has not been taken over yet. */
  let plain = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80) continue;
    if (plain < at) text += bytes.toString("latin1", plain, at);
    const mark = byte >= 0xc0 && byte <= 0xcf ? MARKS[byte - 0xc0] : undefined;
    if (mark === undefined || mark === null) {
      text += single(byte);
    } else {
      const next = bytes[at + 1] ?? 0;
      if (next > 0x20 && (next < 0xc0 || next > 0xcf)) {
        text += single(next) + mark[0];
        at++;
      } else {
        // The mark has no letter to sit on: at the end, before another mark, or before the space that says so.
        text += mark[1];
        if (next === 0x20) at++;
      }
    }
    plain = at + 1;
  }
  if (plain === 0) return bytes.toString("latin1");
  return (text + bytes.toString("latin1", plain)).normalize("NFC");
}

function single(byte: number): string {
  if (byte < 0x80) return String.fromCharCode(byte);
  const character = byte >= 0xa0 ? UPPER.charAt(byte - 0xa0) : " ";
  return character === " " ? REPLACEMENT : character;
}

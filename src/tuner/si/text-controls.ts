/** CR/LF in one-byte tables. @see EN 300 468 table A.1 */
const NEWLINE_BYTE = 0x8a;

const isControl = (byte: number): boolean => byte < 0x20 || (byte >= 0x7f && byte <= 0x9f);

/** One-byte tables: CR/LF to a line feed, other control codes (emphasis among them) away. The same buffer where there are none. */
export function withoutControls(bytes: Buffer): Buffer {
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

/** The same for text that is Unicode already, with the control codes of the private use area as well. @see EN 300 468 table A.2 */
export function withoutUnicodeControls(text: string): string {
  return text
    .replace(/[\u008A\uE08A]/g, "\n")

    .replace(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\uE080-\uE09F\uFEFF]/g, "");
}

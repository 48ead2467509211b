import { CODE_ALPHABET } from "../protocol/pairing.ts";

/** So many letters of {@link CODE_ALPHABET}, each equally likely. */
export function randomLetters(random: (bytes: number) => Buffer, length: number): string {
  const letters = CODE_ALPHABET.length;
  const fair = 256 - (256 % letters);
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < fair && text.length < length) text += CODE_ALPHABET.charAt(byte % letters);
    }
  }
  return text;
}

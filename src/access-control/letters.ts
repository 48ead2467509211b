import { CODE_ALPHABET } from "../protocol/pairing.ts";
import { randomBelow } from "./bytes.ts";

/** So many letters of {@link CODE_ALPHABET}, each equally likely. */
export function randomLetters(random: (bytes: number) => Buffer, length: number): string {
  let letters = "";
  while (letters.length < length) letters += CODE_ALPHABET.charAt(randomBelow(random, CODE_ALPHABET.length));
  return letters;
}

import { CODE_ALPHABET, CODE_LENGTH } from "../../src/protocol/pairing.ts";

/**
 * What the code field shows for what was typed or pasted: `wdjbm` → `WDJB-M`. Letters no code has are dropped.
 * @param length letters of a whole code
 */
export function showCode(typed: string, length = CODE_LENGTH): string {
  const letters = [...typed.toUpperCase()].filter((letter) => CODE_ALPHABET.includes(letter));
  const groups = letters
    .slice(0, length)
    .join("")
    .match(/.{1,4}/g);
  return groups?.join("-") ?? "";
}

/** Letters and digits in what was typed that no code has, each once: to say so instead of silently eating them. */
export function strangeLetters(typed: string): string[] {
  const strange = [...typed.toUpperCase()].filter(
    (letter) => /[\p{L}\p{N}]/u.test(letter) && !CODE_ALPHABET.includes(letter),
  );
  return [...new Set(strange)];
}

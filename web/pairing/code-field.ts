import { CODE_ALPHABET, CODE_LENGTH, formatCode } from "../../src/protocol/pairing.ts";

/** What the code field shows for what was typed or pasted: `wdjbm` → `WDJB-M`. Letters no code has are dropped. */
export function showCode(typed: string): string {
  const letters = [...typed.toUpperCase()].filter((letter) => CODE_ALPHABET.includes(letter));
  const code = letters.slice(0, CODE_LENGTH).join("");
  return code.length > 4 ? formatCode(code) : code;
}

/** Letters and digits in what was typed that no code has, each once: to say so instead of silently eating them. */
export function strangeLetters(typed: string): string[] {
  const strange = [...typed.toUpperCase()].filter(
    (letter) => /[\p{L}\p{N}]/u.test(letter) && !CODE_ALPHABET.includes(letter),
  );
  return [...new Set(strange)];
}

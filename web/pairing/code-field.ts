import {
  CODE_ALPHABET,
  CODE_LENGTH,
  RECOVERY_LENGTH,
  normaliseCode,
  normaliseRecoveryCode,
} from "../../src/protocol/pairing.ts";

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

/** What the letters in the field are, or are on the way to be. */
export interface TypedCode {
  readonly kind: "code" | "recovery";
  /** All of it; null while letters are missing. */
  readonly code: string | null;
  readonly missing: number;
}

/**
 * One field takes both: a pairing code has eight letters, so whatever has more is a recovery code.
 * @param shown as {@link showCode} made it
 * @param wanted what the field asks for
 */
export function typedCode(shown: string, wanted: TypedCode["kind"]): TypedCode {
  const letters = shown.replaceAll("-", "").length;
  if (wanted === "code" && letters <= CODE_LENGTH)
    return { kind: "code", code: normaliseCode(shown), missing: CODE_LENGTH - letters };
  return { kind: "recovery", code: normaliseRecoveryCode(shown), missing: RECOVERY_LENGTH - letters };
}

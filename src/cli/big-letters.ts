import { CODE_ALPHABET } from "../protocol/pairing.ts";

/** The letters of a pairing code, five pixels by six each, rows from the top; in the alphabet's order. */
const GLYPHS = [
  "####. #...# ####. #...# #...# ####.", // B
  ".#### #.... #.... #.... #.... .####", // C
  "####. #...# #...# #...# #...# ####.", // D
  "##### #.... ####. #.... #.... #....", // F
  ".#### #.... #..## #...# #...# .####", // G
  "#...# #...# ##### #...# #...# #...#", // H
  "..### ...#. ...#. ...#. #..#. .##..", // J
  "#...# #..#. ###.. #.#.. #..#. #...#", // K
  "#.... #.... #.... #.... #.... #####", // L
  "#...# ##.## #.#.# #...# #...# #...#", // M
  "#...# ##..# #.#.# #..## #...# #...#", // N
  "####. #...# #...# ####. #.... #....", // P
  ".###. #...# #...# #.#.# #..#. .##.#", // Q
  "####. #...# #...# ####. #..#. #...#", // R
  ".#### #.... .###. ....# ....# ####.", // S
  "##### ..#.. ..#.. ..#.. ..#.. ..#..", // T
  "#...# #...# #...# .#.#. .#.#. ..#..", // V
  "#...# #...# #...# #.#.# ##.## #...#", // W
  "#...# .#.#. ..#.. ..#.. .#.#. #...#", // X
  "##### ...#. ..#.. .#... #.... #####", // Z
] as const;
const DASH = "..... ..... ..### ..... ..... .....";
const HEIGHT = 6;
/** Upper pixel set, lower pixel set → a character of half blocks. */
const BLOCKS = [" ", "▄", "▀", "█"] as const;

/** A code in letters three lines high; what is no letter of a code is shown as a dash. */
export function bigLetters(code: string): string {
  const glyphs = [...code].map((letter) => (GLYPHS[CODE_ALPHABET.indexOf(letter)] ?? DASH).split(" "));
  const lines: string[] = [];
  for (let row = 0; row < HEIGHT; row += 2) {
    const line = glyphs.map((glyph) => halfBlocks(glyph[row] ?? "", glyph[row + 1] ?? "")).join("  ");
    lines.push(`  ${line}`.trimEnd());
  }
  return lines.join("\n");
}

function halfBlocks(upper: string, lower: string): string {
  return [...upper]
    .map((pixel, column) => BLOCKS[(pixel === "#" ? 2 : 0) + (lower[column] === "#" ? 1 : 0)] ?? " ")
    .join("");
}

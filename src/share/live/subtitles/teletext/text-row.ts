import { characterOf, type CharacterSets } from "./character-sets.ts";

/** Characters side by side in the same colours. */
export interface TextSpan {
  /** As on the screen, from left to right, whatever the script's direction. */
  readonly text: string;
  /** 0 black, 1 red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan, 7 white */
  readonly foreground: number;
  /** As {@link TextSpan.foreground}. */
  readonly background: number;
}

/** What is in the boxes of a row, without the space around. */
export interface TextLine {
  /** 1..24 */
  readonly row: number;
  readonly spans: readonly TextSpan[];
  /** It covers the row below, too. */
  readonly doubleHeight: boolean;
  /** Of the first visible character, 0..39. */
  readonly column: number;
}

const COLUMNS = 40;
const BLACK = 0;
const WHITE = 7;

/** Spacing attributes. @see EN 300 706 §12.2 Table 26 */
const END_BOX = 0x0a;
const START_BOX = 0x0b;
const NORMAL_SIZE = 0x0c;
const DOUBLE_HEIGHT = 0x0d;
const DOUBLE_WIDTH = 0x0e;
const DOUBLE_SIZE = 0x0f;
const FIRST_MOSAIC = 0x10;
const LAST_MOSAIC = 0x17;
const CONCEAL = 0x18;
const OTHER_G0 = 0x1b;
const BLACK_BACKGROUND = 0x1c;
const NEW_BACKGROUND = 0x1d;

interface Cell {
  readonly character: string;
  readonly foreground: number;
  readonly background: number;
}

export interface DecodedRow {
  /** Null when nothing in it is to be seen. */
  readonly line: TextLine | null;
  /** Something in it, boxed or not, is of double height: the row below is not shown. */
  readonly coversNext: boolean;
}

/**
 * A row of a subtitle or newsflash page: only what is boxed is seen. Mosaics are spaces, and flashing text is text.
 * @param codes 40 codes, 0..0x7F, without parity
 * @param enhanced what stands in a column instead
 * @param second the other G0 set, which the ESC attribute changes to
 * @see EN 300 706 §12.2
 */
export function decodeRow(
  row: number,
  codes: Uint8Array,
  enhanced: (column: number) => string | undefined,
  sets: CharacterSets,
  second: CharacterSets | null,
): DecodedRow {
  const cells: (Cell | null)[] = [];
  let [foreground, background] = [WHITE, BLACK];
  let [boxed, mosaic, concealed, high, wide, covered] = [false, false, false, false, false, false];
  let [coversNext, doubleHeight] = [false, false];
  let g0 = sets.g0;
  for (let column = 0; column < COLUMNS; column++) {
    const code = codes[column] ?? 0x20;
    // These count from their own place on ("set-at") ...
    if (code === NORMAL_SIZE) [high, wide] = [false, false];
    else if (code === CONCEAL) concealed = true;
    else if (code === BLACK_BACKGROUND) background = BLACK;
    else if (code === NEW_BACKGROUND) background = foreground;
    if (!boxed) cells.push(null);
    else if (covered) cells.push({ character: "", foreground, background });
    else {
      const plain = code < 0x20 || (mosaic && code & 0x20) ? " " : characterOf(g0, code);
      const character = concealed ? " " : (enhanced(column) ?? plain);
      if (high && character !== " ") doubleHeight = true;
      cells.push({ character, foreground, background });
    }
    // The right half of a wide character has no character of its own.
    covered = wide && !covered && code >= 0x20;
    // ... and these from the next.
    if (code < 0x08 || (code >= FIRST_MOSAIC && code <= LAST_MOSAIC)) {
      foreground = code & 7;
      mosaic = code >= FIRST_MOSAIC;
      concealed = false;
    } else if (code === END_BOX) boxed = false;
    else if (code === START_BOX) boxed = true;
    else if (code >= DOUBLE_HEIGHT && code <= DOUBLE_SIZE) {
      high = code !== DOUBLE_WIDTH;
      wide = code !== DOUBLE_HEIGHT;
      coversNext ||= high;
    } else if (code === OTHER_G0 && second !== null) g0 = g0 === sets.g0 ? second.g0 : sets.g0;
  }
  return { line: lineOf(row, cells, doubleHeight), coversNext };
}

const isSpace = (cell: Cell | null): boolean => cell === null || cell.character.trim() === "";

function lineOf(row: number, cells: readonly (Cell | null)[], doubleHeight: boolean): TextLine | null {
  const column = cells.findIndex((cell) => !isSpace(cell));
  if (column < 0) return null;
  const spans: { text: string; foreground: number; background: number }[] = [];
  for (const cell of cells.slice(column, cells.findLastIndex((cell) => !isSpace(cell)) + 1)) {
    const last = spans.at(-1);
    // A space has no foreground, and what is between two boxes no background either.
    const { character, foreground, background } = cell ?? { character: " ", foreground: -1, background: -1 };
    const sameInk = foreground === last?.foreground || character.trim() === "";
    const samePaper = background === last?.background || cell === null;
    if (last && sameInk && samePaper) last.text += character;
    else spans.push({ text: character, foreground, background });
  }
  return { row, spans, doubleHeight, column };
}

import type { TextLine, TextSpan } from "../teletext/teletext-subtitles.ts";
import { colourClasses } from "./colours.ts";
import type { CuePayload } from "./webvtt-segment.ts";

const ROWS = 25;
const COLUMNS = 40;
/** A block that ends above this row is put where it was; the others where the player puts subtitles, above its controls and below nothing. */
const LOWER_PART = 17;
/** Columns that a line may be off the middle, or off its neighbours' edge: start boxes are of odd width. */
const MIDDLE = 2.5;
const EDGE = 1;

/**
 * Lines that stand next to each other are one cue, so that a player keeps them together; so are all in the lower part, where players would
 * put them together anyway (VLC 3 shows the first of two cues that begin at once twice, and the other not). From top to bottom.
 */
export function teletextCues(lines: readonly TextLine[]): CuePayload[] {
  const blocks: TextLine[][] = [];
  for (const line of lines) {
    const above = blocks.at(-1)?.at(-1);
    // Broadcasters leave one row free between lines of normal height.
    if (above && (line.row - below(above) <= 1 || below(above) > LOWER_PART)) blocks.at(-1)?.push(line);
    else blocks.push([line]);
  }
  return blocks.map((block) => ({
    text: block.map(cueLine).join("\n"),
    settings: [...vertical(block), ...horizontal(block)].join(" "),
  }));
}

/** The first row that the line does not cover. */
const below = (line: TextLine): number => line.row + (line.doubleHeight ? 2 : 1);

function vertical(block: readonly TextLine[]): string[] {
  const [first, last] = [block[0], block.at(-1)];
  if (!first || !last || below(last) > LOWER_PART) return [];
  return [`line:${Math.round((first.row / ROWS) * 100)}%`];
}

/** In the middle like what players do by themselves, at a common left or right edge, or around a middle of its own. */
function horizontal(block: readonly TextLine[]): string[] {
  const edges = block.map((line) => ({
    left: line.column,
    right: line.column + line.spans.reduce((width, span) => width + [...span.text].length, 0),
  }));
  const left = Math.min(...edges.map((edge) => edge.left));
  const right = Math.max(...edges.map((edge) => edge.right));
  const off = (edge: { left: number; right: number }): number => (edge.left + edge.right - COLUMNS) / 2;
  if (edges.every((edge) => Math.abs(off(edge)) <= MIDDLE)) return [];
  const sameLeft = edges.every((edge) => edge.left - left <= EDGE);
  const sameRight = edges.every((edge) => right - edge.right <= EDGE);
  const onTheLeft = off({ left, right }) < 0;
  if (sameLeft && (onTheLeft || !sameRight)) return [`position:${percent(left)}%`, "align:left"];
  if (sameRight) return [`position:${percent(right)}%`, "align:right"];
  return Math.abs(off({ left, right })) <= MIDDLE ? [] : [`position:${percent((left + right) / 2)}%`];
}

const percent = (column: number): number => Math.min(95, Math.max(5, Math.round((column / COLUMNS) * 100)));

function cueLine(line: TextLine): string {
  const text = joined(line.spans).map(cueSpan).join("").trim();
  return RIGHT_TO_LEFT.test(text) ? `${OVERRIDE}${text}${END_OVERRIDE}` : text;
}

/** Attributes take up a column each on the screen: between words, one space is what was meant. */
function joined(spans: readonly TextSpan[]): TextSpan[] {
  let spaced = true;
  return spans.map((span) => {
    const text = span.text.replace(/[ \u00a0]+/g, " ");
    const result = { ...span, text: spaced ? text.trimStart() : text };
    if (result.text !== "") spaced = result.text.endsWith(" ");
    return result;
  });
}

function cueSpan(span: TextSpan): string {
  const text = escapeCueText(span.text);
  const classes = colourClasses(span.foreground, span.background);
  return classes === "" || text === "" ? text : `<c${classes}>${text}</c>`;
}

/** @see W3C WebVTT §4.2.2 cue text */
export const escapeCueText = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/**
 * Teletext sends Hebrew and Arabic as they stand on the screen, from left to right; a player would turn them round a second time. The
 * override has them drawn in the order in which they came. @see Unicode UAX #9 §2.2
 */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const OVERRIDE = "\u202d";
const END_OVERRIDE = "\u202c";

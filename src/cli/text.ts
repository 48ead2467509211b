/** Text as a terminal shows it: its width, without what would steer the terminal. */

/** Takes two columns: East Asian wide and full-width characters (Unicode UAX #11), pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Takes none: combining marks and format characters. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that the text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/**
 * Names come from the air and from phones: control characters and direction overrides are taken out, so that none moves the
 * cursor or forges a line.
 */
export function printable(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, " ")
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}

/** The text in exactly `width` columns: filled with spaces, or shortened with an ellipsis. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const short = shorten(text, width);
  const fill = " ".repeat(Math.max(0, width - widthOf(short)));
  return align === "right" ? fill + short : short + fill;
}

/** The text in at most `width` columns. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = "";
  let used = 1;
  for (const character of text) {
    const more = widthOf(character);
    if (used + more > width) break;
    out += character;
    used += more;
  }
  return width > 0 ? `${out.trimEnd()}…` : "";
}

/** Words in lines of at most `width` columns; all but the first stand after `indent`, which is not counted. */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** `19:05`, in this machine's time zone. */
export function clockTime(at: Date): string {
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** `2026-11-20 19:05`, in this machine's time zone. */
export function dateTime(at: Date): string {
  const month = String(at.getMonth() + 1).padStart(2, "0");
  return `${at.getFullYear()}-${month}-${String(at.getDate()).padStart(2, "0")} ${clockTime(at)}`;
}

/** `6 s`, `12 min`, `1 h 20 min`: rounded. @param seconds 0 or more */
export function durationText(seconds: number): string {
  if (Math.round(seconds) < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`;
}

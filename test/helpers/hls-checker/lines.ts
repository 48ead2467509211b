import { readAttributes, type Attributes } from "./attributes.ts";
import { TAGS } from "./tags.ts";

/** A line of a playlist, read by the table of tags. */
export type Line =
  | { readonly kind: "uri"; readonly uri: string }
  | { readonly kind: "tag"; readonly name: string; readonly value: string; readonly attributes: Attributes };

export type Fault = (what: string) => void;

const NONE: Attributes = new Map();
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
const FORMS = {
  integer: /^\d{1,20}$/,
  date: DATE,
  extinf: /^\d+(\.\d+)?,.*$/,
  byterange: /^\d+(@\d+)?$/,
  text: /^.+$/,
} as const;

/** ISO 8601 with a time zone, as the standard wants it of a live playlist. */
export const isDate = (text: string): boolean => DATE.test(text) && Number.isFinite(Date.parse(text));

/**
 * The lines of a playlist, and what no playlist may hold: another first line, a byte order mark, unknown tags, tags of the
 * other kind of playlist, one twice that is allowed once, values of another form. @see draft-pantos-hls-rfc8216bis §4.1
 */
export function readLines(text: string, kind: "media" | "multivariant", fault: Fault): Line[] {
  if (text.startsWith("\uFEFF")) fault("begins with a byte order mark");
  const lines: Line[] = [];
  const seen = new Set<string>();
  let segments = false;
  const rows = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (rows[0] !== "#EXTM3U") fault("#EXTM3U is not the first line");
  if (rows.at(-1) !== "") fault("the last line has no end");
  for (const row of rows) {
    if (row === "") continue;
    if (/[\u0000-\u001f\u007f-\u009f]/.test(row)) fault(`a control character in "${row.slice(0, 40)}"`);
    if (!row.startsWith("#")) {
      if (/\s/.test(row)) fault(`white space in the address "${row.slice(0, 40)}"`);
      lines.push({ kind: "uri", uri: row });
      continue;
    }
    if (!row.startsWith("#EXT")) continue; // a comment
    const colon = row.indexOf(":");
    const name = row.slice(1, colon < 0 ? undefined : colon);
    const value = colon < 0 ? "" : row.slice(colon + 1);
    const rule = TAGS[name];
    if (rule === undefined) {
      fault(`the tag ${name} is not known`);
      continue;
    }
    const say: Fault = (what) => fault(`${name}: ${what}`);
    if (rule.scope !== "both" && rule.scope !== kind) say(`belongs into a ${rule.scope} playlist`);
    if (rule.once && seen.has(name)) say("stands there twice");
    if (rule.header === true && segments) say("stands behind a segment");
    seen.add(name);
    if (name === "EXTINF" || name === "EXT-X-PART") segments = true;
    let attributes = NONE;
    if (typeof rule.value === "object") attributes = readAttributes(value, rule.value, say);
    else if (rule.value === "none") {
      if (colon >= 0) say("takes no value");
    } else if (!FORMS[rule.value].test(value)) say(`"${value}" is no ${rule.value}`);
    lines.push({ kind: "tag", name, value, attributes });
  }
  return lines;
}

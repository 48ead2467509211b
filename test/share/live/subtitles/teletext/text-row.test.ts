import t from "tap";
import { designate, designated } from "../../../../../src/share/live/subtitles/teletext/character-sets.ts";
import { decodeRow, type DecodedRow } from "../../../../../src/share/live/subtitles/teletext/text-row.ts";
import { codes } from "./teletext-builder.ts";

const ENGLISH = designate(null, 0, null);
const HEBREW = designated(10 * 8 + 5);

/** Numbers are attributes, strings text. */
function row(...content: readonly (number | string)[]): DecodedRow {
  const line = content.flatMap((part) => (typeof part === "string" ? codes(part) : [part]));
  const full = Uint8Array.from([...line, ...new Array<number>(40).fill(0x20)].slice(0, 40));
  return decodeRow(20, full, () => undefined, ENGLISH, HEBREW);
}
const spans = (...content: readonly (number | string)[]): string =>
  (row(...content).line?.spans ?? [])
    .map(({ text, foreground, background }) => `${foreground}${background}[${text}]`)
    .join("");
const [BOX, END] = [0x0b, 0x0a];

t.test("teletext row: only what is boxed is seen", (t) => {
  t.equal(spans("outside"), "");
  t.equal(spans("out", BOX, BOX, " in ", END, END, "out"), "70[in]");
  t.equal(row("out", BOX, BOX, " in ", END, END).line?.column, 6);
  t.equal(spans(BOX, "one start is enough", END, "out"), "70[one start is enough]");
  t.equal(spans(BOX, BOX, "a", END, END, "x", BOX, BOX, "b"), "70[a     b]", "two boxes, and no end");
  t.equal(row(BOX, BOX, "   ", END).line, null, "an empty box");
  t.end();
});

t.test("teletext row: colours", (t) => {
  t.equal(spans(BOX, BOX, "a", 3, "b", END, END), "70[a ]30[b]", "the attribute takes up a space");
  t.equal(spans(BOX, BOX, 4, 0x1d, 6, "b c", 0x1c, "d"), "64[b c]60[ d]");
  t.equal(spans(2, BOX, BOX, "early", 7, 2, "same"), "20[early  same]", "a space has no ink of its own");
  t.equal(
    spans(BOX, BOX, "a", 0x13, "xA#", 0x07, "b"),
    "70[a  ]30[A  ]70[b]",
    "mosaics are spaces, capitals letters",
  );
  t.end();
});

t.test("teletext row: sizes, hidden text, the other set", (t) => {
  t.match(row(0x0d, BOX, BOX, "tall"), { line: { doubleHeight: true }, coversNext: true });
  t.match(row(BOX, BOX, "small"), { line: { doubleHeight: false }, coversNext: false });
  t.match(row(0x0d, 0x0c, BOX, BOX, "small"), { line: { doubleHeight: false }, coversNext: true });
  t.equal(spans(0x0e, BOX, BOX, "w?i?d?e? ", 0x0c, "so"), "70[wide so]", "the right half has no character");
  t.equal(spans(BOX, BOX, "a", 0x18, "hidden", 3, "b"), "70[a        ]30[b]");
  t.equal(spans(BOX, BOX, "abc", 0x1b, "`az", 0x1b, "abc"), "70[abc אבת abc]");
  t.end();
});

t.test("teletext: the language decides where no packet designates a character set", (t) => {
  const bracket = (language: string | null, national: number): string =>
    designate(null, national, language).g0["[".charCodeAt(0) - 0x20] ?? "";
  t.equal(bracket(null, 0), "←");
  t.equal(bracket("pol", 0), "Ż");
  t.equal(bracket("pol", 1), "Ä", "the header's option counts");
  t.equal(bracket("hrv", 5), "Ć");
  t.equal(bracket("srp", 0), "Ћ", "Serbian is written in both");
  t.equal(bracket("spa", 5), "á");
  t.equal(bracket("heb", 5), "←");
  t.equal(designate(0x27, 0, "pol").g0, designate(null, 0, "srp").g0, "what is designated is not overruled");
  t.equal(designate(0x7f, 1, null).g0, designate(null, 1, null).g0, "reserved");
  t.end();
});

import t from "tap";
import type { TextLine } from "../../../../../src/share/live/subtitles/teletext/teletext-subtitles.ts";
import { teletextCues } from "../../../../../src/share/live/subtitles/webvtt/teletext-cues.ts";

/** @param parts text, in white on black, or with its colours */
function line(
  row: number,
  column: number,
  parts: string | readonly [text: string, foreground: number, background?: number][],
  doubleHeight = true,
): TextLine {
  const spans = typeof parts === "string" ? [[parts, 7] as const] : parts;
  return {
    row,
    column,
    doubleHeight,
    spans: spans.map(([text, foreground, background = 0]) => ({ text, foreground, background })),
  };
}
const cues = (...lines: TextLine[]): string[] =>
  teletextCues(lines).map(({ text, settings }) => (settings === "" ? text : `{${settings}} ${text}`));

t.test("cues of teletext: lines that stand together are one cue", (t) => {
  t.same(cues(line(20, 14, "in the middle"), line(22, 15, "of the row")), ["in the middle\nof the row"]);
  t.same(
    cues(line(2, 16, "at top", true), line(22, 15, "at bottom")),
    ["{line:8%} at top", "at bottom"],
    "what was high up stays there",
  );
  t.same(cues(line(20, 16, "with a", false), line(22, 16, "free row", false)), ["with a\nfree row"]);
  t.same(cues(line(17, 17, "low", false), line(23, 16, "lower", false)), ["low\nlower"]);
  t.same(cues(line(16, 16, "ends low")), ["ends low"]);
  t.same(cues(line(15, 16, "ends high")), ["{line:60%} ends high"]);
  t.same(cues(), []);
  t.end();
});

t.test("cues of teletext: left, right and between", (t) => {
  t.same(cues(line(22, 2, "left")), ["{position:5% align:left} left"]);
  t.same(cues(line(22, 4, "left"), line(24, 4, "and left")), ["{position:10% align:left} left\nand left"]);
  t.same(cues(line(22, 30, "right")), ["{position:88% align:right} right"]);
  t.same(cues(line(20, 20, "- Who?"), line(22, 20, "- Nobody at all.")), [
    "{position:50% align:left} - Who?\n- Nobody at all.",
  ]);
  t.same(cues(line(20, 2, "a long line"), line(22, 5, "short")), ["{position:19%} a long line\nshort"]);
  t.same(cues(line(20, 1, "the line that fills its row all along"), line(22, 16, "middle")), [
    "the line that fills its row all along\nmiddle",
  ]);
  t.end();
});

t.test("cues of teletext: colours are classes, and signs are escaped", (t) => {
  t.same(
    cues(
      line(22, 8, [
        ["white ", 7],
        ["yellow ", 3],
        ["on blue", 3, 4],
        [" red", 1],
      ]),
    ),
    ["white <c.yellow>yellow </c><c.yellow.bg_blue>on blue</c><c.red> red</c>"],
  );
  t.same(
    cues(
      line(22, 16, [
        ["a  ", 2],
        ["  b   c", 6],
      ]),
    ),
    ["<c.lime>a </c><c.cyan>b c</c>"],
    "one space is meant",
  );
  t.same(cues(line(22, 15, "R&B <3 -->")), ["R&amp;B &lt;3 --&gt;"]);
  t.same(cues(line(22, 16, "םולש")), ["\u202dםולש\u202c"], "drawn as it stood on the screen");
  t.end();
});

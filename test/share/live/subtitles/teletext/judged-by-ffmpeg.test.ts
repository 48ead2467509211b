import { readFileSync } from "node:fs";
import t from "tap";
import { capture, skipWithout } from "../../../../helpers/captures.ts";
import { decode, judge, skipWithoutZvbi, textOf } from "./judge.ts";
import * as build from "./teletext-builder.ts";
import type { Line } from "./teletext-builder.ts";
import { teletextStream } from "./teletext-stream.ts";

const skip = skipWithoutZvbi();
const PAGE = { magazine: 8, page: 0x88, language: null, hearingImpaired: false };
const STEP = 180_000;

/** A stream that shows these pages one after another, two seconds each, and clears the last one. */
function pages(
  contents: readonly (readonly Line[])[],
  national: (index: number) => number = () => 0,
): Buffer {
  const shown = contents.map((lines, index) => [
    build.header({ magazine: 8, page: 0x88, national: national(index) }),
    ...lines,
    build.filling(8),
  ]);
  const clear = [build.header({ magazine: 8, page: 0x88 }), build.filling(8)];
  return teletextStream([...shown, clear].map((lines, index) => ({ pts: STEP * (index + 1), lines })));
}

const canonical = (text: string): string[] => [...text.normalize("NFC").replaceAll("\u00a0", " ").trim()];

/** The region and national option of every designation that is not reserved. @see EN 300 706 Table 32 */
const DESIGNATED: readonly [region: number, nationals: readonly number[]][] = [
  [0, [0, 1, 2, 3, 4, 5, 6]],
  [1, [0, 1, 2, 3, 4, 6]],
  [2, [0, 1, 2, 3, 4, 5, 6]],
  [3, [5, 7]],
  [4, [0, 1, 2, 3, 4, 5, 6]],
  [6, [6, 7]],
  [8, [0, 4, 7]],
  [10, [5, 7]],
];

/** Where libzvbi has the letter that the glyph in the standard's table looks like, and ours the one that the language has: region and theirs, ours. */
const BETTER = new Map([
  ["1 Ƶ", "Ż"], // Polish
  ["4 ȩ", "ę"], // Lithuanian
  ["3 Ţ", "Ț"],
  ["3 ţ", "ț"],
  ["3 Ş", "Ș"], // Romanian
  ["3 ş", "ș"],
  ["3 Ǎ", "Ă"],
  ["3 ǎ", "ă"],
  ["3 Í", "Î"],
  ["3 Ð", "Đ"], // Croatian
  ["3 ð", "đ"],
  ["4 Ѝ", "Й"], // Russian, Bulgarian, Ukrainian
  ["4 ѝ", "й"],
  ["4 ï", "ї"], // Ukrainian
  ["6 ʹ", "΄"], // Greek
  ["2 \ue800", "₺"], // Turkish
  ["6 \ue800", "₺"],
  ["10 #", "£"], // Hebrew has # elsewhere
]);
/** libzvbi has no Unicode for Arabic. */
const isPrivate = (character: string): boolean => /[\ue000-\uf8ff]/.test(character);

t.test(
  "teletext: every character of every national option and script is what libzvbi reads",
  { skip },
  (t) => {
    const all = DESIGNATED.flatMap(([region, nationals]) =>
      nationals.map((national) => ({ region, national })),
    );
    const thirds = [0, 1, 2].map((third) => Array.from({ length: 32 }, (_, i) => 0x20 + third * 32 + i));
    const ts = pages(
      all.map(({ region, national }) => [
        build.designation(8, 28, region * 8 + national),
        // A letter at both ends, so that spaces stay.
        ...thirds.map((codes, i) =>
          build.boxed(8, 18 + 2 * i, [0x42, ...codes, 0x42], { column: 2, doubleHeight: false }),
        ),
      ]),
      (index) => all[index]?.national ?? 0,
    );
    const theirs = judge(ts, "888");
    const ours = decode(ts, PAGE).slice(0, -1);
    t.equal(theirs.length, all.length);
    t.equal(ours.length, all.length);
    let [same, better, unjudged] = [0, 0, 0];
    const wrong: string[] = [];
    ours.forEach((display, index) => {
      t.equal((display.at - STEP) / 90, theirs[index]?.at, "at the same time");
      textOf(display).forEach((line, i) => {
        const judged = canonical(theirs[index]?.lines[i] ?? "");
        canonical(line).forEach((character, place) => {
          const other = judged[place] ?? "";
          if (character === other) same++;
          else if (BETTER.get(`${all[index]?.region} ${other}`) === character) better++;
          else if (isPrivate(other)) unjudged++;
          else wrong.push(`${JSON.stringify(all[index])} ${character} ${other}`);
        });
      });
    });
    t.same(wrong, []);
    t.comment(`${same} the same, ${better} of another opinion, ${unjudged} not judged`);
    t.ok(same > 3000 && better < 40);
    t.end();
  },
);

/** The letters that have an accent in some language: of others libzvbi makes no text at all. @see ISO/IEC 6937 */
const ACCENTED = new Map([
  [1, "AEIOU"],
  [2, "ACEILNORSUYZ"],
  [3, "ACEGHIJOSUWY"],
  [4, "AINOU"],
  [5, "AEIOU"],
  [6, "AGU"],
  [7, "CEGZ"],
  [8, "AEIOUY"],
  [10, "AU"],
  [11, "CGKLNRST"],
  [13, "OU"],
  [14, "AEIU"],
  [15, "CDELNRSTZ"],
]);

t.test("teletext: characters of the G2 set and accents (X/26) are what libzvbi reads", { skip }, (t) => {
  /** Rows that are the same twice would be the same page to libzvbi. */
  const FILLERS = [".", "-"];
  let page = 0;
  const over = (mode: number, codes: readonly number[]): Line[] => {
    const fill = build.codes(FILLERS[page++ % 2] ?? "");
    const halves = [codes.slice(0, 26), codes.slice(26)];
    const triplets = halves.flatMap((half, i) => [
      build.activeRow(20 + 2 * i),
      ...half.map((code, column) => build.character(5 + column, mode, code)),
    ]);
    return [...[0, 1, 2, 3, 4].map((code) => triplets.slice(code * 13, code * 13 + 13))]
      .flatMap((part, code) => (part.length > 0 ? [build.enhancement(8, code, part)] : []))
      .concat(
        halves.map((half, i) =>
          // The letters themselves below: what the enhancement cannot make stays as it is.
          build.boxed(8, 20 + 2 * i, [...fill, ...half.flatMap(() => fill), ...fill], {
            column: 4,
            doubleHeight: false,
          }),
        ),
      );
  };
  const g2 = Array.from({ length: 96 }, (_, i) => 0x20 + i);
  const ts = pages([
    over(build.G2, g2.slice(0, 52)),
    over(build.G2, g2.slice(52)),
    over(build.accent(0), g2.slice(0, 52)),
    over(build.accent(0), g2.slice(52)),
    ...[...ACCENTED].map(([accent, letters]) =>
      over(build.accent(accent), build.codes(letters + letters.toLowerCase())),
    ),
  ]);
  const theirs = judge(ts, "888");
  const ours = decode(ts, PAGE).slice(0, -1);
  t.equal(theirs.length, 4 + ACCENTED.size);
  t.equal(ours.length, 4 + ACCENTED.size);
  let [same, only] = [0, 0];
  const wrong: string[] = [];
  ours.forEach((display, index) =>
    textOf(display).forEach((line, i) => {
      const judged = canonical(theirs[index]?.lines[i] ?? "");
      canonical(line).forEach((character, place) => {
        const other = judged[place] ?? "";
        if (character === other) same++;
        else if (character === "|" && other === "¦") only++;
        else wrong.push(`page ${index} ${character} ${other}`);
      });
    }),
  );
  t.same(wrong, []);
  t.comment(`${same} the same, ${only} of another opinion`);
  t.ok(same > 300);
  t.end();
});

t.test("teletext: what is shown and in which colour is what libzvbi shows", { skip }, (t) => {
  const text = (content: string): number[] => build.codes(content);
  const ts = pages([
    [build.boxed(8, 20, "two lines"), build.boxed(8, 22, "of double height")],
    // A row that a double-height one covers.
    [build.boxed(8, 20, "above"), build.boxed(8, 21, "covered", { doubleHeight: false })],
    // Mosaics, with capitals among them that are letters all the same.
    [build.boxed(8, 22, [...text("a"), 0x13, ...text("xyzABC"), 0x07, ...text("b")])],
  ]);
  const theirs = judge(ts, "888");
  const ours = decode(ts, PAGE).slice(0, -1);
  // libzvbi draws mosaics with signs: what counts is the letters.
  const letters = (lines: readonly string[]): string =>
    lines
      .join(" ")
      .replace(/[^A-Za-z ]/g, " ")
      .replace(/ +/g, " ")
      .trim();
  t.same(
    ours.map((display) => letters(textOf(display))),
    theirs.map(({ lines }) => letters(lines)),
  );

  const coloured = pages([
    [
      build.boxed(
        8,
        22,
        [1, 2, 3, 4, 5, 6, 7].flatMap((colour) => [colour, ...text(`c${colour}`)]),
        { column: 3 },
      ),
    ],
  ]);
  const [judged] = judge(coloured, "888", "ass");
  const found = [...(judged?.lines.join("") ?? "").matchAll(/\{\\c&H(\w\w)(\w\w)(\w\w)&\}c(\d)/g)];
  const spans = decode(coloured, PAGE)[0]?.lines[0]?.spans ?? [];
  const colourOf = (colour: number): string => [4, 2, 1].map((bit) => (colour & bit ? "FF" : "00")).join("");
  t.ok(found.length >= 6, "colours are there");
  for (const [, blue = "", green = "", red = "", digit = ""] of found) {
    const span = spans.find((candidate) => candidate.text.trim() === `c${digit}`);
    t.equal(colourOf(span?.foreground ?? -1), blue + green + red, `colour ${digit}`);
  }
  t.end();
});

const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";

t.test("teletext: a broadcast's live subtitles", { skip: skip || skipWithout(RAI) }, (t) => {
  const path = capture(RAI) ?? "";
  const page = { magazine: 7, page: 0x77, language: "ita", hearingImpaired: false };
  const ours = decode(readFileSync(path), page, 3402);
  const theirs = judge(path, "777", "text", "0:i:0x241");
  t.same(
    ours.map(textOf),
    theirs.map(({ lines }) => lines),
  );
  t.match(textOf(ours.at(-1)).join(" "), /^Tu stavi facendo sicuramente cose/);
  t.ok(ours.every(({ at }, index) => index === 0 || at > (ours[index - 1]?.at ?? 0)));
  t.comment(ours.map((display) => `${display.at} ${textOf(display).join("/")}`).join("; "));
  t.end();
});

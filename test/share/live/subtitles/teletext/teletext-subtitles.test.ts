import t from "tap";
import {
  TeletextSubtitles,
  type TextDisplay,
} from "../../../../../src/share/live/subtitles/teletext/teletext-subtitles.ts";
import { textOf } from "./judge.ts";
import * as build from "./teletext-builder.ts";
import type { Line } from "./teletext-builder.ts";

const SECOND = 90_000;
const M = 8;

/** A page 888 under test: what was shown, as `time text/text`. */
class Bench {
  readonly displays: TextDisplay[] = [];
  readonly subtitles: TeletextSubtitles;

  constructor(language: string | null = null) {
    this.subtitles = new TeletextSubtitles({
      page: { magazine: M, page: 0x88, language, hearingImpaired: false },
      show: (display) => this.displays.push(display),
    });
  }

  /** @param seconds PTS */
  push(seconds: number, ...lines: readonly Line[]): this {
    this.subtitles.push(build.pesData(lines), seconds * SECOND);
    return this;
  }

  take(): string[] {
    return this.displays
      .splice(0)
      .map((display) => `${display.at / SECOND} ${textOf(display).join("/")}`.trim());
  }
}

const head = (spec: Partial<build.HeaderSpec> = {}): Line =>
  build.header({ magazine: M, page: 0x88, ...spec });
const text = (content: string, row = 20): Line => build.boxed(M, row, content);
const end = build.filling(M);

t.test("teletext: a page is shown with its end, at the time of its header", (t) => {
  const bench = new Bench().push(1, head(), text("Hello"), text("there", 22));
  t.same(bench.take(), [], "more may come");
  t.same(bench.push(1.04, end).take(), ["1 Hello/there"]);
  t.same(bench.push(3, head(), end).take(), ["3"], "cleared");
  t.same(
    bench.push(4, head(), text("Again"), head(), end).take(),
    ["4 Again", "4"],
    "the same page ends it, too",
  );
  t.end();
});

t.test("teletext: which header ends the page", (t) => {
  const other = build.header({ magazine: 1, page: 0x00, subtitle: false });
  t.same(new Bench().push(1, head(), text("a"), other, text("b", 22), end).take(), ["1 a/b"], "parallel");
  const serial = build.header({ magazine: 1, page: 0x00, subtitle: false, serial: true });
  t.same(
    new Bench().push(1, head({ serial: true }), text("a"), serial, text("b", 22), end).take(),
    ["1 a"],
    "serial: what comes behind is of another page",
  );
  const next = build.header({ magazine: M, page: 0x89 });
  t.same(new Bench().push(1, head(), text("a"), next, text("other", 22), end).take(), ["1 a"]);
  t.same(new Bench().push(1, next, text("other"), end).take(), []);
  t.same(new Bench().push(1, text("no header yet"), end).take(), []);
  t.end();
});

t.test("teletext: a page whose end does not come is shown all the same", (t) => {
  const bench = new Bench().push(1, head(), text("a"));
  bench.push(1.04, text("b", 22));
  t.same(bench.take(), [], "rows still come");
  t.same(bench.push(1.08, build.filling(1)).take(), ["1 a/b"], "a packet with nothing of it");
  t.same(bench.push(1.12, text("late", 23), end).take(), [], "row 23 is covered by row 22: nothing new");
  t.end();
});

t.test("teletext: more rows after all replace what was told of the same moment", (t) => {
  const bench = new Bench().push(1, head(), text("a")).push(1.04);
  t.same(bench.take(), ["1 a"]);
  t.same(bench.push(1.08, text("b", 22), end).take(), ["1 a/b"]);
  t.end();
});

t.test("teletext: the clock shows what waits", (t) => {
  const bench = new Bench().push(1, head(), text("a"));
  bench.subtitles.tick(1.4 * SECOND);
  t.same(bench.take(), []);
  bench.subtitles.tick(1.6 * SECOND);
  t.same(bench.take(), ["1 a"]);
  bench.push(5, head());
  t.same(bench.take(), [], "a header alone: its rows may be on the way");
  bench.push(5.1, build.filling(1));
  t.same(bench.take(), []);
  bench.subtitles.tick(5.3 * SECOND);
  t.same(bench.take(), ["5"]);
  t.end();
});

t.test("teletext: what waits is told when somebody cannot wait", (t) => {
  const bench = new Bench().push(1, head());
  bench.subtitles.flush();
  t.same(bench.take(), [], "a header alone says nothing yet");
  bench.push(1.04, text("a"));
  bench.subtitles.flush();
  t.same(bench.take(), ["1 a"]);
  bench.subtitles.flush();
  t.same(bench.push(1.08, end).take(), [], "once");
  t.end();
});

t.test("teletext: the same again is nothing new", (t) => {
  const bench = new Bench();
  for (const at of [1, 2, 3]) bench.push(at, head(), text("a"), end);
  t.same(bench.take(), ["1 a"]);
  bench.push(4, head({ erase: false }), end);
  t.same(bench.take(), [], "not erased: the rows are still there");
  bench.push(5, head({ erase: false }), text("b", 22), end);
  t.same(bench.take(), ["5 a/b"]);
  bench.push(6, head({ inhibit: true }), text("a"), end);
  t.same(bench.take(), ["6"], "not for display");
  t.end();
});

t.test("teletext: text that the broadcaster forgot goes away", (t) => {
  const bench = new Bench().push(1, head(), text("a"), end);
  bench.subtitles.tick(60 * SECOND);
  bench.take();
  bench.subtitles.tick(62 * SECOND);
  t.same(bench.take(), ["62"]);
  bench.subtitles.tick(200 * SECOND);
  t.same(bench.take(), []);
  t.end();
});

t.test("teletext: damage", (t) => {
  const damaged = (line: Line, place: number, bits: number): Line =>
    line.map((byte, index) => (index === place ? byte ^ bits : byte));
  const bench = new Bench().push(1, head(), damaged(text("abc"), 2 + 9, 0x04), end);
  t.same(bench.take(), ["1 a c"], "wrong parity is a space");
  bench.push(2, head({ erase: false }), damaged(text("abc"), 2 + 8, 0x04), end);
  t.same(bench.take(), ["2 abc"], "what was received before stays, and is mended");
  bench.push(3, head(), damaged(text("lost"), 0, 0x03), end);
  t.same(bench.take(), ["3"], "an address of no magazine");
  bench.push(4, damaged(head(), 2, 0x03), text("of which page?"), end);
  t.same(bench.take(), []);
  bench.push(5, damaged(damaged(head(), 3, 0x10), 0, 0x10), text("mended"), end);
  t.same(bench.take(), ["5 mended"]);
  t.end();
});

t.test("teletext: jumps and reset", (t) => {
  const bench = new Bench().push(1000, head(), text("before"));
  t.same(
    bench.push(10, text("after", 22), end).take(),
    [],
    "halves of two transmissions are not put together",
  );
  t.same(bench.push(11, head(), text("new"), end).take(), ["11 new"]);
  bench.subtitles.reset();
  t.same(bench.push(12, head(), text("new"), end).take(), ["12 new"], "told in any case");
  const sparse = new Bench().push(20, head(), text("one"), text("two", 22));
  t.same(sparse.push(50, text("nobody's")).take(), ["20 one/two"], "a stream of nothing but subtitles");
  t.same(sparse.push(51, end).take(), []);
  const wrap = new Bench()
    .push((2 ** 33 - 1) / SECOND, head(), text("over"))
    .push(0.04, text("the edge", 22), end);
  t.same(
    wrap.take().map((shown) => shown.split(" ").slice(1).join(" ")),
    ["over/the edge"],
    "33 bits turn over",
  );
  t.end();
});

t.test("teletext: character sets of the page, of the magazine and of the language", (t) => {
  const bench = new Bench();
  t.same(bench.push(1, build.designation(M, 29, 36), head({ national: 4 }), text("Abc"), end).take(), [
    "1 Абц",
  ]);
  t.same(
    bench.push(2, head(), build.designation(M, 28, 8), text("[\\]"), end).take(),
    ["2 ŻŚŁ"],
    "the page's own goes before the magazine's",
  );
  t.same(bench.push(3, head({ national: 4 }), text("Abc"), end).take(), ["3 Абц"], "for that time only");
  t.same(new Bench("pol").push(1, head(), text("[\\]"), end).take(), ["1 ŻŚŁ"]);
  t.end();
});

t.test("teletext: enhancements belong to the rows with which they came", (t) => {
  const bench = new Bench();
  const caron = build.enhancement(M, 0, [build.activeRow(20), build.character(8, build.accent(15), 0x63)]);
  t.same(bench.push(1, head(), caron, text("cas"), end).take(), ["1 čas"], "before the row");
  t.same(bench.push(2, head(), text("c."), caron, end).take(), ["2 č."], "or behind it");
  t.same(bench.push(3, head(), text("cas"), end).take(), ["3 cas"], "erased");
  bench.push(4, head(), caron, text("cas"), end);
  bench.take();
  t.same(
    bench.push(5, head({ erase: false }), text("x", 22), end).take(),
    ["5 čas/x"],
    "others leave them alone",
  );
  t.same(
    bench.push(6, head({ erase: false }), text("bok"), end).take(),
    ["6 bok/x"],
    "another text in their row",
  );
  t.end();
});

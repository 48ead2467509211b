import t from "tap";
import { createLog } from "../../src/kernel/log.ts";
import { SparingLog } from "../../src/kernel/log-sparingly.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

interface Line {
  level: number;
  msg: string;
  [field: string]: unknown;
}

function book(lines?: number): { clock: FakeClock; log: SparingLog; said: () => unknown[] } {
  const clock = new FakeClock();
  const read: Line[] = [];
  const destination = { write: (line: string) => void read.push(JSON.parse(line) as Line) };
  const log = new SparingLog(createLog({ destination }).child({ module: "m" }), clock, lines);
  const said = (): unknown[] =>
    read
      .splice(0)
      .map(({ level, msg, from, times }) => [level, msg, from, ...(times === undefined ? [] : [times])]);
  return { clock, log, said };
}

t.test("sparing log: one line at once, then one a minute with the count", (t) => {
  const { clock, log, said } = book();
  for (let n = 1; n <= 5; n++) log.warn({ from: n }, "refused");
  log.info({ from: 1 }, "other");
  t.same(said(), [
    [40, "refused", 1],
    [30, "other", 1],
  ]);
  clock.advance(60_000);
  t.same(said(), [[40, "refused", 5, 4]], "what was left out, as the last would have said it");
  log.warn({ from: 6 }, "refused");
  t.same(said(), [], "that line is this minute's");
  clock.advance(60_000);
  t.same(said(), [[40, "refused", 6, 1]]);
  clock.advance(60_000);
  t.same(said(), [], "nothing more to say");
  log.warn({ from: 7 }, "refused");
  t.same(said(), [[40, "refused", 7]]);
  t.end();
});

t.test("sparing log: a flood of a day is a line a minute", (t) => {
  const { clock, log, said } = book();
  for (let second = 0; second < 86_400; second++) {
    for (let n = 0; n < 3; n++) log.error({ from: second }, "refused");
    clock.advance(1000);
  }
  const lines = said();
  t.ok(lines.length <= 1441, `${lines.length} lines`);
  const times = (lines as unknown[][]).map((line) => (line[3] as number | undefined) ?? 1);
  t.equal(
    times.reduce((a, b) => a + b, 0),
    3 * 86_400,
    "each is counted",
  );
  t.end();
});

t.test("sparing log: a few lines of each, where clients are", (t) => {
  const { clock, log, said } = book(3);
  for (let n = 1; n <= 5; n++) log.info({ from: n }, "started");
  t.equal(said().length, 3);
  clock.advance(60_000);
  t.same(said(), [[30, "started", 5, 2]]);
  for (let n = 6; n <= 9; n++) log.info({ from: n }, "started");
  t.equal(said().length, 2, "three with the count");
  t.end();
});

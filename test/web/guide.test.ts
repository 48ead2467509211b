import fc from "fast-check";
import t from "tap";
import type { Guide, Programme } from "../../src/protocol/api.ts";
import { axisFrom, isOutOfDate, marks, metricsFor, timeAt, xOf } from "../../web/guide/axis.ts";
import { cellAt, cellsBetween, cellsOf, type Cell } from "../../web/guide/cells.ts";
import { dayAfter, dayStart, daysFrom, sameTimeOn } from "../../web/guide/days.ts";
import { GuideLoader } from "../../web/guide/loader.ts";
import { moved, type Cursor, type Ground } from "../../web/guide/moves.ts";
import { Schedule } from "../../web/guide/schedule.ts";
import { drawnFor, inSight, isApart, scrolledTo } from "../../web/guide/view.ts";
import { BLOCK, blocksIn, partsOf, pathOf, requestsFor, type GuideRequest } from "../../web/guide/wishes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const noon = Date.UTC(2026, 10, 20, 12);

/** @param from minutes after noon */
const programme = (title: string, from: number, to: number): Programme => ({
  title,
  description: "",
  language: null,
  startsAt: new Date(noon + from * MINUTE).toISOString(),
  endsAt: new Date(noon + to * MINUTE).toISOString(),
});
const told = (from: number, to: number, ...programmes: Programme[]) => ({
  from: noon + from * MINUTE,
  to: noon + to * MINUTE,
  programmes,
});
/** `A 0-30`, minutes after noon. */
const text = ({ kind, from, to, programme }: Cell): string =>
  `${programme?.title ?? kind} ${(from - noon) / MINUTE}-${(to - noon) / MINUTE}`;

t.test("web guide: cells fill what was told, once each, none over another", async (t) => {
  const film = programme("Film", -20, 70);
  t.same(cellsOf([told(0, 60, film), told(60, 120, film, programme("News", 75, 90))]).map(text), [
    "Film -20-70",
    "gap 70-75",
    "News 75-90",
    "gap 90-120",
  ]);
  t.same(
    cellsOf([told(0, 60, programme("A", 0, 40), programme("B", 30, 60), programme("None", 50, 50))]).map(
      text,
    ),
    ["A 0-30", "B 30-60"],
    "the later one cuts the former short",
  );
  t.same(cellsOf([told(0, 60), told(180, 240)]).map(text), ["gap 0-60", "gap 180-240"]);
  t.same(cellsOf([told(0, 60, programme("A", 0, 29.5), programme("B", 30, 60))]).map(text), [
    "A 0-29.5",
    "B 30-60",
  ]);
  t.same(cellsOf([]), []);
});

t.test("web guide: what is not known yet is drawn in whole hours", async (t) => {
  const known = cellsOf([told(60, 120, programme("A", 50, 90))]);
  const between = (from: number, to: number) =>
    cellsBetween(known, noon + from * MINUTE, noon + to * MINUTE).map(text);
  t.same(between(-30, 130), ["pending -60-0", "pending 0-50", "A 50-90", "gap 90-120", "pending 120-180"]);
  t.same(between(10, 20), ["pending 0-50"], "the same piece, whatever part of it is looked at");
  t.same(between(60, 70), ["A 50-90"]);
  t.same(text(cellAt(known, noon + 89 * MINUTE)), "A 50-90");
  t.same(text(cellAt([], noon + 5 * MINUTE)), "pending 0-60");
});

t.test("web guide: cells cover all that is asked for, in order, whatever was told", async () => {
  const stretch = fc.tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 2, max: 200 }));
  fc.assert(
    fc.property(
      fc.array(stretch, { maxLength: 12 }),
      fc.array(fc.nat(9), { maxLength: 5 }),
      (spans, blocks) => {
        const programmes = spans.map(([from, length], index) =>
          programme(String(index), from, from + length),
        );
        const hours = [...new Set(blocks)].sort((a, b) => a - b).map((at) => (at - 5) * 60);
        const known = cellsOf(
          hours.map((at) =>
            told(
              at,
              at + 60,
              ...programmes.filter((one) => {
                const [from, to] = [Date.parse(one.startsAt), Date.parse(one.endsAt)];
                return from < noon + (at + 60) * MINUTE && to > noon + at * MINUTE;
              }),
            ),
          ),
        );
        const cells = cellsBetween(known, noon - 4 * HOUR, noon + 4 * HOUR);
        let at = noon - 4 * HOUR;
        for (const { from, to } of cells) {
          if (to <= from || from > at + MINUTE) return false;
          if (at > noon - 4 * HOUR && from < at) return false;
          at = to;
        }
        return at >= noon + 4 * HOUR - MINUTE;
      },
    ),
    { numRuns: 500 },
  );
});

t.test("web guide: few requests bring what is missing", async (t) => {
  const part = (channel: string, block: number) => ({ channel, block });
  t.same(blocksIn(BLOCK, 2 * BLOCK), [1]);
  t.same(blocksIn(BLOCK + 1, 2 * BLOCK + 1), [1, 2]);
  t.same(requestsFor([part("a", 7), part("b", 7), part("a", 8), part("b", 8), part("a", 5)]), [
    { channels: ["a", "b"], first: 7, last: 8 },
    { channels: ["a"], first: 5, last: 5 },
  ]);
  const many = Array.from({ length: 70 }, (_, index) => part(`c${index}`, 1));
  t.same(
    requestsFor(many).map(({ channels }) => channels.length),
    [32, 32, 6],
  );
  const week = Array.from({ length: 28 }, (_, block) => part("a", block));
  t.same(
    requestsFor(week).map(({ first, last }) => last - first + 1),
    [5, 5, 5, 5, 5, 3],
    "no answer is longer than some thirty hours",
  );
  t.same(requestsFor(week).flatMap(partsOf), week);
  t.equal(
    pathOf({ channels: ["a b", "c&d"], first: 0, last: 1 }),
    "/api/v1/guide?from=1970-01-01T00%3A00%3A00.000Z&to=1970-01-01T12%3A00%3A00.000Z&channel=a+b&channel=c%26d",
  );
});

t.test("web guide: what is kept is bounded, and what was not used goes first", async (t) => {
  const schedule = new Schedule(3);
  const block = Math.floor(noon / BLOCK);
  for (const channel of ["a", "b", "c"]) schedule.put({ channel, block }, [programme(channel, 0, 30)], noon);
  t.equal(schedule.cells("a"), schedule.cells("a"), "the same until something changes");
  t.equal(schedule.use({ channel: "a", block }), noon);
  schedule.put({ channel: "d", block }, [], noon);
  t.equal(schedule.size, 3);
  t.equal(schedule.use({ channel: "b", block }), undefined);
  t.same(schedule.cells("b"), []);
  t.match(schedule.cells("a").map(text), ["a 0-30", "gap 30-360"]);
});

t.test("web guide: what the list says differently is asked for again", async (t) => {
  const schedule = new Schedule();
  const part = { channel: "a", block: Math.floor(noon / BLOCK) };
  schedule.put(part, [programme("A", 0, 30), programme("B", 30, 60)], noon);
  t.notOk(schedule.compare("a", [programme("A", 0, 30), null]));
  t.notOk(schedule.compare("b", [programme("A", 0, 30)]), "nothing is known of it");
  t.ok(schedule.compare("a", [programme("A", 0, 45)]), "it takes longer");
  t.equal(schedule.use(part), -Infinity);
  t.same(
    schedule.cells("a").map(text).slice(0, 2),
    ["A 0-30", "B 30-60"],
    "and stays on the screen meanwhile",
  );
});

/** A box that answers when it is told to. */
function loading(most = 900) {
  const asked: { request: GuideRequest; answer: (fails?: boolean) => Promise<void> }[] = [];
  const clock = { now: noon };
  let changes = 0;
  const schedule = new Schedule(most);
  const loader = new GuideLoader({
    schedule,
    now: () => clock.now,
    onChange: () => void changes++,
    ask: (request) =>
      new Promise<Guide>((resolve, reject) =>
        asked.push({
          request,
          async answer(fails = false) {
            if (fails) reject(new Error("no"));
            else resolve({ channels: request.channels.map((channel) => ({ channel, programmes: [] })) });
            await new Promise((done) => setImmediate(done));
          },
        }),
      ),
  });
  return { asked, clock, schedule, loader, changes: () => changes };
}

t.test("web guide: the latest wish counts, and nothing is asked for twice", async (t) => {
  const { asked, loader, clock, changes } = loading();
  const day = (count: number) => noon + count * 24 * HOUR;
  loader.want(["a", "b"], noon, noon + HOUR);
  loader.want(["a", "b"], noon, noon + HOUR);
  t.equal(asked.length, 1);
  loader.want(["a"], day(1), day(1) + HOUR);
  loader.want(["a"], day(2), day(2) + HOUR);
  loader.want(["a"], day(3), day(3) + HOUR);
  t.equal(asked.length, 2, "two at a time");
  await asked[0]?.answer();
  t.equal(asked.length, 3);
  t.equal(asked[2]?.request.first, Math.floor(day(3) / BLOCK), "what was only passed by is never asked for");
  await asked[1]?.answer();
  await asked[2]?.answer();
  t.equal(changes(), 3);
  loader.again();
  t.equal(asked.length, 3);
  clock.now += 16 * MINUTE;
  loader.again();
  t.equal(asked.length, 4, "after a while it is looked at again");
});

t.test("web guide: what failed is asked for again only when somebody wants it", async (t) => {
  const { asked, loader } = loading();
  loader.want(["a"], noon, noon + HOUR);
  await asked[0]?.answer(true);
  t.ok(loader.failed);
  loader.again();
  t.equal(asked.length, 1);
  loader.want(["b"], noon, noon + HOUR);
  t.notOk(loader.failed, "it is out of sight");
  await asked[1]?.answer();
  loader.want(["a"], noon, noon + HOUR);
  t.ok(loader.failed);
  loader.retry();
  t.notOk(loader.failed);
  await asked[2]?.answer();
  t.notOk(loader.failed);
  t.equal(asked.length, 3);
});

t.test("web guide: the time line, from before now to the end of the seventh day", async (t) => {
  const axis = axisFrom(noon + 17 * MINUTE, 4);
  t.equal(axis.from, noon - 60 * MINUTE);
  t.equal(axis.to, dayAfter(dayStart(noon), 7));
  t.equal(xOf(axis, axis.from + 90 * MINUTE), 360);
  t.equal(timeAt(axis, 360), axis.from + 90 * MINUTE);
  t.same(
    marks(axis, noon - MINUTE, noon + 61 * MINUTE).map((at) => (at - noon) / MINUTE),
    [0, 30, 60],
  );
  t.same(marks(axis, axis.from - HOUR, axis.from).length, 0);
  t.notOk(isOutOfDate(axis, noon + 2 * HOUR));
  t.ok(isOutOfDate(axis, noon + 5 * HOUR), "it begins too long ago");
  t.ok(isOutOfDate(axis, noon + 13 * HOUR), "another day");
  for (const [width, height] of [
    [360, 740],
    [740, 360],
    [1280, 720],
    [1920, 1080],
  ] as const)
    t.ok(metricsFor(width, height).row >= 48, "rows that a finger hits");
});

t.test("web guide: days where the viewer is, also when the clock is put back", async (t) => {
  const former = process.env.TZ;
  t.teardown(() => {
    if (former === undefined) delete process.env.TZ;
    else process.env.TZ = former;
  });
  process.env.TZ = "Europe/Paris";
  const friday = Date.UTC(2026, 9, 23, 10);
  const days = daysFrom(friday);
  t.same(
    days.map((day) => new Date(day).getDate()),
    [23, 24, 25, 26, 27, 28, 29],
  );
  t.ok(days.every((day) => new Date(day).getHours() === 0));
  t.equal(((days[3] ?? 0) - (days[2] ?? 0)) / HOUR, 25);
  t.equal(new Date(sameTimeOn(days[3] ?? 0, friday)).getHours(), 12);
  t.equal(axisFrom(friday, 4).to - (days[0] ?? 0), (7 * 24 + 1) * HOUR);
});

const metrics = { minute: 4, row: 60, names: 100, head: 40 };
const axis = { from: noon, to: noon + 7 * 24 * HOUR, minute: 4 };

t.test("web guide: only what is in sight is drawn, and a little around it", async (t) => {
  const view = { left: 480, top: 600, width: 580, height: 640 };
  t.same(inSight(view, metrics, axis, 200), {
    firstRow: 10,
    lastRow: 19,
    from: noon + 120 * MINUTE,
    to: noon + 240 * MINUTE,
  });
  t.same(drawnFor(view, metrics, axis, 200), {
    firstRow: 7,
    lastRow: 22,
    from: noon + 60 * MINUTE,
    to: noon + 300 * MINUTE,
  });
  const start = drawnFor({ ...view, left: 0, top: 0 }, metrics, axis, 5);
  t.same([start.firstRow, start.lastRow, start.from], [0, 4, noon]);
  const far = drawnFor({ ...view, left: 20_000 }, metrics, axis, 200);
  t.ok(isApart(start, far));
  t.notOk(isApart(far, drawnFor({ ...view, left: 20_100 }, metrics, axis, 200)));
});

t.test("web guide: what the keys lead to comes into sight with as little movement as can be", async (t) => {
  const view = { left: 480, top: 600, width: 580, height: 640 };
  const to = (row: number, from: number, until: number) => {
    const { left, top } = scrolledTo(view, metrics, axis, {
      row,
      from: noon + from * MINUTE,
      to: noon + until * MINUTE,
    });
    return [left, top];
  };
  t.same(to(12, 130, 160), [480, 600], "it is");
  t.same(to(9, 130, 160), [480, 540]);
  t.same(to(20, 130, 160), [480, 660]);
  t.same(to(12, 230, 260), [560, 600]);
  t.same(to(12, 100, 125), [400, 600], "its beginning is not");
  t.same(to(12, 0, 200), [480, 600], "enough of it is, and its title moves along");
  t.same(to(12, 230, 600), [920, 600], "of what is longer than the frame the beginning counts");
});

t.test("web guide: keys", async (t) => {
  const rows = [
    [0, 30, 90, 10_080],
    [0, 45, 10_080],
    [0, 10_080],
  ].map((times) =>
    cellsOf([
      told(
        0,
        10_080,
        ...times.slice(1).map((to, index) => programme(`${times[index] ?? 0}`, times[index] ?? 0, to)),
      ),
    ]),
  );
  const ground: Ground = {
    rows: 3,
    page: 2,
    from: noon,
    to: noon + 10_080 * MINUTE,
    now: noon + 35 * MINUTE,
    cellAt: (row, time) => cellAt(rows[row] ?? [], time),
  };
  const at = (row: number, minute: number): Cursor => ({ row, time: noon + minute * MINUTE });
  const go = (key: string, from: Cursor) => {
    const to = moved(key, from, ground);
    return to === null || typeof to === "string" ? to : [to.row, (to.time - noon) / MINUTE];
  };
  t.same(go("ArrowDown", at(0, 35)), [1, 35], "the time is kept");
  t.same(go("ArrowUp", at(1, 35)), [0, 35]);
  t.same(go("ArrowUp", at(0, 35)), "up");
  t.same(go("ArrowDown", at(2, 35)), [2, 35]);
  t.same(go("ArrowRight", at(0, 35)), [0, 90]);
  t.same(go("ArrowLeft", at(0, 90)), [0, 35], "what is on is entered at now");
  t.same(go("ArrowLeft", at(0, 35)), [0, 0]);
  t.same(go("ArrowLeft", at(0, 0)), "left");
  t.same(go("ArrowRight", at(0, 120)), [0, 120], "the end");
  t.same(go("PageDown", at(0, 50)), [2, 50]);
  t.same(go("PageUp", at(2, 50)), [0, 50]);
  t.same(go("Home", at(2, 500)), [2, 35]);
  t.same(go("x", at(2, 500)), null);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { openDatabase } from "../../../../src/kernel/store/database.ts";
import { createShareFrom } from "../../../../src/share/share.ts";
import type { GuideEvent } from "../../../../src/tuner/ports.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { FakeGrants, FakePackager, FakeSource, FakeTuners, serve, service, silent } from "../../fakes.ts";
import { boxOf, channel, HOUR, listing, MINUTE, noon, SOURCE, until, type Row } from "./import-box.ts";

t.test("xmltv import: a share imports what it is given", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  await writeFile(path, listing([[0, 30, "Imported"]], { a: "Channel 1" }));
  const clock = new FakeClock(noon);
  const database = openDatabase(":memory:");
  const share = createShareFrom({
    tuners: new FakeTuners([service(1)]),
    database,
    xmltv: [{ ...SOURCE, path }],
    clock,
    log: silent,
    grants: new FakeGrants(),
    createSource: (of, weight) => new FakeSource(of, weight),
    createPackager: (sink, longest) => new FakePackager(sink, longest),
    convert: (source) => source,
    options: { probe: false },
  });
  share.start();
  const app = await serve(share);
  t.teardown(async () => {
    share.stop();
    await app.close();
    database.close();
  });
  clock.advance(5000);
  const ask = async (): Promise<string> =>
    (await app.inject({ url: "/api/v1/guide.xmltv", headers: { "x-client": "a" } })).body;
  let body = await ask();
  await until(async () => (body = await ask()).includes("Imported"));
  t.match(body, "<title>Imported</title>");
  share.stop();
  t.equal(clock.pending, 0);
});

t.test("xmltv import: channels that come later get their programmes", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  await writeFile(
    path,
    listing(
      [
        [0, 30, "A"],
        [0, 30, "Z", "b"],
      ],
      { a: "Eins", b: "Zwei" },
    ),
  );
  const box = boxOf(t, [{ path, channels: { x: "Nowhere" } }], { channels: [] });
  await box.feeds.look();
  t.same(box.logged, [], "nothing to match with: nothing is read");
  box.setChannels([channel(1, "Eins")]);
  await box.feeds.look();
  await box.feeds.look();
  t.same([box.titles(1), box.titles(2)], [["A"], []]);
  t.match(box.logged, [
    { event: "guide-imported" },
    { event: "guide-channels-unmatched", facts: { listed: 2, unmatched: 1, such: ["b"] } },
    { event: "guide-channels-unknown", facts: { unknown: ["Nowhere"] } },
  ]);
  box.setChannels([channel(1, "Eins"), channel(2, "ZWEI HD")]);
  await box.feeds.look();
  t.same(box.titles(2), [], "while a scan runs it waits");
  await box.feeds.look();
  t.same(box.titles(2), ["Z"]);
});

t.test("xmltv import: what vanished from the listing goes, within its time and channels only", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const both = { a: "Eins", b: "Zwei" };
  const box = boxOf(t, [{ path }], { channels: [channel(1, "Eins"), channel(2, "Zwei")] });
  const change = async (rows: readonly Row[]): Promise<void> => {
    await writeFile(path, listing(rows, both));
    box.clock.advance(1000);
    await box.feeds.look();
  };
  await change([
    [-10, 10, "now"],
    [10, 20, "A"],
    [20, 40, "B"],
    [40, 60, "C"],
    [200, 220, "far"],
    [10, 50, "other", "b"],
  ]);
  t.same(box.titles(), ["now", "A", "B", "C", "far"]);
  await change([
    [10, 20, "A"],
    [22, 40, "B, later"],
    [60, 90, "D"],
  ]);
  t.same(
    box.titles(),
    ["now", "A", "B, later", "D", "far"],
    "C is gone; what has begun, and what lies beyond, stays",
  );
  t.same(box.titles(2), ["other"]);
  t.equal(box.guide.nowAndNext(service(1).key).now?.title, "now");
  box.clock.advance(12 * MINUTE);
  await change([
    [10, 20, "A"],
    [60, 90, "D"],
  ]);
  t.equal(box.guide.nowAndNext(service(1).key).next?.title, "D", "memory too");
});

t.test("xmltv import: what is broadcast wins, whichever comes first", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const box = boxOf(t, [{ path }]);
  const broadcast = (eventId: number, from: number, to: number): GuideEvent => ({
    service: service(1).key,
    eventId,
    startsAt: noon + from * MINUTE,
    endsAt: noon + to * MINUTE,
    title: `Broadcast ${eventId}`,
    description: "",
    language: null,
    origin: { table: "schedule", actual: true },
  });
  box.guide.take([broadcast(1, 30, 60)]);
  await writeFile(
    path,
    listing([
      [0, 30, "A"],
      [31, 60, "B"],
      [60, 90, "C"],
      [90, 120, "D"],
    ]),
  );
  await box.feeds.look();
  t.same(box.titles(), ["A", "Broadcast 1", "C", "D"]);
  box.guide.take([broadcast(65535, 60, 85)]);
  t.same(box.titles(), ["A", "Broadcast 1", "Broadcast 65535", "D"]);
  const stretch = {
    service: service(1).key,
    from: noon,
    to: noon + 180 * MINUTE,
    actual: true,
    eventIds: [1],
  };
  box.guide.take([], [stretch]);
  t.same(
    box.titles(),
    ["A", "Broadcast 1", "D"],
    "the broadcaster's lists take away what was broadcast only",
  );
  box.guide.import([], [{ ...stretch, eventIds: [], imported: true }]);
  t.same(box.titles(), ["A", "Broadcast 1"], "and a listing's what was imported, and has not begun");
});

t.test(
  "xmltv import: what is as it was is not written again, and what is another programme has nothing of the one before",
  async (t) => {
    const path = join(await temporaryFolder(t), "guide.xml");
    const box = boxOf(t, [{ path }]);
    const rows: Row[] = [
      [0, 30, "A"],
      [30, 60, "twice"],
      [30, 55, "B"],
      [40, 58, "beside"],
      [60, null, "C"],
      [90, 120, "D"],
    ];
    const write = async (text: string): Promise<number> => {
      const before = box.changes();
      await writeFile(path, text);
      box.clock.advance(1000);
      await box.feeds.look();
      return box.changes() - before;
    };
    const first = listing(rows).replace("<title>A</title>", "<title>A</title><category>news</category>");
    t.not(await write(first), 0);
    t.same(box.titles(), ["A", "B", "beside", "C", "D"], "of two at the same time the last");
    t.equal(await write(`${first} `), 0);
    t.equal(await write(first.replaceAll("\n", "")), 0);
    t.match(box.guide.nowAndNext(service(1).key).now, { title: "A", genres: [{ code: 0x20 }] });
    t.not(await write(listing([[0, 30, "Z"], ...rows.slice(1)])), 0);
    const { now } = box.guide.nowAndNext(service(1).key);
    t.same([now?.title, now?.genres], ["Z", undefined]);
  },
);

t.test(
  "xmltv import: what stands side by side in a listing stays, however far apart it is written",
  async (t) => {
    const path = join(await temporaryFolder(t), "guide.xml");
    const names = { a: "Eins", b: "B", c: "C", d: "D", e: "E", f: "F" };
    const channels = Object.values(names).map((name, i) => channel(i + 1, name));
    const box = boxOf(t, [{ path }], { channels });
    const others = ["b", "c", "d", "e", "f"].flatMap((of) =>
      Array.from({ length: 850 }, (_, i): Row => [i * 10, i * 10 + 10, `${of}${i}`, of]),
    );
    await writeFile(path, listing([[10, 40, "long"], [15, 20, "short"], ...others, [30, 38, "far"]], names));
    await box.feeds.look();
    t.same(box.titles(), ["long", "short", "far"]);
    t.equal(box.titles(6).length, 850);
  },
);

t.test("xmltv import: of two listings with a channel the first gives its guide", async (t) => {
  const folder = await temporaryFolder(t);
  const [first, second] = [join(folder, "1.xml"), join(folder, "2.xml")];
  await writeFile(
    first,
    listing([
      [0, 30, "A1"],
      [30, 60, "A2"],
    ]),
  );
  await writeFile(
    second,
    listing(
      [
        [0, 20, "B1"],
        [40, 50, "B2"],
        [0, 50, "Z", "z"],
      ],
      { b: "EINS", z: "Zwei" },
    ).replaceAll('channel="a"', 'channel="b"'),
  );
  const box = boxOf(t, [{ path: first }, { path: second }], {
    channels: [channel(1, "Eins"), channel(2, "Zwei")],
  });
  for (let look = 0; look < 3; look++) {
    await box.feeds.look();
    box.clock.advance(13 * HOUR);
    box.clock.setWall(noon);
  }
  t.same([box.titles(1), box.titles(2)], [["A1", "A2"], ["Z"]]);
});

t.test("xmltv import: a programme without an end lasts until the next one", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const rows: Row[] = [
    [0, null, "A"],
    [30, null, "B"],
    [45, 60, "C"],
    [60, null, "D"],
    [60 + 7 * 60, null, "E"],
  ];
  const expected = ["A 30", "B 15", "C 15"];
  for (const order of [rows, [...rows].reverse()]) {
    const box = boxOf(t, [{ path }]);
    await writeFile(path, listing(order));
    await box.feeds.look();
    const found = box.guide.schedule(service(1).key, noon, noon + 24 * HOUR, 99);
    t.same(
      found.map(
        ({ title, startsAt, endsAt }) => `${title} ${(Date.parse(endsAt) - Date.parse(startsAt)) / MINUTE}`,
      ),
      expected,
    );
  }
});

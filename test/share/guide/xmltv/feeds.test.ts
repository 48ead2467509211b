import { rename, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import t from "tap";
import { openDatabase } from "../../../../src/kernel/store/database.ts";
import type { Programme } from "../../../../src/protocol/api.ts";
import { genreNames } from "../../../../src/share/guide/genres.ts";
import { createGuideStore } from "../../../../src/share/guide/guide-store.ts";
import { Guide } from "../../../../src/share/guide/guide.ts";
import type { MatchedChannel } from "../../../../src/share/guide/xmltv/channel-match.ts";
import type { DownloadLimits } from "../../../../src/share/guide/xmltv/listing-source.ts";
import {
  channelElement,
  programmeElement,
  XMLTV_HEAD,
  XMLTV_TAIL,
} from "../../../../src/share/guide/xmltv/xmltv-document.ts";
import type { XmltvSource } from "../../../../src/share/guide/xmltv/xmltv-feed.ts";
import { XmltvFeeds } from "../../../../src/share/guide/xmltv/xmltv-feeds.ts";
import { xmltvTimeText } from "../../../../src/share/guide/xmltv/xmltv-time.ts";
import type { GuideEvent } from "../../../../src/tuner/ports.ts";
import { createShareFrom } from "../../../../src/share/share.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder, type Teardown } from "../../../helpers/temporary.ts";
import { FakeGrants, FakePackager, FakeSource, FakeTuners, serve, service, silent } from "../../fakes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const noon = Date.UTC(2026, 10, 20, 12);
const SOURCE = { refreshHours: 12, channels: {}, languages: [] };

const channel = (serviceId: number, name: string): MatchedChannel => ({
  id: `c${serviceId}`,
  key: service(serviceId).key,
  name,
  number: serviceId,
  lcn: null,
});

/** Minutes from noon, an end or null, title. */
type Row = readonly [from: number, to: number | null, title: string, channel?: string];

function listing(rows: readonly Row[], channels: Readonly<Record<string, string>> = { a: "Eins" }): string {
  const time = (minutes: number): string => xmltvTimeText(noon + minutes * MINUTE);
  return (
    `<tv>${Object.entries(channels)
      .map(([id, name]) => `<channel id="${id}"><display-name>${name}</display-name></channel>`)
      .join("")}` +
    rows
      .map(
        ([from, to, title, of = "a"]) =>
          `<programme start="${time(from)}"${to === null ? "" : ` stop="${time(to)}"`} channel="${of}"><title>${title}</title></programme>`,
      )
      .join("") +
    "</tv>"
  );
}

/** A box's guide with listings, and what it logs. */
function boxOf(
  t: Teardown,
  sources: readonly Partial<XmltvSource>[],
  options: { channels?: MatchedChannel[]; limits?: Partial<DownloadLimits> } = {},
) {
  const clock = new FakeClock(noon);
  const database = openDatabase(":memory:");
  const guide = new Guide({
    tuners: new FakeTuners(),
    store: createGuideStore(database),
    clock,
    log: silent,
  });
  const logged: { event: string; facts: Record<string, unknown> }[] = [];
  const log = (facts: object, event: string): void => void logged.push({ event, facts: { ...facts } });
  let channels = options.channels ?? [channel(1, "Eins")];
  const feeds = new XmltvFeeds({
    sources: sources.map((source) => ({ ...SOURCE, ...source })),
    channels: () => channels,
    guide,
    clock,
    log: { info: log, warn: log },
    ...(options.limits !== undefined && { limits: options.limits }),
  });
  t.teardown(() => {
    feeds.stop();
    guide.stop();
    database.close();
  });
  return {
    clock,
    guide,
    feeds,
    logged,
    events: () => logged.map(({ event }) => event),
    setChannels: (list: MatchedChannel[]) => void (channels = list),
    changes: () => Number(database.prepare("SELECT total_changes() AS n").get()?.["n"]),
    titles: (serviceId = 1): string[] =>
      guide.schedule(service(serviceId).key, 0, Number.MAX_SAFE_INTEGER, 9999).map(({ title }) => title),
  };
}

/** A server on loopback whose answer the test sets. */
async function serverOf(t: Teardown) {
  const requests: IncomingMessage[] = [];
  const state = {
    answer: (_request: IncomingMessage, response: ServerResponse): void => void response.end(),
  };
  const server = createServer((request, response) => {
    requests.push(request);
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/guide.xml?key=secret`;
  return { url, requests, state };
}

t.test("xmltv import: a listing from a server, again only when it has changed", async (t) => {
  const { url, requests, state } = await serverOf(t);
  const box = boxOf(t, [{ url: url.replace("http://", "http://me:word@") }]);
  let etag = '"1"';
  let body: Buffer = gzipSync(
    listing([
      [0, 30, "A"],
      [30, 60, "B"],
      [60, 90, "C"],
    ]),
  );
  state.answer = (request, response) => {
    if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, "last-modified": "Fri, 20 Nov 2026 11:00:00 GMT" }).end(body);
  };
  await box.feeds.look();
  t.same(box.titles(), ["A", "B", "C"]);
  t.match(box.logged, [{ event: "guide-imported", facts: { programmes: 3, channels: 1, unreadable: 0 } }]);
  t.notMatch(JSON.stringify(box.logged), /secret|word/, "no key in the log");
  t.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from("me:word").toString("base64")}`);
  t.equal(requests[0]?.headers["if-none-match"], undefined);
  t.same(box.guide.nowAndNext(service(1).key), {
    now: box.guide.schedule(service(1).key, noon, noon + 1, 1)[0],
    next: box.guide.schedule(service(1).key, noon + 30 * MINUTE, noon + 31 * MINUTE, 1)[0],
  });

  box.clock.advance(11 * HOUR);
  await box.feeds.look();
  t.equal(requests.length, 1, "not before its time");
  box.clock.advance(HOUR);
  await box.feeds.look();
  t.equal(requests.length, 2);
  t.equal(requests[1]?.headers["if-none-match"], '"1"');
  t.equal(requests[1]?.headers["if-modified-since"], "Fri, 20 Nov 2026 11:00:00 GMT");
  t.same(box.events(), ["guide-imported"], "it was as it was");

  etag = '"2"';
  body = Buffer.from(listing([[12 * 60 + 30, 13 * 60, "D"]]));
  box.clock.advance(12 * HOUR);
  await box.feeds.look();
  t.equal(box.logged.at(-1)?.facts["programmes"], 0, "what is over is not imported");
  box.clock.advance(25 * HOUR);
  await box.feeds.look();
  t.equal(requests.at(-1)?.headers["if-none-match"], undefined, "after a day it is read whatever it is");
});

t.test("xmltv import: what fails leaves the guide as it is, is told once, and tried again", async (t) => {
  const { url, requests, state } = await serverOf(t);
  const box = boxOf(t, [{ url }]);
  const good = listing([
    [0, 30, "A"],
    [30, 90, "B"],
  ]);
  state.answer = (_request, response) => void response.end(good);
  await box.feeds.look();
  t.same(box.titles(), ["A", "B"]);
  const later = async (): Promise<void> => {
    box.clock.advance(12 * HOUR);
    await box.feeds.look();
  };
  box.clock.setWall(noon);
  const failing: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
    ["guide-source-unreachable", (_request, response) => void response.writeHead(500).end("no")],
    ["guide-source-invalid", (_request, response) => void response.end("<html>Log in</html>")],
    ["guide-source-unreachable", (_request, response) => void response.destroy()],
    ["guide-source-invalid", (_request, response) => void response.end(gzipSync(good).subarray(0, -9))],
    [
      "guide-source-unreachable",
      (_request, response) =>
        void response
          .writeHead(200, { "content-length": 9999 })
          .write(good.slice(0, 99), () => response.destroy()),
    ],
    ["guide-source-invalid", (_request, response) => void response.end(good.slice(0, -9))],
  ];
  for (const [code, answer] of failing) {
    state.answer = answer;
    await later();
    t.match(box.logged.at(-1), { event: "guide-not-imported", facts: { code } }, code);
    t.match(box.logged.at(-1)?.facts["reason"], /Check/, "names a cure");
    t.ok(["A", "B"].every((title) => box.titles().includes(title)));
  }
  const told = box.logged.length;
  const asked = requests.length;
  for (let minute = 0; minute < 600; minute++) {
    box.clock.advance(MINUTE);
    await box.feeds.look();
  }
  t.ok(
    requests.length - asked >= 5 && requests.length - asked <= 8,
    "ever more rarely, but at least every two hours",
  );
  t.equal(box.logged.length, told, "told once");
  state.answer = (_request, response) => void response.end(good);
  await later();
  t.equal(box.logged.at(-1)?.event, "guide-imported");
});

t.test("xmltv import: a server that is silent, slow or endless is left", async (t) => {
  const { url, requests, state } = await serverOf(t);
  const limits = { bytes: 100_000, silenceMs: 5000, wholeMs: 20_000 };
  const ask = async (during: (clock: FakeClock) => void): Promise<Record<string, unknown> | undefined> => {
    const box = boxOf(t, [{ url }], { limits });
    const asked = requests.length;
    const done = box.feeds.look();
    await until(() => requests.length > asked);
    const turn = setInterval(() => during(box.clock), 5);
    await done;
    clearInterval(turn);
    box.feeds.stop();
    t.equal(box.clock.pending, 0, "no timer is left");
    return box.logged.at(-1)?.facts;
  };
  state.answer = () => {};
  t.match(await ask((clock) => clock.advance(1000)), {
    code: "guide-source-unreachable",
    reason: /does not answer/,
  });
  state.answer = (_request, response) => void response.write("<tv>");
  t.match(await ask((clock) => clock.advance(1000)), {
    code: "guide-source-unreachable",
    reason: /stopped sending|does not answer/,
  });
  let drip: NodeJS.Timeout | undefined;
  state.answer = (_request, response) => {
    response.write("<tv>");
    drip = setInterval(() => response.write(" "), 2);
  };
  t.match(await ask((clock) => clock.advance(100)), {
    code: "guide-source-unreachable",
    reason: /takes too long/,
  });
  clearInterval(drip);
  state.answer = (_request, response) => void response.end(`<tv>${" ".repeat(200_000)}`);
  t.match(await ask(() => {}), { code: "guide-source-too-large" });
});

t.test("xmltv import: stopping ends a download, and nothing is told", async (t) => {
  const { url, requests, state } = await serverOf(t);
  const box = boxOf(t, [{ url }]);
  state.answer = (_request, response) => void response.write("<tv>");
  box.feeds.start();
  box.clock.advance(5000);
  await until(() => requests.length === 1);
  const done = box.feeds.look();
  box.feeds.stop();
  await done;
  t.same(box.logged, []);
  t.equal(box.clock.pending, 0);
});

t.test("xmltv import: a file is read again when it changes", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const box = boxOf(t, [{ path }]);
  await box.feeds.look();
  t.match(box.logged, [
    { event: "guide-not-imported", facts: { code: "guide-source-unreachable", reason: /ENOENT/ } },
  ]);
  await writeFile(path, listing([[0, 30, "A"]]));
  await box.feeds.look();
  t.same(box.titles(), [], "after a failure it waits");
  box.clock.advance(2 * MINUTE);
  await box.feeds.look();
  t.same(box.titles(), ["A"]);
  box.clock.advance(2 * MINUTE);
  await box.feeds.look();
  t.equal(box.logged.length, 2, "it has not changed");
  await writeFile(
    `${path}.new`,
    gzipSync(
      listing([
        [0, 30, "A"],
        [30, 40, "B"],
      ]),
    ),
  );
  await utimes(`${path}.new`, 1, 1);
  await rename(`${path}.new`, path);
  await box.feeds.look();
  t.same(box.titles(), ["A", "B"]);
  await rm(path);
  box.clock.advance(2 * MINUTE);
  await box.feeds.look();
  t.same(box.titles(), ["A", "B"], "what there was stays");
});

t.test("xmltv import: it begins by itself, follows a clock that is set, and ends", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  await writeFile(
    path,
    listing([
      [0, 30, "A"],
      [30, 60, "B"],
    ]),
  );
  const box = boxOf(t, [{ path }]);
  box.clock.setWall(0);
  box.feeds.start();
  box.clock.advance(5000);
  await box.feeds.look();
  t.match(box.logged, [{ event: "guide-imported", facts: { programmes: 0 } }], "in 1970 it is far away");
  box.clock.setWall(noon);
  box.clock.advance(2 * MINUTE);
  await box.feeds.look();
  t.match(box.logged.slice(1), [{ event: "guide-imported", facts: { programmes: 2 } }]);
  t.same(box.titles(), ["A", "B"]);
  box.feeds.stop();
  box.guide.stop();
  t.equal(box.clock.pending, 0);
});

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

t.test("xmltv import: what this program writes it reads the same", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const word = fc.stringMatching(/^[a-zA-ZäöüÄé<>&"'ß新闻0-9]{1,12}$/);
  const words = fc.array(word, { minLength: 1, maxLength: 8 }).map((list) => list.join(" "));
  const genre = fc.constantFrom(0x10, 0x11, 0x20, 0x23, 0x40, 0x43, 0x55, 0x60, 0x91, 0xa5, 0xb3);
  const shape = fc.record({
    minutes: fc.integer({ min: 1, max: 300 }),
    title: words,
    subtitle: fc.option(words, { nil: undefined }),
    // A description that is the subtitle again is told once.
    rest: fc.option(
      words.map((text) => `${text} #`),
      { nil: "" },
    ),
    language: fc.constantFrom("deu", "eng", "zho", null),
    genre: fc.option(genre, { nil: undefined }),
    minimumAge: fc.option(fc.integer({ min: 4, max: 18 }), { nil: undefined }),
    crid: fc.option(fc.constantFrom("crid://a.example/x"), { nil: null }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 12 }), async (shapes) => {
      let at = noon;
      const programmes = shapes.map(
        ({ minutes, subtitle, rest, genre, minimumAge, crid, title, language }): Programme => {
          const names = genre === undefined ? null : genreNames(genre);
          const startsAt = new Date(at).toISOString();
          at += minutes * MINUTE;
          return {
            title,
            description: [subtitle ?? "", rest].filter((part) => part !== "").join("\n"),
            language,
            startsAt,
            endsAt: new Date(at).toISOString(),
            ...(subtitle !== undefined && { subtitle }),
            ...(genre !== undefined && names !== null && { genres: [{ code: genre, ...names }] }),
            ...(minimumAge !== undefined && { minimumAge }),
            ...(crid !== null && { series: { programme: crid, series: null } }),
          };
        },
      );
      const document =
        XMLTV_HEAD +
        channelElement(channel(1, "Eins")) +
        programmes.map((one) => programmeElement("c1", one)).join("") +
        XMLTV_TAIL;
      await writeFile(path, document);
      const done: (() => unknown)[] = [];
      const box = boxOf({ teardown: (callback) => void done.push(callback) }, [{ path }]);
      await box.feeds.look();
      const found = box.guide.schedule(service(1).key, noon, at, 99);
      for (const end of done) end();
      if (JSON.stringify(found.map(sorted)) !== JSON.stringify(programmes.map(sorted)))
        throw new Error(`${JSON.stringify(found)}\nnot\n${JSON.stringify(programmes)}`);
    }),
    { numRuns: 60 },
  );
});

const sorted = (programme: Programme): unknown =>
  Object.entries(programme).sort(([a], [b]) => (a < b ? -1 : 1));

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not come");
}

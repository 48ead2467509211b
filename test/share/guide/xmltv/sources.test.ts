import { rename, rm, utimes, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import type { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { service } from "../../fakes.ts";
import { boxOf, HOUR, listing, MINUTE, noon, serverOf, until } from "./import-box.ts";

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

t.test("xmltv import: packed for its way, or as a file, or both", async (t) => {
  const { url, requests, state } = await serverOf(t);
  const plain = listing([
    [0, 30, "A"],
    [30, 60, "B"],
  ]);
  for (const [headers, body] of [
    [{}, plain],
    [{ "content-encoding": "gzip" }, gzipSync(plain)],
    [{ "content-encoding": "x-gzip" }, gzipSync(gzipSync(plain))],
    [{}, gzipSync(plain)],
  ] as const) {
    const box = boxOf(t, [{ url }]);
    state.answer = (_request, response) => void response.writeHead(200, headers).end(body);
    await box.feeds.look();
    t.same(box.titles(), ["A", "B"]);
    t.equal(requests.at(-1)?.headers["accept-encoding"], "gzip");
    box.feeds.stop();
  }
  const box = boxOf(t, [{ url }]);
  state.answer = (_request, response) =>
    void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(plain).subarray(0, -9));
  await box.feeds.look();
  t.match(box.logged.at(-1)?.facts, { code: "guide-source-invalid", reason: /cannot be unpacked/ });
});

t.test(
  "T16: a listing is asked for at its server; a redirect to another of this machine is told, once",
  async (t) => {
    const other = await serverOf(t);
    const { url, requests, state } = await serverOf(t);
    const box = boxOf(t, [{ url }]);
    let to = other.url;
    state.answer = (request, response) =>
      void (request.url === "/moved"
        ? response.end(listing([[0, 30, "A"]]))
        : response.writeHead(302, { location: to }).end());
    await box.feeds.look();
    t.match(box.logged, [
      {
        event: "guide-not-imported",
        facts: {
          code: "fetch-refused",
          reason: /it is this box itself.*write the address that it leads to, at http:\/\/127/,
        },
      },
    ]);
    t.notMatch(JSON.stringify(box.logged), /secret/);
    box.clock.advance(5 * MINUTE);
    await box.feeds.look();
    t.equal(requests.length, 2, "it is tried again");
    t.equal(box.logged.length, 1);
    t.equal(other.requests.length, 0);
    to = "/moved";
    box.clock.advance(10 * MINUTE);
    await box.feeds.look();
    t.same(box.titles(), ["A"], "within the server it is followed");
  },
);

import t from "tap";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { codeOf, literally, type DoorOf } from "../helpers/raw-http.ts";
import { join } from "node:path";

const doorsOf = (box: Daemon): [string, DoorOf][] => [
  ["http", { port: box.http }],
  ["https", { port: box.https ?? 0, tls: true }],
  ["socket", { path: join(box.state, "control.sock") }],
];
const UPGRADE =
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n";

t.test("T12: an upgrade is refused at every door, after name and origin", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  for (const [door, where] of doorsOf(box)) {
    const ask = (path: string, lines: string) =>
      literally(where, `GET ${path} HTTP/1.1\r\n${lines}${UPGRADE}\r\n`);
    for (const path of ["/", "/api/v1/events", "/m/x/index.m3u8", "/nothing"]) {
      const plain = await ask(path, "host: localhost\r\n");
      t.same(
        [plain.status, codeOf(plain), plain.closed],
        [400, "upgrade-not-supported", true],
        `${door} ${path}`,
      );
      t.match(plain.headers["content-security-policy"], /frame-ancestors 'none'/);
      if (door === "socket") continue;
      const evil = await ask(path, "host: evil.test\r\norigin: http://localhost\r\n");
      t.same(
        [evil.status, codeOf(evil), evil.closed],
        [421, "host-not-allowed", true],
        `${door} ${path} evil host`,
      );
      const foreign = await ask(path, "host: localhost\r\norigin: http://evil.test\r\n");
      t.same([foreign.status, codeOf(foreign)], [403, "origin-not-allowed"], `${door} ${path} evil origin`);
    }
    const h2c = await literally(
      where,
      "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n",
    );
    t.same([h2c.status, codeOf(h2c)], [400, "upgrade-not-supported"], `${door} h2c`);
  }
});

t.test("T23: what is no request of ours gets a typed answer or a closed door, and never a 500", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const host = "host: localhost\r\n";
  const post = `POST /api/v1/pairing/claim HTTP/1.1\r\n${host}content-type: application/json\r\n`;
  // [name, bytes, expected statuses, expected code]
  const cases: [string, string, (number | null)[], string?][] = [
    ["HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]],
    ["CONNECT", `CONNECT evil.test:443 HTTP/1.1\r\n${host}\r\n`, [405], "method-not-allowed"],
    ["TRACE", `TRACE / HTTP/1.1\r\n${host}\r\n`, [405], "method-not-allowed"],
    ["a method of its own", `BREW / HTTP/1.1\r\n${host}\r\n`, [400], "request-malformed"],
    [
      "a whole address",
      `GET http://evil.test/api/v1/box HTTP/1.1\r\n${host}\r\n`,
      [400],
      "request-malformed",
    ],
    ["a whole address of ours", `GET http://localhost/api/v1/box HTTP/1.1\r\n${host}\r\n`, [400]],
    ["an authority", `GET localhost:80 HTTP/1.1\r\n${host}\r\n`, [400]],
    ["no path", `GET  HTTP/1.1\r\n${host}\r\n`, [400]],
    ["the asterisk", `OPTIONS * HTTP/1.1\r\n${host}\r\n`, [404], "route-not-found"],
    ["the asterisk of another method", `GET * HTTP/1.1\r\n${host}\r\n`, [400], "request-malformed"],
    ["no host", "GET /api/v1/box HTTP/1.1\r\n\r\n", [421]],
    ["two hosts", `GET /api/v1/box HTTP/1.1\r\n${host}${host}\r\n`, [400], "request-malformed"],
    ["two lengths", `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, [400], "request-malformed"],
    [
      "length and chunks",
      `${post}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      [400],
      "request-malformed",
    ],
    ["chunks twice", `${post}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, [400]],
    ["chunks and more", `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`, [400]],
    ["a negative length", `${post}content-length: -1\r\n\r\n`, [400]],
    ["a length with a sign", `${post}content-length: +2\r\n\r\n{}`, [400]],
    ["an endless chunk", `${post}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n`, [400]],
    ["a chunk that is none", `${post}transfer-encoding: chunked\r\n\r\nxyz\r\n`, [400]],
    ["a body too large", `${post}content-length: 70000\r\n\r\n`, [413], "body-too-large"],
    [
      "a body too large in chunks",
      `${post}transfer-encoding: chunked\r\n\r\n11170\r\n${" ".repeat(70_000)}\r\n0\r\n\r\n`,
      [413],
    ],
    ["a large expectation", `${post}expect: 100-continue\r\ncontent-length: 70000\r\n\r\n`, [100, 413]],
    [
      "an odd expectation",
      `${post}expect: 200-ok\r\ncontent-length: 2\r\n\r\n{}`,
      [417],
      "request-malformed",
    ],
    [
      "a head too large",
      `GET / HTTP/1.1\r\n${host}x: ${"y".repeat(20_000)}\r\n\r\n`,
      [431],
      "request-malformed",
    ],
    ["too many lines", `GET / HTTP/1.1\r\n${host}${"a: b\r\n".repeat(9000)}\r\n`, [431]],
    ["an address too long", `GET /${"y".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, [431]],
    ["a folded line", `GET / HTTP/1.1\r\n${host}x: a\r\n b\r\n\r\n`, [400]],
    ["a blank in a name", `GET / HTTP/1.1\r\n${host}x : a\r\n\r\n`, [400]],
    ["a zero in a line", `GET / HTTP/1.1\r\n${host}x: a\0b\r\n\r\n`, [400]],
    ["a lone carriage return", `GET / HTTP/1.1\r\n${host}x: a\rb\r\n\r\n`, [400]],
    ["HTTP/0.9", "GET /\r\n\r\n", [421]],
    ["HTTP/3.0", `GET / HTTP/3.0\r\n${host}\r\n`, [400]],
    ["noise", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]],
  ];
  for (const [door, where] of doorsOf(box)) {
    for (const [name, text, expected, code] of cases) {
      const statuses = door === "socket" && expected[0] === 421 ? [200] : expected;
      const answer = await literally(where, text, 2000);
      t.ok(statuses.includes(answer.status), `${door} ${name}: ${answer.status}`);
      if (code !== undefined) t.equal(codeOf(answer), code, `${door} ${name}`);
      if (answer.status !== null && answer.status >= 400)
        t.match(answer.headers["content-security-policy"], /frame-ancestors 'none'/, `${door} ${name}`);
    }
  }
  const hidden = `GET / HTTP/1.1\r\n${host}${"a:\r\n".repeat(2500)}host: evil.test\r\n\r\n`;
  t.equal(
    (await literally({ port: box.http }, hidden)).status,
    400,
    "a second host behind many lines is seen",
  );
  t.equal((await box.local("GET", "/healthz")).status, 200);
  t.notOk(
    box.log.some(({ msg }) => msg === "request-failed"),
    "nothing of it is a fault of the box",
  );
});

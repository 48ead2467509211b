import type { InjectOptions } from "fastify";
import { pino } from "pino";
import t from "tap";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { runProgram } from "../../helpers/daemon.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { literally } from "../../helpers/raw-http.ts";
import type { Teardown } from "../../helpers/temporary.ts";
import { appUnderTest, HOST, served, TOKEN, ZONE, type Options } from "./served.ts";

const V4 = "93.184.216.34";
const V6 = "2a02:1234::7";
const basic = (user: string, token: string): string =>
  `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
const OWN = basic(HOST, TOKEN);

interface Told {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

async function endpoint(t: Teardown, options: Options = {}) {
  const { app, hosts } = await appUnderTest(t, options);
  const ask = async (url: string, more: InjectOptions = {}): Promise<Told> => {
    const { authorization = OWN, ...others } = more.headers ?? {};
    const answer = await app.inject({
      url,
      ...more,
      headers: {
        host: "dyn.example",
        ...(authorization !== "" && { authorization }),
        ...others,
      },
    });
    const { statusCode: status, body, headers } = answer;
    const retryAfter = headers["retry-after"];
    return { status, body, retryAfter: retryAfter === undefined ? undefined : String(retryAfter) };
  };
  return { ask, hosts };
}

/** Parameters of an update, what is answered, and what the name has then; it begins with 1.1.1.1 and 2600::1. */
const PARAMETERS: readonly (readonly [string, string, readonly string[]])[] = [
  [`hostname=${HOST}&myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=&myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST.toUpperCase()}.&myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST},${HOST}&myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST}&myip=${V4},${V6}`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myip=${V6},${V4}`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myip=${V4}%2C${V6.replaceAll(":", "%3a")}`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myip=${V4}%2F32,${V6}%2F64`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myip=${V4}&myip=${V6}`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myip=${V6}`, `good ${V6}`, ["1.1.1.1", V6]],
  [`hostname=${HOST}&ip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST}&myipv4=${V4}&myipv6=${V6}`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myipv6=${V6}`, `good ${V6}`, ["1.1.1.1", V6]],
  [`hostname=${HOST}&myipv6=2A02:1234:0:0:0:0:0:7%25eth0`, `good ${V6}`, ["1.1.1.1", V6]],
  [`hostname=${HOST}&myip=::ffff:5db8:d822`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST}&myipv4=${V4}&myipv6=`, `good ${V4}`, [V4]],
  [`hostname=${HOST}&myipv4=&myipv6=`, "good", []],
  [`hostname=${HOST}&myipv4=${V4}&myipv6=preserve`, `good ${V4}`, [V4, "2600::1"]],
  [`hostname=${HOST}&myipv4=preserve&myip=${V4},${V6}`, `good ${V6}`, ["1.1.1.1", V6]],
  [`hostname=${HOST}&myip=preserve`, "nochg", ["1.1.1.1", "2600::1"]],
  [`hostname=${HOST}&offline=YES&myip=${V4}`, "good", []],
  [`hostname=${HOST}&offline=NO&myip=${V4}`, `good ${V4}`, [V4, "2600::1"]],
  [`system=dyndns&hostname=${HOST}&myip=${V4}&wildcard=ON&mx=a.b&backmx=YES`, `good ${V4}`, [V4, "2600::1"]],
  // Of the sender, when there is no address, or none of the internet.
  [`hostname=${HOST}`, "good 127.0.0.1", ["127.0.0.1", "2600::1"]],
  ["", "good 127.0.0.1", ["127.0.0.1", "2600::1"]],
  [`hostname=${HOST}&myip=`, "good 127.0.0.1", ["127.0.0.1", "2600::1"]],
  [`hostname=${HOST}&myip=192.168.1.7`, "good 127.0.0.1", ["127.0.0.1", "2600::1"]],
  [
    `hostname=${HOST}&myip=100.64.1.7,fd00::1,fe80::1,2001:db8::1`,
    "good 127.0.0.1",
    ["127.0.0.1", "2600::1"],
  ],
  [`hostname=${HOST}&myip=none`, "good 127.0.0.1", ["127.0.0.1", "2600::1"]],
  [`hostname=${HOST}&myip=192.168.1.7,${V6}`, `good ${V6}`, ["1.1.1.1", V6]],
  // FRITZ!Box.
  [`hostname=${HOST}&myipv4=${V4}&myipv6=${V6}&lan6=2a02:1234::/56`, `good ${V4},${V6}`, [V4, V6]],
  [`hostname=${HOST}&myipv4=${V4}&myipv6=&lan6=`, `good ${V4}`, [V4]],
  // No change.
  [`hostname=${HOST}&myip=1.1.1.1`, "nochg 1.1.1.1", ["1.1.1.1", "2600::1"]],
  [`hostname=${HOST}&myip=1.1.1.1,2600:0::1`, "nochg 1.1.1.1,2600::1", ["1.1.1.1", "2600::1"]],
  // Refused.
  ["hostname=box1&myip=1.2.3.4", "notfqdn", ["1.1.1.1", "2600::1"]],
  ["hostname=-a.example&myip=1.2.3.4", "notfqdn", ["1.1.1.1", "2600::1"]],
  [`hostname=unknown.${ZONE}&myip=${V4}`, "nohost", ["1.1.1.1", "2600::1"]],
  [`hostname=other.${ZONE}&myip=${V4}`, "nohost", ["1.1.1.1", "2600::1"]],
  [`hostname=bad.${ZONE}&myip=${V4}`, "abuse", ["1.1.1.1", "2600::1"]],
  [`hostname=${HOST},unknown.${ZONE}&myip=${V4}`, "nohost\nnohost", ["1.1.1.1", "2600::1"]],
  [`hostname=${HOST},bad.${ZONE}&myip=${V4}`, "abuse\nabuse", ["1.1.1.1", "2600::1"]],
  [`hostname=${HOST},box2&myip=${V4}`, "notfqdn\nnotfqdn", ["1.1.1.1", "2600::1"]],
];

t.test("dyndns2: every shape of the parameters is answered as the table says", async (t) => {
  for (const url of ["/nic/update", "/v3/update", "/update"]) {
    for (const [query, expected, after] of PARAMETERS) {
      for (const method of ["GET", "POST"] as const) {
        const { ask, hosts } = await endpoint(t);
        hosts.add(HOST, TOKEN, { ipv4: "1.1.1.1", ipv6: "2600::1" });
        const told = await (method === "GET"
          ? ask(`${url}?${query}`)
          : ask(url, {
              method,
              payload: query,
              headers: { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" },
            }));
        t.same(
          told,
          { status: 200, body: `${expected}\n`, retryAfter: undefined },
          `${method} ${url}?${query}`,
        );
        t.same(hosts.at(HOST), after);
      }
      if (url !== "/nic/update") break;
    }
  }
});

t.test("dyndns2: a list has one line for each name", async (t) => {
  const { ask, hosts } = await endpoint(t);
  const both = `hostname=${HOST},box2.${ZONE}`;
  t.equal((await ask(`/nic/update?${both}&myip=${V4}`)).body, `good ${V4}\ngood ${V4}\n`);
  hosts.add(HOST, TOKEN);
  t.equal((await ask(`/nic/update?${both}&myip=${V4}`)).body, `good ${V4}\nnochg ${V4}\n`);
});

t.test("dyndns2: a POST without a form takes the query", async (t) => {
  const { ask } = await endpoint(t);
  for (const type of ["", "application/json", "text/plain", "multipart/form-data; boundary=x"]) {
    const told = await ask(`/nic/update?myip=${V4}`, {
      method: "POST",
      payload: "{not json",
      headers: type === "" ? {} : { "content-type": type },
    });
    t.equal(told.status, 200, type);
  }
  t.equal((await ask(`/nic/update?myip=${V4}`, { method: "POST" })).status, 200);
});

t.test("dyndns2: who may not is told badauth, and nothing of the names", async (t) => {
  const { ask, hosts } = await endpoint(t);
  for (const authorization of [
    "",
    basic(HOST, "wrong"),
    basic(HOST, ""),
    basic(`nobody.${ZONE}`, TOKEN),
    basic("someone@example.org", TOKEN),
    basic(`other.${ZONE}`, TOKEN),
    basic("", TOKEN),
    "Basic",
    "Basic !!!",
    "Basic bm9jb2xvbg==",
    `Bearer ${TOKEN}`,
    `Basic ${"A".repeat(2000)}`,
  ]) {
    for (const name of [HOST, `unknown.${ZONE}`, "nodot", `bad.${ZONE}`]) {
      const told = await ask(`/nic/update?hostname=${name}&myip=${V4}`, { headers: { authorization } });
      t.same(told, { status: 401, body: "badauth\n", retryAfter: undefined }, `${authorization} ${name}`);
    }
  }
  t.equal(hosts.writes, 0);
  t.equal(
    (await ask(`/nic/update?hostname=box2.${ZONE}&myip=${V4}`)).body,
    `good ${V4}\n`,
    "its token is good",
  );
  t.equal(
    (await ask(`/nic/update?myip=${V4}`, { headers: { authorization: `basic  ${OWN.slice(6)}` } })).status,
    200,
  );
});

t.test("dyndns2: updates that change nothing are put off, and forbidden in the end", async (t) => {
  const { ask, hosts } = await endpoint(t);
  await ask(`/nic/update?myip=${V4}`);
  const again = () => ask(`/nic/update?myip=${V4}`);
  hosts.setUnchanged(HOST, 149);
  t.equal((await again()).body, `nochg ${V4}\n`);
  t.same(await again(), { status: 503, body: "911\n", retryAfter: "3600" });
  hosts.setUnchanged(HOST, 1999);
  t.equal((await again()).status, 503);
  t.same(await again(), { status: 200, body: "abuse\n", retryAfter: undefined });
  t.equal(hosts.writes, 1, "none of them wrote anything");
  t.equal(
    (await ask("/nic/update?myip=93.184.216.35")).body,
    "good 93.184.216.35\n",
    "a change is no matter of that",
  );
});

t.test(
  "dyndns2: a name with more than six addresses an hour is held, and the operator is told",
  async (t) => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
    const { ask, hosts } = await endpoint(t, { log });
    for (let host = 1; host <= 6; host++)
      t.equal((await ask(`/nic/update?myip=93.184.216.${host},2600::${host}`)).status, 200);
    t.same(await ask("/nic/update?myip=93.184.216.7"), { status: 503, body: "911\n", retryAfter: "900" });
    t.same(hosts.at(HOST), ["93.184.216.6", "2600::6"]);
    t.match(lines.join(""), /"name":"box1.boxes.example".*dyndns-name-shared/);
    t.notMatch(lines.join(""), TOKEN);
  },
);

t.test("dyndns2: two addresses in turns are slowed down", async (t) => {
  const clock = new FakeClock();
  const { ask } = await endpoint(t, { clock });
  const statuses: number[] = [];
  for (let turn = 0; turn < 13; turn++)
    statuses.push((await ask(`/nic/update?myip=93.184.216.${turn % 2}`)).status);
  t.same(statuses, [...Array<number>(12).fill(200), 503]);
  clock.advance(60_000);
  t.equal((await ask("/nic/update?myip=93.184.216.0")).status, 200);
});

t.test("dyndns2: trouble of ours is 503, whatever it is", async (t) => {
  const { ask, hosts } = await endpoint(t);
  hosts.trouble = "store-unavailable";
  t.same(await ask(`/nic/update?myip=${V4}`), { status: 503, body: "911\n", retryAfter: "120" });
  hosts.trouble = "dns-unavailable";
  t.same(await ask(`/nic/update?myip=${V4}`), { status: 503, body: "dnserr\n", retryAfter: "120" });
  hosts.trouble = null;
  t.equal((await ask(`/nic/update?myip=${V4}`)).status, 200);
});

t.test("dyndns2: an address of the sender that is none of the internet is not published", async (t) => {
  const { ask, hosts } = await endpoint(t, { allowed: [] });
  t.same(await ask("/nic/update?myip=192.168.1.2"), { status: 503, body: "dnserr\n", retryAfter: "120" });
  t.equal(hosts.writes, 0);
});

t.test("dyndns2: wrong tokens are limited by network, softly", async (t) => {
  const clock = new FakeClock();
  const limits = { guesses: { burst: 3, perSecond: 0.1 } };
  const { ask } = await endpoint(t, { clock, limits });
  const from = (remoteAddress: string, token: string) =>
    ask(`/nic/update?myip=${V4}`, { remoteAddress, headers: { authorization: basic(HOST, token) } });
  for (let guess = 0; guess < 3; guess++) t.equal((await from("2600:1:2:3::1", "wrong")).status, 401);
  t.same(await from("2600:1:2:3::2", "wrong"), { status: 503, body: "911\n", retryAfter: "10" });
  t.equal((await from("2600:1:2:3::2", TOKEN)).status, 503, "nor is anything learnt there");
  t.equal((await from("2600:1:2:4::1", TOKEN)).status, 200);
  clock.advance(10_000);
  t.equal((await from("2600:1:2:3::2", TOKEN)).status, 200);
});

t.test("dyndns2: who was right before goes on behind the address of one who guesses", async (t) => {
  const clock = new FakeClock();
  const { ask } = await endpoint(t, { clock, limits: { guesses: { burst: 3, perSecond: 0.1 } } });
  const as = (user: string, token: string, hostname = user) =>
    ask(`/nic/update?hostname=${hostname}&myip=${V4}`, { headers: { authorization: basic(user, token) } });
  t.equal((await as(HOST, TOKEN)).status, 200);
  for (let guess = 0; guess < 3; guess++) t.equal((await as(HOST, "wrong")).status, 401);
  t.equal((await as(HOST, "wrong")).status, 503);
  t.match(await as(HOST, TOKEN), { status: 200, body: `nochg ${V4}\n` });
  t.equal((await as(`box2.${ZONE}`, TOKEN)).status, 503, "for that name alone");
  t.equal((await as(HOST, `${TOKEN} `)).status, 503, "and with those very words");
});

t.test("dyndns2: nothing before the routes answers 400, 403, 421 or 429", async (t) => {
  const { ask } = await endpoint(t, { burst: 12 });
  const update = `/nic/update?hostname=${HOST}&myip=${V4}`;
  const form = { "content-type": "application/x-www-form-urlencoded" };
  for (const [what, more] of [
    ["an unknown Host", { headers: { host: "elsewhere.example" } }],
    ["a page of a stranger", { method: "POST", headers: { origin: "https://evil.example", ...form } }],
    ["another site", { method: "POST", headers: { "sec-fetch-site": "cross-site", ...form } }],
    ["a long form", { method: "POST", payload: `x=${"y".repeat(5000)}`, headers: form }],
  ] as const satisfies readonly (readonly [string, InjectOptions])[]) {
    const { status, body } = await ask(update, more);
    t.same({ status, body }, { status: 503, body: "911\n" }, what);
  }
  for (const host of ["dyn.example", "DYN4.example:8080", "dyn.example.", "127.0.0.1", "[::1]:80"])
    t.equal((await ask(update, { headers: { host } })).status, 200, host);
  let last: Told | undefined;
  for (let more = 0; more < 20; more++) last = await ask(update);
  t.match(last, { status: 503, body: "911\n", retryAfter: /^\d+$/ }, "too many requests");
});

t.test("dyndns2: the sender's address in plain text, three times a minute", async (t) => {
  const clock = new FakeClock();
  const { ask } = await endpoint(t, { clock, limits: { looks: { burst: 3, perSecond: 0.05 } } });
  const look = (remoteAddress: string, path = "/checkip") =>
    ask(path, { remoteAddress, headers: { authorization: "" } });
  t.same(await look("::ffff:93.184.216.34"), { status: 200, body: "93.184.216.34\n", retryAfter: undefined });
  t.same(await look("2600::1", "/myip"), { status: 200, body: "2600::1\n", retryAfter: undefined });
  await look("2600::2");
  await look("2600::3");
  t.same(await look("2600::4"), { status: 503, body: "911\n", retryAfter: "20" });
  t.equal((await look("93.184.216.34")).status, 200);
  clock.advance(20_000);
  t.equal((await look("2600::4")).status, 200);
});

/** As these clients send it, byte for byte but for the name. */
const RECORDED: readonly (readonly [string, string, string])[] = [
  [
    "ddclient 3.10",
    `GET /nic/update?system=dyndns&hostname=${HOST}&myip=${V4} HTTP/1.1\r\nHost: 127.0.0.1:18080\r\nAuthorization: ${OWN}\r\nUser-Agent: ddclient/3.10.0\r\nConnection: close\r\n\r\n`,
    `good ${V4}\n`,
  ],
  [
    "ddclient 3.11",
    `GET /nic/update?system=dyndns&hostname=${HOST}&myip=${V4},${V6} HTTP/1.1\r\nHost: 127.0.0.1:18080\r\nAuthorization: ${OWN}\r\nUser-Agent: ddclient/3.11.2\r\nConnection: close\r\n\r\n`,
    `good ${V4},${V6}\n`,
  ],
  [
    "ddclient 4.0, by curl",
    `GET /nic/update?hostname=${HOST}&myip=${V4},${V6} HTTP/1.1\r\nHost: dyn.example\r\nAuthorization: ${OWN}\r\nUser-Agent: ddclient/4.0.0\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    `good ${V4},${V6}\n`,
  ],
  [
    "inadyn 2.10",
    `GET /nic/update?hostname=${HOST}&myipv6=${V6.replaceAll(":", "%3a")} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: ${OWN}\r\nUser-Agent: inadyn/2.10.0 https://github.com/troglobit/inadyn/issues\r\n\r\n`,
    `good ${V6}\n`,
  ],
  [
    "FRITZ!Box",
    `GET /nic/update?hostname=${HOST}&myipv4=${V4}&myipv6=${V6}&lan6=2a02:1234::/56 HTTP/1.1\r\nHost: dyn.example\r\nConnection: close\r\nPragma: no-cache\r\nAuthorization: ${OWN}\r\nUser-Agent: Fritz!Box DDNS/1.0.2\r\n\r\n`,
    `good ${V4},${V6}\n`,
  ],
  [
    "a form by HTTP/1.0",
    `POST /nic/update HTTP/1.0\r\nHost: dyn4.example\r\nAuthorization: ${OWN}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${`hostname=${HOST}&myip=${V4}`.length}\r\n\r\nhostname=${HOST}&myip=${V4}`,
    `good ${V4}\n`,
  ],
];

t.test("dyndns2: requests as clients send them", async (t) => {
  for (const [client, text, expected] of RECORDED) {
    const { port } = await served(t);
    const answer = await literally({ port }, text);
    t.equal(answer.status, 200, client);
    t.equal(answer.body, expected, client);
    t.equal(answer.headers["content-length"], String(expected.length));
  }
});

t.test("dyndns2: curl with HTTP/1.0 and with a form", { skip: skipWithoutProgram("curl") }, async (t) => {
  const { port, hosts } = await served(t);
  const curl = async (...args: string[]) =>
    (await runProgram("curl", ["-s", "-u", `${HOST}:${TOKEN}`, ...args])).stdout;
  const url = `http://127.0.0.1:${port}/nic/update`;
  t.equal(await curl("-0", `${url}?hostname=${HOST}&myip=${V4}`), `good ${V4}\n`);
  t.equal(await curl("-d", `hostname=${HOST}`, "--data-urlencode", `myip=${V6}`, url), `good ${V6}\n`);
  t.equal(await curl("-4", "-0", "-d", "", `${url}?hostname=${HOST}`), "good 127.0.0.1\n");
  t.equal(await curl("-I", "-X", "PUT", "-o", "/dev/null", "-w", "%{http_code}", url), "404");
  t.same(hosts.at(HOST), ["127.0.0.1", V6]);
});

t.test("T17: dyndns2: no token is in the log, whatever goes wrong", async (t) => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const { ask, hosts } = await endpoint(t, { log, burst: 6 });
  const update = `/nic/update?myip=${V4}&password=${TOKEN}`;
  await ask(update);
  await ask(update, { headers: { authorization: basic(`nobody.${ZONE}`, TOKEN) } });
  await ask(update, { headers: { host: "elsewhere.example" } });
  hosts.trouble = "store-unavailable";
  await ask(update);
  hosts.trouble = null;
  await ask(`${update}&x`, { method: "PUT" });
  for (let more = 0; more < 10; more++) await ask(update);
  t.match(lines.join(""), /dyndns-request-refused/);
  t.match(lines.join(""), /dyndns-update-failed/);
  for (const secret of [TOKEN, OWN.slice(6)]) t.notOk(lines.join("").includes(secret));
});

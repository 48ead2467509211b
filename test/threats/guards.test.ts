import t, { type Test } from "tap";
import type { Client } from "../../src/protocol/api.ts";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire, type WireAnswer } from "../helpers/key-phone.ts";

/** What a stranger may have, and nothing else (design §4). */
const OPEN =
  /^(GET|HEAD) \/(api\/v1\/(box|openapi\.json)|healthz|\.well-known\/.*)$|^POST \/api\/v1\/(pairing\/(ask|claim|poll)|token)$/;
const EVIL = [
  "null",
  "http://evil.test",
  "https://evil.test",
  "http://127.0.0.1.evil.test",
  "http://localhost:1",
];

const doorsOf = (box: Daemon): [string, string][] => [
  ["http", box.url],
  ["https", `https://127.0.0.1:${box.https}`],
];

async function clientsOf(box: Daemon): Promise<Client[]> {
  return (await box.local<{ clients: Client[] }>("GET", "/api/v1/clients")).body.clients;
}

/** What every answer carries, whatever it says. */
function guarded(t: Test, answer: WireAnswer, name: string): void {
  const { headers } = answer;
  const policy = String(headers["content-security-policy"]);
  t.match(policy, /frame-ancestors 'none'/, name);
  t.match(policy, /default-src '(self|none)'/, name);
  t.notMatch(policy, /unsafe|\*|https?:/, name);
  t.equal(headers["x-content-type-options"], "nosniff", name);
  t.equal(headers["cross-origin-resource-policy"], "same-origin", name);
}

t.test("T3: no method and no path lets a stranger at what is not open", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const { paths } = (await onTheWire(box.url, "/api/v1/openapi.json")).body as {
    paths: Record<string, Record<string, unknown>>;
  };
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LINK"];
  let walked = 0;
  for (const [n, path] of Object.keys(paths).entries()) {
    for (const method of methods) {
      const target = path.replace(/\{\w+\}/g, "x");
      if (OPEN.test(`${method} ${target}`)) continue;
      // From many senders: one that tries so much is no longer heard.
      const answer = await onTheWire(box.url, target, {
        method,
        from: `127.0.3.${n + 1}`,
        ...(/^P/.test(method) && { body: {} }),
      });
      const expected = path.startsWith("/m/") ? [204, 403, 404, 405] : [401, 404, 405];
      t.ok(expected.includes(answer.status), `${method} ${path}: ${answer.status}`);
      guarded(t, answer, `${method} ${path}`);
      walked++;
    }
  }
  t.ok(walked > 150, `${walked} requests`);
  for (const path of [
    "/api",
    "/api/v1",
    "/api/v2/box",
    "/metrics",
    "/admin",
    "/.git/config",
    "/../etc/passwd",
  ]) {
    const { status } = await onTheWire(box.url, path);
    t.ok([401, 404].includes(status), `${path}: ${status}`);
  }
});

t.test("T12: a name that is not the box's is refused at every door, before anything else", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  for (const [door, url] of doorsOf(box)) {
    for (const host of ["evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test"]) {
      for (const path of ["/", "/api/v1/box", "/api/v1/channels", "/m/x/index.m3u8", "/nothing"]) {
        const answer = await onTheWire(url, path, { headers: { host, origin: `http://${host}` } });
        t.equal(answer.status, 421, `${door} ${host} ${path}`);
        t.equal(answer.body.code, "host-not-allowed");
        guarded(t, answer, `${door} ${host} ${path}`);
      }
    }
    t.equal((await onTheWire(url, "/api/v1/box", { headers: { host: "localhost" } })).status, 200);
  }
});

t.test("T13: a page of others changes nothing, whatever it sends and whatever the phone holds", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  await KeyPhone.paired(box);
  // A LAN viewer: the one whose credential the browser sends by itself.
  const offer = await box.openOffer("viewer");
  const lan = await KeyPhone.make(box, box.url);
  const claimed = await lan.claim(await lan.claimBody(offer, "code", { key: null, refresh: "cookie" }));
  t.equal((await lan.poll(claimed.body.claim)).status, 200);
  const cookie = lan.cookie ?? "";
  t.equal(
    (await onTheWire(box.url, "/api/v1/channels", { headers: { cookie } })).status,
    200,
    "the cookie is good",
  );
  const before = await clientsOf(box);

  const own = { cookie, "x-tellyport": "1" };
  const wishes: [string, Record<string, string>, string?][] = [
    ["a form", { cookie, "content-type": "application/x-www-form-urlencoded" }, "a=b"],
    ["a form with files", { cookie, "content-type": "multipart/form-data; boundary=x" }, "--x--"],
    ["plain text", { cookie, "content-type": "text/plain" }, "{}"],
    ["JSON without the header", { cookie, "content-type": "application/json" }, "{}"],
    ["nothing", { cookie }],
    ["a method override", { cookie, "x-http-method-override": "DELETE", "x-method-override": "DELETE" }],
    ["another site", { ...own, "sec-fetch-site": "cross-site" }],
    ["the same site", { ...own, "sec-fetch-site": "same-site" }],
    ...EVIL.map((origin): [string, Record<string, string>] => [origin, { ...own, origin }]),
  ];
  for (const [name, headers, body] of wishes) {
    for (const [method, path] of [
      ["POST", "/api/v1/playback"],
      ["DELETE", "/api/v1/clients/self"],
      ["POST", "/api/v1/clients/self"],
    ] as const) {
      const answer = await onTheWire(box.url, path, { method, headers, ...(body !== undefined && { body }) });
      t.ok(
        answer.status === 403 || (answer.status === 405 && method === "POST"),
        `${name} ${method} ${path}: ${answer.status}`,
      );
    }
  }
  t.same(
    (await clientsOf(box)).map(({ id }) => id),
    before.map(({ id }) => id),
    "nobody was removed",
  );

  // Pages of nobody's at routes that are open: no parser for what forms send, no foreign page.
  const open = await box.openOffer("viewer");
  const claim = await lan.claimBody(open, "code", { key: null, refresh: "cookie" });
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
  ]) {
    const answer = await onTheWire(box.url, "/api/v1/pairing/claim", {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(claim),
    });
    t.equal(answer.status, 400, type);
  }
  for (const origin of EVIL) {
    const answer = await onTheWire(box.url, "/api/v1/pairing/claim", {
      method: "POST",
      headers: { origin },
      body: claim,
    });
    t.same([answer.status, answer.body.code], [403, "origin-not-allowed"], origin);
  }
  t.equal((await lan.claim(claim)).status, 200, "none of it used up the offer");
  const ownPage = await onTheWire(box.url, "/api/v1/playback", {
    method: "POST",
    headers: { ...own, origin: box.url, "sec-fetch-site": "same-origin" },
    body: { channel: "none" },
  });
  t.equal(ownPage.body.code, "channel-not-found", "the box's own page");
});

t.test("T14: no foreign page may read the API, and nothing of an Origin comes back", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const phone = await KeyPhone.paired(box);
  t.equal((await phone.call("GET", "/api/v1/channels")).status, 200);
  for (const [door, url] of doorsOf(box)) {
    for (const origin of [...EVIL, url]) {
      for (const [method, path] of [
        ["GET", "/"],
        ["GET", "/api/v1/box"],
        ["GET", "/api/v1/channels"],
        ["GET", "/api/v1/openapi.json"],
        ["OPTIONS", "/api/v1/channels"],
        ["OPTIONS", "/api/v1/pairing/claim"],
        ["GET", "/m/forged/index.m3u8"],
        ["OPTIONS", "/m/forged/index.m3u8"],
      ] as const) {
        const answer = await onTheWire(url, path, {
          method,
          headers: {
            origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "dpop",
          },
        });
        const name = `${door} ${method} ${path} from ${origin}`;
        const { "access-control-allow-origin": allowed, ...headers } = answer.headers;
        if (path.startsWith("/m/")) t.ok(allowed === undefined || allowed === "*", name);
        else t.equal(allowed, undefined, name);
        t.notMatch(JSON.stringify(headers), /access-control-allow-(credentials|private)/, name);
        if (origin !== url) t.notMatch(JSON.stringify(answer.headers), origin, name);
      }
    }
  }
  // With a good token and proof, and still from a foreign page.
  const path = "/api/v1/channels";
  for (const origin of EVIL) {
    const headers = {
      authorization: `DPoP ${phone.tokens?.accessToken}`,
      dpop: await phone.proof("GET", path),
      origin,
    };
    const answer = await phone.send(path, { headers });
    t.same([answer.status, answer.body.code], [403, "origin-not-allowed"], origin);
  }
  const own = {
    authorization: `DPoP ${phone.tokens?.accessToken}`,
    dpop: await phone.proof("GET", path),
    origin: phone.origin,
  };
  t.equal((await phone.send(path, { headers: own })).status, 200, "its own page");
});

t.test("T15, T7: every answer forbids framing, sniffing and inline script", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const phone = await KeyPhone.paired(box);
  for (const [door, url] of doorsOf(box)) {
    const page = await onTheWire(url, "/");
    t.equal(page.status, 200);
    t.notMatch(
      page.body,
      /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i,
      "the page has no inline script or style",
    );
    const script = /<script[^>]*src="([^"]+)"/.exec(page.body as string)?.[1] ?? "";
    for (const path of [
      "/",
      script,
      "/api/v1/box",
      "/api/v1/channels",
      "/nothing",
      "/m/forged/index.m3u8",
      "/%zz",
      "/healthz",
    ])
      guarded(t, await onTheWire(url, path), `${door} ${path}`);
    guarded(t, await onTheWire(url, "/", { headers: { host: "evil.test" } }), `${door} foreign host`);
    guarded(t, await onTheWire(url, "/api/v1/token", { method: "POST", body: "{" }), `${door} bad JSON`);
  }
  guarded(t, await phone.call("GET", "/api/v1/channels"), "an answer to a client");
  guarded(t, await phone.call("PUT", "/api/v1/parental-pin", { pin: null }), "an answer without a body");
});

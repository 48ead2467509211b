import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { networkInterfaces } from "node:os";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import t from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { isTellyportError } from "../../../src/kernel/errors.ts";
import { addressClass } from "../../../src/kernel/safe-fetch/address-class.ts";
import {
  createSafeFetch,
  FetchFailure,
  HOME,
  namedReach,
  PUBLIC,
  type FetchAnswer,
  type HomeNetwork,
  type SafeFetch,
} from "../../../src/kernel/safe-fetch/index.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import type { Teardown } from "../../helpers/temporary.ts";

/** An address of this machine that plays a neighbour. */
const NEIGHBOUR = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ address, internal }) => !internal && addressClass(address) === "private")?.address;
const skip = NEIGHBOUR === undefined && "this machine has no private address";

const NETWORK: HomeNetwork = { isOwn: () => false, isNeighbour: (address) => address === NEIGHBOUR };

interface Site {
  readonly port: number;
  readonly requests: IncomingMessage[];
}

async function siteAt(
  t: Teardown,
  host: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

/** A resolver that says the next of its answers at each question, and the last one ever after. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve = (name: string): Promise<readonly string[]> => {
    asked.push(name);
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? []);
  };
  return { asked, resolve };
}

const fetchOver = (resolve?: (name: string) => Promise<readonly string[]>): SafeFetch =>
  createSafeFetch({ clock: systemClock, network: () => NETWORK, ...(resolve && { resolve }) });

async function textOf({ body }: FetchAnswer): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function refusal(asking: Promise<unknown>): Promise<string> {
  const error = await asking.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (isTellyportError(error, "fetch-refused")) return String(error.detail?.["reason"]);
  return error instanceof FetchFailure ? error.trouble : String(error);
}

t.test("T16: a name that changes its address between check and use changes nothing", { skip }, async (t) => {
  const good = await siteAt(t, NEIGHBOUR ?? "", (_request, response) => void response.end("good"));
  const canary = await siteAt(t, "127.0.0.1", (_request, response) => void response.end("canary"), good.port);
  const { asked, resolve } = resolver([NEIGHBOUR ?? ""], ["127.0.0.1"]);
  const fetch = fetchOver(resolve);
  const url = new URL(`http://flip.example:${good.port}/`);
  t.equal(await textOf(await fetch(url, { reach: HOME })), "good");
  t.same(asked, ["flip.example"], "one question for one connection");
  t.equal(good.requests[0]?.headers.host, url.host, "the server is told the name");
  t.equal(await refusal(fetch(url, { reach: HOME })), "this-box", "the next request is judged anew");
  t.equal(canary.requests.length, 0);
});

t.test("T16: of several addresses of a name only those that may be asked are", { skip }, async (t) => {
  const good = await siteAt(t, NEIGHBOUR ?? "", (_request, response) => void response.end("good"));
  const canary = await siteAt(t, "127.0.0.1", (_request, response) => void response.end("canary"), good.port);
  const { resolve } = resolver(["127.0.0.1", "169.254.169.254", NEIGHBOUR ?? "", "::1"]);
  const fetch = fetchOver(resolve);
  t.equal(await textOf(await fetch(new URL(`http://many.example:${good.port}/`), { reach: HOME })), "good");
  t.equal(canary.requests.length, 0);
});

t.test("T16: each redirect is judged, by name and by address", { skip }, async (t) => {
  let to = "";
  const canary = await siteAt(t, "127.0.0.1", (_request, response) => void response.end("canary"));
  const site = await siteAt(
    t,
    NEIGHBOUR ?? "",
    (request, response) =>
      void (request.url === "/end" ? response.end("end") : response.writeHead(302, { location: to }).end()),
  );
  const { resolve } = resolver([NEIGHBOUR ?? ""], ["127.0.0.1"]);
  const start = new URL(
    `http://${NEIGHBOUR?.includes(":") ? `[${NEIGHBOUR}]` : NEIGHBOUR}:${site.port}/start`,
  );
  for (const [location, why] of [
    [`http://127.0.0.1:${canary.port}/`, "this-box"],
    [`http://2130706433:${canary.port}/`, "this-box"],
    [`http://[::ffff:7f00:1]:${canary.port}/`, "this-box"],
    [`//localhost:${canary.port}/`, "this-box"],
    [`http://localhost.:${canary.port}/`, "this-box"],
    ["http://169.254.169.254/latest/", "metadata"],
    ["http://10.255.0.1/", "private"],
    [`${start.origin.replace(/:\d+$/, "")}:22/`, "port"],
    ["file:///etc/passwd", "bad-redirect"],
    ["http://[", "bad-redirect"],
    ["/start", "bad-redirect"],
  ] as const) {
    to = location;
    t.equal(await refusal(fetchOver()(start, { reach: HOME })), why, location);
  }
  // A name that is the neighbour when it is asked, and loopback when it redirects to itself.
  to = "/end";
  const flip = new URL(`http://flip.example:${site.port}/`);
  t.equal(await refusal(fetchOver(resolve)(flip, { reach: HOME })), "this-box");
  t.equal(canary.requests.length, 0);
  t.equal(await textOf(await fetchOver()(start, { reach: HOME })), "end", "what is fine is followed");
  to = "/end";
  t.equal(await refusal(fetchOver()(start, { reach: HOME, redirects: 0 })), "bad-redirect");
});

t.test("T16: nobody but their own host gets the user and password of an address", async (t) => {
  const other = await siteAt(t, "127.0.0.2", (_request, response) => void response.end("other"));
  const site = await siteAt(t, "127.0.0.1", (request, response) => {
    if (request.url === "/away")
      return void response.writeHead(307, { location: `http://127.0.0.2:${other.port}/` }).end();
    if (request.url === "/same") return void response.writeHead(307, { location: "/end" }).end();
    response.end("end");
  });
  const url = (path: string): URL => new URL(`http://anna:hunter2@127.0.0.1:${site.port}${path}#part`);
  const reach = namedReach(url("/"), new URL(`http://127.0.0.2:${other.port}`));
  const headers = { cookie: "a=hunter2", "if-none-match": '"1"' };
  await textOf(await fetchOver()(url("/same"), { reach, headers }));
  const basic = `Basic ${Buffer.from("anna:hunter2").toString("base64")}`;
  t.same(
    site.requests.map(({ url: path, headers: sent }) => [path, sent.authorization, sent.cookie]),
    [
      ["/same", basic, "a=hunter2"],
      ["/end", basic, "a=hunter2"],
    ],
  );
  await textOf(await fetchOver()(url("/away"), { reach, headers }));
  t.notMatch(JSON.stringify(other.requests[0]?.headers), /hunter2|YW5uYT/);
  t.equal(other.requests[0]?.headers["if-none-match"], '"1"');
  t.equal(other.requests[0]?.headers.referer, undefined);
  const told = await fetchOver()(new URL("http://anna:hunter2@127.0.0.9/?key=hunter2"), {
    reach: HOME,
  }).catch(String);
  t.match(
    told,
    /127\.0\.0\.9 is not asked: it is this box itself\. If it is meant, write http:\/\/127\.0\.0\.9 in/,
  );
  t.notMatch(told, /hunter2|anna/);
});

t.test("T16: an answer of the internet names the internet only, in its redirects too", async (t) => {
  // Nothing is sent: every address is judged before.
  const fetch = fetchOver(resolver(["10.0.0.1"]).resolve);
  for (const [text, why] of [
    ["http://nas.example/", "private-from-public"],
    ["http://127.0.0.1/", "this-box"],
    ["http://8.8.8.8:22/", "port"],
    ["http://0.0.0.0/", "this-box"],
    ["ftp://8.8.8.8/", "scheme"],
  ] as const)
    t.equal(await refusal(fetch(new URL(text), { reach: PUBLIC })), why, text);
});

t.test("safe fetch: bounds of time and size, each with its word", async (t) => {
  const site = await siteAt(t, "127.0.0.1", (request, response) => {
    switch (request.url) {
      case "/mute":
        return;
      case "/large":
        return void response.end(Buffer.alloc(5000));
      case "/head":
        return void response.writeHead(200, { "x-long": "x".repeat(20_000) }).end();
      case "/cut":
        return void response.writeHead(200, { "content-length": 99 }).write("abc", () => response.destroy());
      case "/upgrade":
        return void request.socket.end("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
      case "/none":
        return void request.socket.destroy();
      default:
        response.write("abc");
    }
  });
  const clock = new FakeClock();
  const fetch = createSafeFetch({ clock });
  const ask = async (path: string, limits = {}): Promise<string> => {
    const url = new URL(`http://127.0.0.1:${site.port}${path}`);
    const asked = site.requests.length;
    const asking = fetch(url, { reach: namedReach(url), limits }).then(textOf);
    const turn = setInterval(() => site.requests.length > asked && clock.advance(500), 20);
    const got = await refusal(asking);
    clearInterval(turn);
    t.equal(clock.pending, 0, `${path}: no timer is left`);
    return got;
  };
  t.equal(await ask("/mute"), "timeout");
  t.equal(await ask("/part", { silenceMs: 3000 }), "silent");
  t.equal(await ask("/part", { silenceMs: null }), "too-slow");
  t.equal(await ask("/large", { bodyBytes: 4999 }), "too-large");
  t.equal(await ask("/head"), "unreachable");
  t.equal(await ask("/cut"), "unreachable");
  t.equal(await ask("/none"), "unreachable");
  t.equal(await ask("/upgrade"), "unreachable");
});

t.test("safe fetch: a request and a body are given up at once, and leave nothing behind", async (t) => {
  let closed = 0;
  const site = await siteAt(t, "127.0.0.1", (request, response) => {
    request.socket.once("close", () => closed++);
    if (request.url === "/part") response.write("abc");
  });
  const clock = new FakeClock();
  const fetch = createSafeFetch({ clock });
  const url = (path: string): URL => new URL(`http://127.0.0.1:${site.port}${path}`);
  const reach = namedReach(url("/"));
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const early = new AbortController();
  const mute = fetch(url("/mute"), { reach, signal: early.signal });
  await until(() => site.requests.length === 1);
  early.abort();
  await t.rejects(mute, { code: "request-cancelled" });
  await t.rejects(fetch(url("/mute"), { reach, signal: early.signal }), { code: "request-cancelled" });

  const late = new AbortController();
  const answer = await fetch(url("/part"), { reach, signal: late.signal });
  const reading = textOf(answer);
  late.abort();
  await t.rejects(reading, { code: "request-cancelled" });
  const unread = await fetch(url("/part"), { reach });
  unread.cancel();
  await t.rejects(textOf(unread), { code: "request-cancelled" });
  const begun = await fetch(url("/part"), { reach });
  for await (const _piece of begun.body) break;
  await until(() => closed === 4);
  t.equal(clock.pending, 0);
  // A resolver that never answers holds nobody.
  const stuck = createSafeFetch({ clock, resolve: () => new Promise(() => undefined) });
  const waiting = stuck(new URL("http://slow.example/"), { reach: HOME });
  clock.advance(6000);
  t.equal(await refusal(waiting), "timeout");
  t.equal(clock.pending, 0);
});

t.test("safe fetch: an answer comes as it is, with what it says", async (t) => {
  const packed = gzipSync("text");
  const site = await siteAt(
    t,
    "127.0.0.1",
    (_request, response) =>
      void response.writeHead(206, { "content-encoding": "gzip", etag: '"1"' }).end(packed),
  );
  const url = new URL(`http://localhost:${site.port}/a?b=c`);
  const answer = await createSafeFetch({ clock: systemClock })(url, { reach: namedReach(url) });
  t.match(answer, { status: 206, headers: { etag: '"1"' }, localAddress: "127.0.0.1" });
  t.equal(answer.url.href, url.href);
  t.equal(await textOf(answer), packed.toString());
  t.equal(site.requests[0]?.headers.connection, "close");
  t.equal(site.requests[0]?.headers["accept-encoding"], undefined);
});

import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import t from "tap";
import { judgeAnswer } from "../../../src/ddns-client/providers/dyndns2-answer.ts";
import {
  createDyndns2Client,
  type Dyndns2Options,
} from "../../../src/ddns-client/providers/dyndns2-client.ts";
import { updateUrls } from "../../../src/ddns-client/providers/dyndns2-urls.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createSafeFetch } from "../../../src/kernel/safe-fetch/index.ts";
import { HOST, served, TOKEN, ZONE } from "../../cloud/dyndns2/served.ts";
import type { Teardown } from "../../helpers/temporary.ts";

const V4 = "93.184.216.34";
const V6 = "2a02:1234::7";
const both = { ipv4: V4, ipv6: V6 };
const never = new AbortController().signal;
const fetch = createSafeFetch({ clock: systemClock });

function client(url: string, more: Partial<Dyndns2Options> = {}) {
  const options = { url, user: HOST, password: TOKEN, hostnames: [HOST], ...more };
  return createDyndns2Client(options, { fetch, version: "1.2" });
}

async function odd(
  t: Teardown,
  listener: RequestListener,
): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

t.test("dyndns2 client: our own endpoint", async (t) => {
  const { port, hosts } = await served(t);
  const url = `http://127.0.0.1:${port}`;
  t.match(await client(url).update(both, never), { kind: "done" });
  t.same(hosts.at(HOST), [V4, V6]);
  t.match(await client(url).update(both, never), { kind: "unchanged" });
  const later = { ipv4: "93.184.216.35", ipv6: "2a02:1234::8" };
  t.match(await client(url, { families: "apart" }).update(later, never), { kind: "done" });
  t.same(hosts.at(HOST), ["93.184.216.35", "2a02:1234::8"]);
  const template = `${url}/nic/update?hostname=<domain>&myipv4=<ipaddr>&myipv6=<ip6addr>`;
  t.match(await client(template).update({ ipv4: V4, ipv6: null }, never), { kind: "done" });
  t.same(hosts.at(HOST), [V4], "an empty parameter takes the family away");
  const two = client(url, { hostnames: [HOST, `box2.${ZONE}`] });
  t.match(await two.update({ ipv4: V4, ipv6: null }, never), { kind: "done" });
  t.same(hosts.at(`box2.${ZONE}`), [V4]);
  t.match(await client(url, { password: "wrong" }).update(both, never), {
    kind: "stopped",
    message: /badauth/,
  });
  t.match(await client(url, { hostnames: [`no.${ZONE}`] }).update(both, never), {
    kind: "stopped",
    message: /nohost/,
  });
  t.match(await client(url, { hostnames: ["nodot"] }).update(both, never), {
    kind: "stopped",
    message: /notfqdn/,
  });
  t.match(await client(url, { hostnames: [`bad.${ZONE}`] }).update(both, never), {
    kind: "stopped",
    message: /abuse/,
  });
  hosts.trouble = "dns-unavailable";
  t.match(await client(url).update(both, never), { kind: "wait", retryAfterMs: 120_000 });
  hosts.trouble = null;
  t.match(await client(url).update(both, never), { kind: "done" });
});

/** Status, body, `Retry-After`, and what it means: as providers and what stands before them answer. */
const ANSWERS: readonly (readonly [number, string, string | undefined, string, number?])[] = [
  [200, `good ${V4}`, undefined, "done"],
  [200, `good ${V4}\r\n`, undefined, "done"],
  [200, `GOOD ${V4}\n`, undefined, "done"],
  [200, "good", undefined, "done"],
  [200, `\n\n  good ${V4}  \n`, undefined, "done"],
  [200, `\uFEFFgood ${V4}`, undefined, "done"],
  [200, `good ${V4},${V6}\ngood ${V4}`, undefined, "done"],
  [200, "OK", undefined, "done"],
  [202, "good", undefined, "done"],
  [200, `nochg ${V4}`, undefined, "unchanged"],
  [200, "nochg", undefined, "unchanged"],
  [200, "badauth", undefined, "stopped"],
  [401, "badauth", undefined, "stopped"],
  [401, "<html>401 Unauthorized</html>", undefined, "stopped"],
  [401, "", undefined, "stopped"],
  [403, "Forbidden", undefined, "stopped"],
  [404, "nohost", undefined, "stopped"],
  [404, "<html>Not found</html>", undefined, "stopped"],
  [400, "notfqdn", undefined, "stopped"],
  [200, "abuse", undefined, "stopped"],
  [200, "!donator", undefined, "stopped"],
  [200, "badagent", undefined, "stopped"],
  [200, "KO", undefined, "stopped"],
  [200, "911", undefined, "wait"],
  [200, "dnserr", undefined, "wait"],
  [503, "911", "900", "wait", 900_000],
  [503, "good", undefined, "wait"],
  [500, "abuse", undefined, "wait"],
  [502, "<html>Bad gateway</html>", undefined, "wait"],
  [429, "", "60", "wait", 60_000],
  [429, "good", undefined, "wait"],
  [403, "911", undefined, "wait"],
  [503, "", "Wed, 21 Oct 2026 07:28:00 GMT", "wait"],
  [503, "", "99999999", "wait"],
  [503, "", "9999999", "wait", 86_400_000],
  // A hotel's page, and what says nothing: perhaps a yes.
  [200, "<!DOCTYPE html><title>Welcome, good guest</title>", undefined, "wait", 3_600_000],
  [200, "", undefined, "wait", 3_600_000],
  [204, "", undefined, "wait", 3_600_000],
  [200, '{"status":"ok"}', undefined, "wait", 3_600_000],
  [200, "goodbye", undefined, "wait", 3_600_000],
  [200, "good-bye", undefined, "wait", 3_600_000],
  [200, "constructor", undefined, "wait", 3_600_000],
  [304, "", undefined, "wait", 3_600_000],
];

t.test("dyndns2 client: what servers answer, and what it means", (t) => {
  for (const [status, body, retryAfter, kind, retryAfterMs] of ANSWERS) {
    const result = judgeAnswer("dyn.example", status, body, retryAfter);
    t.equal(result.kind, kind, `${status} ${JSON.stringify(body)}`);
    t.equal(result.retryAfterMs, retryAfterMs);
    t.match(result.message, /^dyn\.example answered /);
  }
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      fc.string(),
      fc.option(fc.string(), { nil: undefined }),
      (status, body, after) => {
        const { kind, message, retryAfterMs = 0 } = judgeAnswer("x", status, body, after);
        return message.length < 100 && retryAfterMs <= 86_400_000 && (status < 500 || kind === "wait");
      },
    ),
  );
  t.end();
});

t.test("dyndns2 client: how the requests look", (t) => {
  const target = { url: "dyn.example", user: "u", password: "p&<domain>" };
  const urls = (more: object, addresses: { ipv4: string | null; ipv6: string | null } = both) =>
    updateUrls({ ...target, ...more }, "box.example", addresses).map(({ href }) => href);
  t.same(urls({}), [`https://dyn.example/nic/update?hostname=box.example&myip=${V4},${V6}`]);
  t.same(urls({ families: "apart" }), [
    `https://dyn.example/nic/update?hostname=box.example&myip=${V4}`,
    `https://dyn.example/nic/update?hostname=box.example&myip=${V6}`,
  ]);
  t.same(urls({}, { ipv4: null, ipv6: V6 }), [
    `https://dyn.example/nic/update?hostname=box.example&myip=${V6}`,
  ]);
  t.same(urls({ url: "http://dyn.example:8080/v3/update?key=1" }), [
    `http://dyn.example:8080/v3/update?key=1&hostname=box.example&myip=${V4},${V6}`,
  ]);
  t.same(urls({ url: "https://dyn.example/u?n=<username>&p=<pass>&h=<domain>&a=<ipaddr>&b=<ip6addr>" }), [
    `https://dyn.example/u?n=u&p=p%26%3Cdomain%3E&h=box.example&a=${V4}&b=${V6}`,
  ]);
  t.throws(() => urls({ url: "https://" }), { code: "config-invalid" });
  t.throws(() => client("http://a b/<pass>"), { code: "config-invalid" });
  t.end();
});

t.test("dyndns2 client: what goes over the wire", async (t) => {
  const { url, requests } = await odd(t, (_request, response) => response.end("good"));
  await client(url).update(both, never);
  await client(`${url}/u?p=<pass>&a=<ipaddr>`).update(both, never);
  t.equal(requests[0]?.headers["user-agent"], "Tellyport/1.2");
  t.equal(requests[0]?.headers.authorization, `Basic ${Buffer.from(`${HOST}:${TOKEN}`).toString("base64")}`);
  t.equal(requests[1]?.headers.authorization, undefined, "the password is in the address");
  t.equal(requests[1]?.url, `/u?p=${TOKEN}&a=${V4}`);
});

t.test("dyndns2 client: servers that behave oddly", async (t) => {
  const result = async (listener: RequestListener, more: Partial<Dyndns2Options> = {}) =>
    client((await odd(t, listener)).url, more).update(both, never);
  t.match(await result((request) => request.socket.destroy()), { kind: "wait", message: /unreachable/ });
  t.match(
    await result((_request, response) => response.end(`good ${V4}\n${"x".repeat(200_000)}`)),
    { kind: "done" },
    "a long tail",
  );
  const real = await odd(t, (_request, response) => response.end("good"));
  const away = await odd(t, (request, response) => {
    response.writeHead(301, { location: `${real.url}${request.url ?? ""}` }).end();
  });
  t.match(
    await client(away.url).update(both, never),
    { kind: "stopped" },
    "from a named address on to another private one",
  );
  t.equal(real.requests.length, 0);
  const home = await odd(t, (request, response) => {
    if (request.url?.startsWith("/new") === true) response.end("good");
    else response.writeHead(302, { location: `/new${request.url ?? ""}` }).end();
  });
  t.match(await client(home.url).update(both, never), { kind: "done" }, "on the same server");
  const loop = await odd(t, (_request, response) => response.writeHead(302, { location: "/" }).end());
  t.match(await client(loop.url).update(both, never), { kind: "wait", message: /bad-redirect/ });
  t.match(await client("http://127.0.0.1:9").update(both, never), { kind: "wait" });
  let count = 0;
  const broken = await odd(t, (_request, response) => {
    count++;
    response.writeHead(503).end("911");
  });
  t.match(await client(broken.url, { hostnames: ["a.b", "c.d"] }).update(both, never), { kind: "wait" });
  t.equal(count, 1, "not asked for the others");
  const silent = await odd(t, () => undefined);
  const stop = new AbortController();
  const waiting = client(silent.url).update(both, stop.signal);
  stop.abort(new Error("enough"));
  await t.rejects(waiting);
});

import type { IncomingMessage } from "node:http";
import t from "tap";
import { foreignPage, refusalOf, sameOrigin, type Door } from "../../src/http-server/request-guard.ts";
import { MEDIA, MEMBERS, OPEN, type RouteAccess } from "../../src/protocol/access.ts";

function request(method: string, headers: Record<string, string>, url = "/x"): IncomingMessage {
  const rawHeaders = Object.entries(headers).flat();
  return { method, url, headers, rawHeaders } as unknown as IncomingMessage;
}

t.test("request guard: T14 only the box's own origin is the same, as the box was called", (t) => {
  const cases: [string, Door, string, boolean][] = [
    ["http://box.local:8080", "http", "box.local:8080", true],
    ["https://192.168.1.5:8443", "https", "192.168.1.5:8443", true],
    ["http://BOX.local:8080", "http", "box.local:8080", true],
    ["http://box.local", "http", "box.local:80", true],
    ["https://[fd00::5]", "https", "[fd00::5]:443", true],
    ["http://box.local:8080", "https", "box.local:8080", false],
    ["https://box.local:8080", "http", "box.local:8080", false],
    ["http://box.local:8443", "http", "box.local:8080", false],
    ["http://box.local.evil.test:8080", "http", "box.local:8080", false],
    ["http://sub.box.local:8080", "http", "box.local:8080", false],
    ["null", "http", "box.local:8080", false],
    ["", "http", "box.local:8080", false],
    ["file://", "http", "", false],
    ["http://box.local:8080, http://evil.test", "http", "box.local:8080", false],
    ["http://user@box.local:8080", "http", "box.local:8080", false],
    ["http://box.local:8080/", "http", "box.local:8080", false],
  ];
  for (const [origin, door, host, same] of cases)
    t.equal(sameOrigin(origin, door, host), same, `${origin} at ${door} ${host}`);
  t.end();
});

t.test(
  "request guard: T13 pages of others get at what is open for reading and at media, and at nothing else",
  (t) => {
    const host = { host: "box.local" };
    const evil = { ...host, origin: "http://evil.test" };
    const own = { ...host, origin: "http://box.local" };
    const code = (
      method: string,
      headers: Record<string, string>,
      access?: RouteAccess,
    ): string | undefined => foreignPage(request(method, headers), "http", access)?.code;
    for (const headers of [evil, { ...host, origin: "null" }]) {
      t.equal(code("GET", headers, OPEN), undefined);
      t.equal(code("HEAD", headers, OPEN), undefined);
      t.equal(code("GET", headers, MEDIA), undefined);
      t.equal(code("OPTIONS", headers, MEDIA), undefined);
      t.equal(code("POST", headers, OPEN), "origin-not-allowed");
      for (const method of ["GET", "POST", "DELETE"])
        t.equal(code(method, headers, MEMBERS), "origin-not-allowed", method);
      t.equal(code("OPTIONS", headers), "origin-not-allowed", "a preflight");
    }
    for (const method of ["GET", "POST", "DELETE"]) {
      t.equal(code(method, own, MEMBERS), undefined);
      t.equal(code(method, host, MEMBERS), undefined, "native clients name none");
    }
    for (const site of ["cross-site", "same-site"]) {
      t.equal(code("POST", { ...host, "sec-fetch-site": site }, OPEN), "cross-site-refused");
      t.equal(code("DELETE", { ...own, "sec-fetch-site": site }, MEMBERS), "cross-site-refused");
      t.equal(code("GET", { ...host, "sec-fetch-site": site }, OPEN), undefined);
    }
    t.equal(code("POST", { ...own, "sec-fetch-site": "same-origin" }, MEMBERS), undefined);
    t.equal(foreignPage(request("POST", evil), "local", MEMBERS), null, "no browser opens the socket");
    t.end();
  },
);

t.test("request guard: hosts, methods and targets that nothing here has", (t) => {
  const names = new Set(["box.local"]);
  const code = (
    method: string,
    url: string,
    headers: Record<string, string>,
    door: Door = "http",
  ): string | undefined => refusalOf(request(method, headers, url), door, names)?.code;
  const host = { host: "box.local" };
  t.equal(code("GET", "/", host), undefined);
  t.equal(code("OPTIONS", "*", host), undefined);
  for (const method of ["GET", "HEAD", "POST", "DELETE"])
    t.equal(code(method, "*", host), "request-malformed", `${method} *`);
  t.equal(code("GET", "/", {}), "host-not-allowed");
  t.equal(code("GET", "/", { host: "evil.test" }), "host-not-allowed");
  t.equal(code("GET", "/", { host: "evil.test" }, "local"), undefined);
  t.equal(code("GET", "/", { host: "box.local", Host: "box.local" }), "request-malformed");
  t.equal(code("GET", "http://evil.test/", host), "request-malformed");
  t.equal(code("GET", "box.local:80", host), "request-malformed");
  for (const method of ["TRACE", "CONNECT", "PROPFIND", "QUERY", "get"])
    t.equal(code(method, "/", host), "method-not-allowed", method);
  t.end();
});

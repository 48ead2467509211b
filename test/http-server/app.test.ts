import type { FastifyPluginAsync } from "fastify";
import t from "tap";
import { pino } from "pino";
import { Type } from "typebox";
import { buildApp } from "../../src/http-server/app.ts";
import type { Refusal } from "../../src/http-server/ports.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { LOCAL, MEDIA, MEMBERS, OPEN, OWNER } from "../../src/protocol/access.ts";
import {
  CODE_KDF,
  RECOVERY_KDF,
  RECOVERY_OFFER,
  handOffFragment,
  pairingFragment,
} from "../../src/protocol/pairing.ts";
import type { Principal } from "../../src/protocol/principal.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const log = pino({ level: "silent" });
const viewer: Principal = { client: "c1", user: "u1", terminalType: "mobile", role: "viewer", payer: "u1" };

const routes: FastifyPluginAsync = async (app) => {
  app.get("/open", { config: { access: OPEN } }, () => ({ ok: true }));
  app.get("/members", { config: { access: MEMBERS } }, (request) => ({ client: request.principal?.client }));
  app.get("/owner", { config: { access: OWNER } }, () => ({ ok: true }));
  app.get("/local", { config: { access: LOCAL } }, () => ({ ok: true }));
  app.get("/busy", { config: { access: OPEN } }, () => {
    throw new TellyportError("no-tuner-free", "All tuners are taken.", {
      retryAfterMs: 1500,
      detail: { free: ["a"], headers: { "x-h": "1" } },
    });
  });
  app.get("/bug", { config: { access: OPEN } }, () => {
    throw new Error("secret path /var/lib");
  });
  app.post(
    "/body",
    { config: { access: OPEN }, schema: { body: Type.Object({ n: Type.Integer() }) } },
    () => ({ ok: true }),
  );
  app.post(
    "/claim",
    {
      config: { access: OPEN },
      schema: {
        body: Type.Object({ claim: Type.String(), names: Type.Optional(Type.Array(Type.String())) }),
        querystring: Type.Object({ n: Type.Optional(Type.Integer()), all: Type.Optional(Type.Boolean()) }),
      },
    },
    (request) => ({ body: request.body, query: request.query }),
  );
};

async function app(
  t: { teardown(f: () => unknown): void },
  plugins: FastifyPluginAsync[] = [routes],
  onRefused?: (refusal: Refusal) => void,
) {
  const built = await buildApp({
    ...(onRefused !== undefined && { onRefused }),
    log,
    version: "0",
    hostNames: new Set(),
    plugins,
    authenticator: {
      authenticate: async ({ headers }) => {
        if (headers.authorization === undefined)
          throw new TellyportError("access-token-missing", "Pair first.", {
            detail: { headers: { "www-authenticate": "DPoP" } },
          });
        return viewer;
      },
    },
  });
  t.teardown(() => built.close());
  return built;
}

t.test("app: a route without an access rule does not start", async (t) => {
  const careless: FastifyPluginAsync = async (app) => void app.get("/careless", () => "x");
  await t.rejects(app(t, [careless]), /routes without config.access: .*careless/);
});

t.test("app: strangers, members, owners and the command line", async (t) => {
  const server = await app(t);
  const get = async (url: string, headers = {}) =>
    server.inject({ url, headers: { host: "localhost", ...headers } });
  t.equal((await get("/open")).statusCode, 200);
  const refused = await get("/members");
  t.equal(refused.statusCode, 401);
  t.equal(refused.headers["www-authenticate"], "DPoP");
  t.match(refused.json(), { code: "access-token-missing", status: 401 });
  t.notOk("detail" in refused.json<object>(), "headers are no detail");
  t.same((await get("/members", { authorization: "DPoP x" })).json(), { client: "c1" });
  t.equal((await get("/owner", { authorization: "DPoP x" })).statusCode, 403);
  t.equal((await get("/local", { authorization: "DPoP x" })).statusCode, 403);
  t.equal((await get("/nothing")).statusCode, 404);
});

t.test(
  "app: failures are problem+json with code, detail and Retry-After, and bugs say nothing",
  async (t) => {
    const server = await app(t);
    const busy = await server.inject({ url: "/busy", headers: { host: "localhost" } });
    t.equal(busy.statusCode, 503);
    t.equal(busy.headers["retry-after"], "2");
    t.match(busy.headers["content-type"], /^application\/problem\+json/);
    t.same(busy.json(), {
      type: "urn:tellyport:error:no-tuner-free",
      title: "All tuners are taken.",
      status: 503,
      code: "no-tuner-free",
      detail: { free: ["a"] },
      retryAfterMs: 1500,
    });
    const bug = await server.inject({ url: "/bug", headers: { host: "localhost" } });
    t.equal(bug.statusCode, 500);
    t.notMatch(bug.body, /secret/);
    const invalid = await server.inject({
      method: "POST",
      url: "/body",
      headers: { host: "localhost" },
      payload: { n: "x" },
    });
    t.equal(invalid.statusCode, 400);
    t.equal(invalid.json<{ code: string }>().code, "body-invalid");
    const large = await server.inject({
      method: "POST",
      url: "/body",
      headers: { host: "localhost" },
      payload: { n: "x".repeat(70_000) },
    });
    t.equal(large.statusCode, 413);
  },
);

t.test("app: T23 a body is taken as it is; what an address says is text, and is read", async (t) => {
  const server = await app(t);
  const post = async (payload: string, type = "application/json", query = "") => {
    const headers = { host: "localhost", "content-type": type };
    const answer = await server.inject({ method: "POST", url: `/claim${query}`, headers, payload });
    return [answer.statusCode, answer.json<{ code?: string; body?: unknown; query?: unknown }>()] as const;
  };
  for (const claim of ["5", "true", "null", '["a"]', '{"a":1}', "1e400"]) {
    const [status, { code }] = await post(`{"claim":${claim}}`);
    t.same([status, code], [400, "body-invalid"], claim);
  }
  for (const names of ['"a"', "[5]", "null", '{"0":"a"}']) {
    const [status, { code }] = await post(`{"claim":"a","names":${names}}`);
    t.same([status, code], [400, "body-invalid"], names);
  }
  for (const body of ["null", "[]", '"claim"', '[{"claim":"a"}]'])
    t.equal((await post(body))[1].code, "body-invalid", body);
  t.same(await post('{"claim":"5","names":["a"]}', "application/json", "?n=5&all=true"), [
    200,
    { body: { claim: "5", names: ["a"] }, query: { n: 5, all: true } },
  ]);

  const good = '{"claim":"a"}';
  for (const type of ["utf-8", "UTF-8", '"utf-8"', "utf8"])
    t.equal((await post(good, `application/json; charset=${type}`))[0], 200, type);
  for (const type of ["latin1", "utf-16", "utf-7", '"iso-8859-1"', "utf-8;charset=utf-16", ""])
    t.same((await post(good, `application/json; charset=${type}`))[1].code, "body-invalid", type);
});

t.test("app: T12 a foreign Host is refused before anything else", async (t) => {
  const server = await app(t);
  for (const url of ["/open", "/members", "/nothing", "/api/v1/openapi.json"]) {
    const answer = await server.inject({ url, headers: { host: "evil.test" } });
    t.equal(answer.statusCode, 421, url);
  }
});

t.test("app: addresses that cannot be read get the same guards, and are not repeated", async (t) => {
  const server = await app(t);
  for (const url of ["/%zz", "/m/secretsecretsecret/%zz"]) {
    const answer = await server.inject({ url, headers: { host: "localhost" } });
    t.equal(answer.statusCode, 400, url);
    t.equal(answer.json<{ code: string }>().code, "request-malformed");
    t.match(answer.headers["content-security-policy"], /frame-ancestors 'none'/);
    t.notMatch(answer.body, /secret|%zz/);
    t.equal((await server.inject({ url, headers: { host: "evil.test" } })).statusCode, 421);
  }
});

t.test("app: T15 every answer forbids framing, sniffing and inline script", async (t) => {
  const server = await app(t);
  for (const url of ["/open", "/members", "/nothing"]) {
    const { headers } = await server.inject({ url, headers: { host: "localhost" } });
    t.match(headers["content-security-policy"], /frame-ancestors 'none'/);
    t.notMatch(headers["content-security-policy"], /unsafe-inline/);
    t.equal(headers["x-content-type-options"], "nosniff");
    t.equal(headers["referrer-policy"], "no-referrer");
  }
});

t.test("app: who is refused is told of by route and code; good requests and media are not", async (t) => {
  const refusals: Refusal[] = [];
  const media: FastifyPluginAsync = async (app) => {
    app.get("/m/:grant", { config: { access: MEDIA } }, () => {
      throw new TellyportError("grant-invalid", "No such grant.");
    });
    app.patch("/owner/:id", { config: { access: OWNER } }, () => ({ ok: true }));
  };
  const server = await app(t, [routes, media], (refusal) => refusals.push(refusal));
  const headers = { authorization: "x" };
  const send = (method: "GET" | "PATCH", url: string, more: Record<string, string> = {}) =>
    server.inject({ method, url, headers: { host: "127.0.0.1", ...more } });
  t.equal((await send("GET", "/members", headers)).statusCode, 200);
  t.equal((await send("GET", "/m/secret")).statusCode, 403);
  t.equal((await send("GET", "/busy")).statusCode, 503);
  t.equal((await send("GET", "/nothing")).statusCode, 404);
  t.same(refusals, []);
  t.equal((await send("GET", "/members?code=secret")).statusCode, 401);
  t.equal((await send("PATCH", "/owner/secret", headers)).statusCode, 403);
  t.equal((await send("GET", "/open", { host: "evil.test" })).statusCode, 421);
  const address = "127.0.0.1";
  t.same(refusals, [
    { code: "access-token-missing", route: "/members", address, client: null },
    { code: "role-forbidden", route: "/owner/:id", address, client: "c1" },
    { code: "host-not-allowed", route: "/open", address, client: null },
  ]);
});

t.test("app T8: a fault that anybody can repeat does not fill the log", async (t) => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const server = await buildApp({
    log: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
    clock,
    version: "0",
    hostNames: new Set(),
    plugins: [routes],
    authenticator: { authenticate: async () => viewer },
  });
  t.teardown(() => server.close());
  for (let n = 0; n < 100; n++) await server.inject({ url: "/bug", headers: { host: "localhost" } });
  t.equal(lines.length, 5);
  clock.advance(60_000);
  t.match(JSON.parse(lines[5] ?? ""), { msg: "request-failed", route: "/bug", times: 95, level: 50 });
});

t.test("app: another method on a path of the API is said to be that, without a credential", async (t) => {
  const api: FastifyPluginAsync = async (one) => {
    one.get("/api/v1/things/:id", { config: { access: OWNER } }, () => ({ ok: true }));
    one.patch("/api/v1/things/:id", { config: { access: OWNER } }, () => ({ ok: true }));
    one.delete("/api/v1/things/self", { config: { access: OWNER } }, () => ({ ok: true }));
    one.get("/api/v1/a.json", { config: { access: OPEN } }, () => ({ ok: true }));
    one.get("/api/v1/hidden", { config: { access: OPEN }, schema: { hide: true } }, () => ({ ok: true }));
    one.get("/m/:grant", { config: { access: MEDIA } }, () => ({ ok: true }));
  };
  const built = await app(t, [routes, api]);
  const ask = (method: "DELETE" | "POST", url: string) =>
    built.inject({ method, url, headers: { host: "127.0.0.1" } });
  const other = await ask("DELETE", "/api/v1/things/7?x=1");
  t.match([other.statusCode, other.json()], [405, { code: "method-not-allowed" }]);
  t.equal(other.headers.allow, "GET, HEAD, PATCH");
  t.equal(other.headers["x-content-type-options"], "nosniff");
  t.equal((await ask("POST", "/api/v1/things/self")).headers.allow, "DELETE, GET, HEAD, PATCH");
  t.equal((await ask("POST", "/api/v1/a.json")).statusCode, 405);
  for (const url of [
    "/api/v1/things",
    "/api/v1/things/7/8",
    "/api/v1/axjson",
    "/api/v1/hidden",
    "/api/v1/nothing",
    "/m/grant",
    "/members",
  ]) {
    const unknown = await ask("DELETE", url);
    t.match([unknown.statusCode, unknown.json()], [404, { code: "route-not-found" }], url);
    t.equal(unknown.headers.allow, undefined, url);
  }
});

t.test("app: the description says how each way of pairing is proven", async (t) => {
  const claim: FastifyPluginAsync = async (one) => {
    one.post("/api/v1/pairing/claim", { config: { access: OPEN } }, () => ({ ok: true }));
  };
  const built = await app(t, [claim]);
  const answer = await built.inject({ url: "/api/v1/openapi.json", headers: { host: "127.0.0.1" } });
  const { paths } = answer.json<{ paths: Record<string, { post: { description: string } }> }>();
  const words = paths["/api/v1/pairing/claim"]?.post.description ?? "";
  for (const part of [
    pairingFragment("<offer>", "<secret, base64url>"),
    handOffFragment("<id>", "<secret, base64url>"),
    `salt \`${CODE_KDF.salt}\`, info \`${CODE_KDF.info}\``,
    `\`offer\` is \`${RECOVERY_OFFER}\``,
    `salt \`${RECOVERY_KDF.salt}\`, info \`${RECOVERY_KDF.info}\``,
  ])
    t.ok(words.includes(part), part);
});

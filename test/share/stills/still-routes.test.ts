import fastify from "fastify";
import t, { type Test } from "tap";
import type { Role } from "../../../src/protocol/principal.ts";
import { sendProblem } from "../../../src/http-server/problem.ts";
import { buildApp } from "../../../src/http-server/index.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import type { ListedChannel } from "../../../src/share/channels/stored-channel.ts";
import { stillRoutes } from "../../../src/share/stills/still-routes.ts";
import { StillStore } from "../../../src/share/stills/still-store.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { principal, silent } from "../fakes.ts";

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3, 0x80, 0xff, 0xd9]);

function channel(id: string, visible = true): ListedChannel {
  const known: Pick<ListedChannel, "id" | "visible"> = { id, visible };
  return known as ListedChannel;
}

async function scene(t: Test) {
  const clock = new FakeClock();
  const stills = new StillStore({ clock });
  const channels = new Map([channel("one"), channel("hidden", false)].map((one) => [one.id, one]));
  const app = fastify({ exposeHeadRoutes: true, routerOptions: { maxParamLength: 512 } });
  app.decorateRequest("principal", null);
  app.addHook("onRequest", async (request) => {
    const role = request.headers["x-role"];
    if (typeof role === "string") request.principal = principal("me", role as Role);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silent));
  await app.register(stillRoutes({ get: (id) => channels.get(id) }, stills));
  t.teardown(() => app.close());
  const ask = (id: string, headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") =>
    app.inject({ method, url: `/api/v1/channels/${id}/still`, headers: { "x-role": "viewer", ...headers } });
  return { clock, stills, ask };
}

t.test("still route: the picture, and when it was taken", async (t) => {
  const { stills, ask, clock } = await scene(t);
  stills.put("one", { type: "image/jpeg", body: JPEG });
  for (const role of ["owner", "viewer", "kid", "guest"]) {
    const answer = await ask("one", { "x-role": role });
    t.equal(answer.statusCode, 200, role);
    t.ok(answer.rawPayload.equals(JPEG), "byte for byte");
    t.match(answer.headers, {
      "content-type": "image/jpeg",
      "content-length": String(JPEG.length),
      "cache-control": "private, max-age=60",
      etag: stills.get("one")?.etag,
      "last-modified": new Date(clock.now()).toUTCString(),
    });
  }
  const head = await ask("one", {}, "HEAD");
  t.equal(head.statusCode, 200);
  t.equal(head.rawPayload.length, 0);
  t.match(head.headers, { "content-type": "image/jpeg", "content-length": String(JPEG.length) });
  stills.put("one", { type: "video/mp4", body: JPEG });
  t.equal((await ask("one")).headers["content-type"], "video/mp4");
});

t.test("still route: whoever has it already is told so", async (t) => {
  const { stills, ask } = await scene(t);
  stills.put("one", { type: "image/jpeg", body: JPEG });
  const etag = stills.get("one")?.etag ?? "";
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await ask("one", { "if-none-match": header });
    t.equal(answer.statusCode, 304, header);
    t.equal(answer.rawPayload.length, 0);
    t.match(answer.headers, { etag, "cache-control": "private, max-age=60" });
  }
  t.equal((await ask("one", { "if-none-match": etag }, "HEAD")).statusCode, 304);
  t.equal((await ask("one", { "if-none-match": '"other"' })).statusCode, 200);
  stills.put("one", { type: "image/jpeg", body: Buffer.concat([JPEG, JPEG]) });
  t.equal((await ask("one", { "if-none-match": etag })).statusCode, 200, "it is another one now");
});

t.test("still route: no picture, no channel, no right to see it", async (t) => {
  const { stills, ask, clock } = await scene(t);
  t.match((await ask("one")).json(), { status: 404, code: "still-not-found" });
  t.match((await ask("none")).json(), { status: 404, code: "channel-not-found" });
  t.equal((await ask("x".repeat(129))).statusCode, 400);
  stills.put("hidden", { type: "image/jpeg", body: JPEG });
  for (const role of ["viewer", "kid", "guest"])
    t.match(
      (await ask("hidden", { "x-role": role })).json(),
      { status: 404, code: "channel-not-found" },
      role,
    );
  t.equal((await ask("hidden", { "x-role": "owner" })).statusCode, 200);
  stills.put("one", { type: "image/jpeg", body: JPEG });
  clock.advance(31 * 60_000);
  t.match((await ask("one")).json(), { status: 404, code: "still-not-found" }, "it was of half an hour ago");
});

t.test("still route: strangers are kept out, and the document has it", async (t) => {
  const stills = new StillStore({ clock: new FakeClock() });
  stills.put("one", { type: "image/jpeg", body: JPEG });
  const app = await buildApp({
    log: silent,
    version: "0",
    hostNames: new Set(),
    plugins: [stillRoutes({ get: channel }, stills)],
    authenticator: {
      authenticate: () => Promise.reject(new TellyportError("access-token-missing", "no token")),
    },
  });
  t.teardown(() => app.close());
  for (const method of ["GET", "HEAD"] as const)
    t.equal((await app.inject({ method, url: "/api/v1/channels/one/still" })).statusCode, 401);
  const document = (await app.inject("/api/v1/openapi.json")).json();
  t.hasProps(document.paths, ["/api/v1/channels/{channel}/still"]);
});

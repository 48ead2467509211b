import t from "tap";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { buildApp } from "../../src/http-server/index.ts";
import { createShareFrom } from "../../src/share/share.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { FakeGrants, FakePackager, FakeSource, FakeTuners, service, silent } from "./fakes.ts";
import { TellyportError } from "../../src/kernel/errors.ts";

t.test(
  "share routes: every one says who may use it, is in the OpenAPI document, and keeps strangers out",
  async (t) => {
    const database = openDatabase(":memory:");
    const share = createShareFrom({
      tuners: new FakeTuners([service(1)]),
      database,
      clock: new FakeClock(),
      log: silent,
      grants: new FakeGrants(),
      createSource: (of, weight) => new FakeSource(of, weight),
      createPackager: (sink, longest) => new FakePackager(sink, longest),
      convert: (source) => source,
      options: { probe: false },
    });
    share.start();
    const app = await buildApp({
      log: silent,
      version: "0",
      hostNames: new Set(),
      plugins: [share.routes],
      authenticator: {
        authenticate: () => Promise.reject(new TellyportError("access-token-missing", "no token")),
      },
    });
    t.teardown(async () => {
      share.stop();
      await app.close();
      database.close();
    });
    const document = (await app.inject("/api/v1/openapi.json")).json();
    const routes = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const own = [
      "delete /api/v1/playback/{id}",
      "get /api/v1/channels",
      "get /api/v1/events",
      "get /api/v1/guide",
      "get /api/v1/guide.xmltv",
      "post /api/v1/playback",
      "post /api/v1/playback/{id}/renew",
    ];
    t.same(
      own.filter((route) => !routes.includes(route)),
      [],
    );
    t.notOk(
      routes.some((route) => route.includes("/m/")),
      "media paths are told by playbacks, not by the document",
    );
    for (const route of own) {
      const [method = "", path = ""] = route.split(" ");
      const payload = method === "post" ? { payload: { channel: "x" } } : {};
      const answer = await app.inject({
        method: method as "GET",
        url: path.replace("{id}", "x"),
        ...payload,
      });
      t.equal(answer.statusCode, 401, route);
    }
    const media = await app.inject("/m/forged/index.m3u8");
    t.equal(media.statusCode, 403);
  },
);

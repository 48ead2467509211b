import { request } from "node:http";
import t from "tap";
import { startDaemon } from "../helpers/daemon.ts";

/** What a stranger may have, and nothing else (design §4). */
const OPEN = new Set([
  "GET /api/v1/box",
  "POST /api/v1/pairing/ask",
  "POST /api/v1/pairing/claim",
  "POST /api/v1/pairing/poll",
  "POST /api/v1/token",
  "GET /api/v1/openapi.json",
  "GET /healthz",
]);

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
}

t.test("A4, T3: without a token every route that is not open answers 401, on the wire", async (t) => {
  const box = await startDaemon(t, { tuner: null });
  const { paths } = (await (await fetch(`${box.url}/api/v1/openapi.json`)).json()) as OpenApi;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.ok(routes.length >= 15, `${routes.length} routes`);
  let guarded = 0;
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    if (OPEN.has(route) || path.startsWith("/.well-known/")) continue;
    const media = path.startsWith("/m/");
    const answer = await fetch(box.url + path.replace(/\{\w+\}/g, "x"), {
      method,
      ...(method !== "GET" &&
        method !== "HEAD" &&
        method !== "DELETE" && { body: "{}", headers: { "content-type": "application/json" } }),
    });
    t.equal(answer.status, media ? 403 : 401, route);
    if (method !== "HEAD")
      t.type(((await answer.json()) as { code: string }).code, "string", `${route} says why`);
    guarded++;
  }
  t.ok(guarded >= 10, `${guarded} guarded routes`);
});

t.test(
  "A4: routes of the command line do not exist for the network, and odd requests get typed answers",
  async (t) => {
    const box = await startDaemon(t);
    for (const [method, path] of [
      ["GET", "/api/v1/mock/on-air?multiplex=mock-1&service=1"],
      ["POST", "/api/v1/mock/faults"],
    ] as const) {
      const answer = await fetch(box.url + path, {
        method,
        ...(method === "POST" && { body: "{}", headers: { "content-type": "application/json" } }),
      });
      t.equal(answer.status, 401, path);
    }
    for (const [path, status] of [
      ["/api/v1/nothing", 404],
      ["/m/forged/index.m3u8", 403],
      [`/m/${"a".repeat(400)}/index.m3u8`, 403],
      ["/..%2f..%2fetc/passwd", 404],
      ["/%00", 400],
    ] as const) {
      const answer = await fetch(box.url + path);
      t.ok([status, 404].includes(answer.status), `${path}: ${answer.status}`);
      t.match(answer.headers.get("content-type"), /problem\+json/, path);
    }
    t.equal(await foreignHost(box.http), 421);
  },
);

function foreignHost(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path: "/api/v1/box", headers: { host: "evil.test" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}

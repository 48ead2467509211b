import fastify from "fastify";
import t from "tap";
import { webApp } from "../../src/http-server/web-app.ts";
import { builtWeb } from "../browser/app-under-test.ts";

t.test("web served: the page comes at / in every encoding, its assets for good", async (t) => {
  t.setTimeout(120_000);
  const app = fastify();
  t.teardown(() => app.close());
  await app.register(webApp(await builtWeb()));
  for (const encoding of ["identity", "gzip", "br", "gzip, deflate, br, zstd"]) {
    const headers = { "accept-encoding": encoding };
    const page = await app.inject({ url: "/", headers });
    t.equal(page.statusCode, 200, `/ in ${encoding}`);
    t.match(page.headers["content-type"], "text/html");
    t.equal(page.headers["cache-control"], "no-cache");
    t.equal(
      page.headers["content-encoding"] !== undefined,
      encoding !== "identity",
      "compressed when it may be",
    );
  }
  const worker = await app.inject({ url: "/sw.js" });
  t.equal(worker.headers["cache-control"], "no-cache", "a new worker is found at once");
  t.match(worker.headers["content-type"], "javascript");
  const page = await app.inject({ url: "/" });
  const [, script = ""] = /<script type="module" src="([^"]+)"/.exec(page.body) ?? [];
  const main = await app.inject({ url: script, headers: { "accept-encoding": "br" } });
  t.match(main.headers, {
    "content-encoding": "br",
    "cache-control": /immutable/,
    "content-type": /javascript/,
  });
});

t.test("web served: home screens call it what its installer does", async (t) => {
  t.setTimeout(120_000);
  const folder = await builtWeb();
  for (const product of [undefined, "Nordlicht TV"]) {
    const app = fastify();
    t.teardown(() => app.close());
    await app.register(webApp(folder, product));
    for (const language of ["", ".zh"]) {
      const headers = { "accept-encoding": "br" };
      const answer = await app.inject({ url: `/manifest${language}.webmanifest`, headers });
      t.match(answer.headers, { "content-type": "application/manifest+json", "cache-control": "no-cache" });
      if (product === undefined) continue;
      t.match(answer.json(), { name: product, short_name: product, start_url: "/", lang: /./ });
    }
  }
});

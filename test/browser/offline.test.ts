import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type BrowserContextOptions, type Page } from "playwright-core";
import t, { type Test } from "tap";
import type { Box } from "../../src/protocol/api.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { PHONE, builtWeb, setUp, until, type Bench } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** The app kept by the browser, and the box away. Loopback is a secure context: workers are allowed there without a certificate. */

const skip = skipWithoutBrowser();
const WORKER: BrowserContextOptions = { serviceWorkers: "allow" };

async function enter(bench: Bench, options: BrowserContextOptions = WORKER) {
  const opened = await bench.open(`/${bench.box.fragment()}`, options);
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-channel=news]");
  return opened;
}

/** Names of the shells that are kept whole. */
const shells = (page: Page): Promise<string[]> =>
  page.evaluate(`(async () => {
    const whole = [];
    for (const name of await caches.keys()) if (await (await caches.open(name)).match("/")) whole.push(name);
    return whole;
  })()`);
const kept = (page: Page): Promise<string[]> =>
  page.evaluate(`(async () => {
    const all = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) all.push(new URL(url).pathname);
    return all;
  })()`);
const script = (page: Page): Promise<string> =>
  page.evaluate(`document.querySelector("script[type=module]").getAttribute("src")`);

const keptOnce = (page: Page): Promise<string[]> =>
  until(
    () => shells(page),
    (names) => names.length === 1,
  );

/** The same app as another version: its script has another name, and so has the shell. */
async function nextVersion(t: Test, { worker = true } = {}): Promise<string> {
  const folder = join(await builtWeb(), "..", "web-next");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(await builtWeb(), folder, { recursive: true });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const main = readdirSync(join(folder, "assets")).find((file) => /^main-[A-Z0-9]{8}\.js$/.test(file)) ?? "";
  renameSync(join(folder, "assets", main), join(folder, "assets", "main-NEWNEWNE.js"));
  for (const file of ["index.html", "sw.js"]) {
    const text = readFileSync(join(folder, file), "utf8").replaceAll(main, "main-NEWNEWNE.js");
    writeFileSync(join(folder, file), text.replace(/version:"[0-9a-f]{12}"/, 'version:"0123456789ab"'));
  }
  if (!worker) rmSync(join(folder, "sw.js"));
  return folder;
}

t.test("web offline: the app opens without the box, and finds it again by itself", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box, port } = bench;
  box.where = {
    addresses: { home: "https://lan.box.example:8443", away: "https://box.example" },
    nearby: { name: "http://tellyport-abcd.local:8080", addresses: ["http://192.168.1.5:8080"] },
  };
  const { page, complaints } = await enter(bench);
  await keptOnce(page);
  const names = await kept(page);
  t.ok(
    names.every((name) => name === "/" || name.startsWith("/assets/")),
    "the shell, and nothing else",
  );
  t.notOk(names.some((name) => name.includes("/hls-")));
  await until(
    () => page.evaluate<string>("localStorage['tellyport.reached'] ?? ''"),
    (text) => text.includes("lan.box.example"),
  );

  await box.close();
  await page.reload();
  await page.waitForSelector("[data-screen=error][data-code=box-unreachable][data-cause=inside]");
  t.match(await page.textContent("h1"), /Living room.*does not answer/);
  t.ok(Number(await page.getAttribute("[data-reached]", "data-reached")) > 0);
  const ways = await page.evaluate(
    `[...document.querySelectorAll("a[data-way]")].map((way) => [way.dataset.way, way.getAttribute("href")])`,
  );
  t.same(ways, [
    ["home", "https://lan.box.example:8443"],
    ["local", "http://tellyport-abcd.local:8080"],
    ["address", "http://192.168.1.5:8080"],
    ["away", "https://box.example"],
  ]);
  t.equal(await box.listen(), port);
  await page.waitForSelector("[data-channel=news]");
  await until(
    () => page.getAttribute("main", "aria-busy"),
    (busy) => busy === "false",
  );
  t.same(complaints, []);
});

t.test("web offline: without a network it says so, and goes on when there is one", { skip }, async (t) => {
  const bench = await setUp(t);
  const { page } = await enter(bench);
  await keptOnce(page);
  await page.context().setOffline(true);
  await page.reload();
  await page.waitForSelector("[data-cause=offline]");
  t.equal(await page.locator("a[data-way]").count(), 0, "no way leads anywhere now");
  await page.context().setOffline(false);
  await page.waitForSelector("main[aria-busy=false] [data-channel=news]");
});

t.test("web offline: the player's library is kept when it was used", { skip }, async (t) => {
  const bench = await setUp(t);
  const { page } = await enter(bench);
  await keptOnce(page);
  await page.reload();
  await page.click("[data-channel=news]");
  await page.waitForSelector("[data-phase=playing]");
  await until(
    () => kept(page),
    (names) => names.some((name) => name.startsWith("/assets/hls-")),
  );
  t.notOk((await kept(page)).some((name) => name.startsWith("/m/") || name.startsWith("/api/")));
});

t.test(
  "web offline: an updated box is told of, and its app is there at the next start",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints } = await enter(bench);
    await keptOnce(page);
    const before = await script(page);
    box.folder = await nextVersion(t);
    box.dropEventStreams(); // it was restarted for it
    await page.waitForSelector("[data-note=version]");
    t.equal(await script(page), before, "nothing changes under one's hands");
    await page.click("[data-action=take-version]");
    await page.waitForSelector("main[aria-busy=false] [data-channel=news]");
    t.equal(await script(page), "/assets/main-NEWNEWNE.js");
    t.equal(await page.locator("[data-note=version]").count(), 0);
    await box.close();
    await page.reload();
    await page.waitForSelector("[data-code=box-unreachable]");
    t.equal(await script(page), "/assets/main-NEWNEWNE.js", "it is kept as the former one was");
    t.same(complaints, []);
  },
);

t.test("web offline: an old shell does not outlast a box that has no worker for it", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  await keptOnce(page);
  box.folder = await nextVersion(t, { worker: false });
  await page.reload();
  await page.waitForSelector("[data-note=version]");
  await page.reload();
  await page.waitForSelector("[data-channel=news]");
  t.equal(await script(page), "/assets/main-NEWNEWNE.js");
});

t.test("web offline: a box that was reset asks for pairing, whatever is kept", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  await keptOnce(page);
  const { createBoxIdentity } = await import("../web/box-identity.ts");
  box.identity = createBoxIdentity();
  box.id = box.identity.id;
  await page.reload();
  await page.waitForSelector("[data-screen=stranger]");
  t.equal(await page.locator("[data-channel]").count(), 0);
  await page.click("[data-action=new-box]");
  await page.waitForSelector("[name=code]");
});

t.test("web offline: plain http at home has no worker, and everything else", { skip }, async (t) => {
  const bench = await setUp(t);
  bench.box.role = "viewer";
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`, WORKER, "box.test");
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  await page.reload();
  await page.waitForSelector("main[aria-busy=false] [data-channel=news]");
  t.equal(await page.evaluate("'serviceWorker' in navigator && isSecureContext"), false);
  t.notOk(bench.box.log.some((line) => line.includes("/sw.js")));
  t.same(complaints, []);
});

t.test("web offline: with the real box, over https, from its start to its restart", { skip }, async (t) => {
  t.setTimeout(240_000);
  const box = await startDaemon(t);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--ignore-certificate-errors", "--disable-quic"],
  });
  t.teardown(() => browser.close());
  const context = await browser.newContext({ locale: "en-GB", ...PHONE });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  const offer = await box.openOffer();
  await page.goto(`https://127.0.0.1:${box.https ?? 0}/${new URL(offer.url).hash}`);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels]");
  await page.waitForSelector("main[aria-busy=false] [data-channel]", { timeout: 120_000 });
  await keptOnce(page);
  const known = (await box.local<Box>("GET", "/api/v1/box")).body;
  t.same(known.nearby, { name: null, addresses: [] }, "it listens on loopback: nobody is told otherwise");
  await box.stop();
  await page.reload();
  await page.waitForSelector("[data-code=box-unreachable]");
  await startDaemon(t, {
    state: box.state,
    config: `http: {address: "127.0.0.1", port: ${box.http}, https: {port: ${box.https ?? 0}}}\nannounce: {mdns: false, ssdp: off}\n`,
  });
  await page.waitForSelector("main[aria-busy=false] [data-channel]", { timeout: 120_000 });
  t.same(complaints, []);
});

import t from "tap";
import { setUp, until } from "./app-under-test.ts";
import { enter } from "./enter.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { TELEVISION, lookWords } from "./look-at.ts";

/** The box away, in each of the ways that the app tells apart. */

const skip = skipWithoutBrowser();

for (const look of TELEVISION)
  t.test(`away screens: ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box, port } = bench;
    box.where = {
      addresses: { home: "https://lan.box.example:8443", away: `http://127.0.0.1:${port}` },
      nearby: { name: "http://tellyport-abcd.local:8080", addresses: ["http://192.168.1.5:8080"] },
    };
    const { page, lookAt } = await enter(t, bench, look, "away", { serviceWorkers: "allow" });
    await until(
      () =>
        page.evaluate<boolean>(
          `caches.keys().then(async ([name]) => name !== undefined && !!(await (await caches.open(name)).match("/")))`,
        ),
      (kept) => kept,
    );
    await until(
      () => page.evaluate<string>("localStorage['tellyport.reached'] ?? ''"),
      (text) => text.includes("lan.box.example"),
    );
    await box.close();
    await page.waitForSelector("[data-note=away]", { timeout: 60_000 });
    await lookAt("note");
    await page.click("[data-action=away]");
    await page.waitForSelector("[data-cause=outside][data-code=box-unreachable]");
    await lookAt("outside");
    for (const [cause, ways] of [
      ["inside", [{ kind: "away", url: "https://box.example" }]],
      ["silent", []],
    ] as const) {
      await page.click("[data-action=list]");
      await page.evaluate(`{
        const known = JSON.parse(localStorage["tellyport.reached"]);
        localStorage["tellyport.reached"] = JSON.stringify({ ...known, ways: ${JSON.stringify(ways)} });
      }`);
      await page.click("[data-action=away]");
      await page.waitForSelector(`[data-cause=${cause}]`);
      await lookAt(cause);
    }
    await page.click("[data-action=list]");
    await page.waitForSelector("[data-channel=news]");
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector("[data-cause=offline]");
    await lookAt("no-network");
  });

import t from "tap";
import { until, useControl } from "./app-under-test.ts";
import { waitsOf } from "./client-waits.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { pageMemory } from "./page-memory.ts";
import { metricsOf, zapper } from "./zapping.ts";

const ZAPS = 12;

t.test(
  "box player: what is measured in the page is in the box's metrics, and zapping leaves nothing behind",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(300_000);
    const { box, page, zap, channels } = await zapper(t);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    for (const _ of [...channels, ...channels]) await zap();
    const memory = await pageMemory(page);
    const before = await memory();
    for (let i = 0; i < ZAPS; i++) await zap();
    const after = await memory();
    t.comment(JSON.stringify({ before, after }));
    t.ok(after.nodes < before.nodes + 60, `nodes: ${before.nodes} before, ${after.nodes} after`);
    t.ok(after.listeners < before.listeners + 40, `listeners: ${before.listeners}, ${after.listeners}`);
    t.ok(after.heap < before.heap + 3e6, `heap: ${before.heap} before, ${after.heap} after`);

    await page.keyboard.press("i");
    const fact = (name: string) => page.textContent(`[data-fact=${name}]`);
    await until(
      () => fact("behind"),
      (words) => /^\d+\.\d s$/.test(words ?? ""),
    );
    const behind = Number.parseFloat((await fact("behind")) ?? "");
    t.ok(behind > 0.2 && behind < 20, `${behind} s behind the antenna`);
    t.match(await fact("zap"), /^\d+\.\d\d s$/);
    t.match(await fact("picture"), /^H\.264, \d+ × \d+, \d+ pictures a second/);
    t.match(await fact("sound"), /^AAC, stereo/);
    await until(
      () => fact("signal"),
      (words) => words !== "not known",
    );

    await page.keyboard.press("i");

    // the last one has description for the blind: wished for once, it is heard again
    await useControl(page, "[data-action=audio]");
    t.match(await page.locator("[role=menuitemradio]").allTextContents(), [
      "French",
      "English",
      "French, with description",
    ]);
    await page.click("[data-track=fr-described]");
    for (const _ of channels) await zap();
    await useControl(page, "[data-action=audio]");
    await page.waitForSelector("[data-track=fr-described][aria-checked=true]");
    await page.keyboard.press("Escape");

    // the first channel is no zap
    const made = 3 * channels.length + ZAPS - 1;
    await page.goto("about:blank");
    const { start, zap: zaps } = await waitsOf(box, made);
    t.equal(zaps.count, made, "each once, the last one too, of which the page told as it went");
    const families = await metricsOf(box);
    const sum = (name: string): number =>
      (families.get(name)?.samples ?? []).reduce((all, { value }) => all + value, 0);
    t.equal(start.count, 1);
    t.ok(sum("tellyport_client_frames_total") > 100);
    t.ok(families.has("tellyport_client_stalls_total"));
    t.ok(families.has("tellyport_client_dropped_frames_total"));
    t.comment(`zaps: ${JSON.stringify(zaps.upTo)}`);
    const { body } = await box.local<{ tuners: { consumers: string[] }[] }>("GET", "/api/v1/tuners");
    t.ok(body.tuners.length > 0);
    t.same(complaints, []);
  },
);

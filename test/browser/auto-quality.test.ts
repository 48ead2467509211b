import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import t from "tap";
import { SCREENS, setUp, until, useControl, watching } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { FAULTS } from "./layout-faults.ts";
import { contextOf, type Look } from "./look-at.ts";

const skip = skipWithoutBrowser();
const LOOKS: readonly Look[] = [
  { width: 360, height: 740, locale: "en-GB", colorScheme: "light" },
  { width: 1280, height: 720, locale: "zh-CN", colorScheme: "dark" },
];

const playing = async (page: Page, channel: string): Promise<void> => {
  await page.waitForSelector(`[data-playing=${channel}][data-phase=playing]`);
  await until(
    () => watching(page),
    ({ frames }) => frames > 5,
  );
};

/** The picture stands still for a moment, as on a link that is too weak. */
const STALL = `(() => {
  const video = document.querySelector("video[data-front]");
  video.dispatchEvent(new Event("waiting"));
  setTimeout(() => video.dispatchEvent(new Event("playing")), 50);
})()`;

for (const look of LOOKS) {
  t.test(`auto quality: chosen by the link at ${look.width}x${look.height}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints } = await bench.open(`/${box.fragment()}`, contextOf(look));
    await page.click("[data-action=pair]");
    await page.click("[data-channel=news]");
    await playing(page, "news");
    await useControl(page, "[data-action=quality]");
    await page.click("[data-track=auto]");
    t.equal(box.playbackRequests.at(-1)?.quality, undefined, "at first as it is broadcast");
    const menu = async (name: string): Promise<string | null> => {
      await useControl(page, "[data-action=quality]");
      await page.waitForSelector("[role=menu] [data-track=auto]");
      t.same(await page.evaluate(FAULTS), [], name);
      mkdirSync(SCREENS, { recursive: true });
      const file = `auto-${name}-${look.width}x${look.height}-${look.locale.slice(0, 2)}.png`;
      await page.screenshot({ path: join(SCREENS, file), animations: "disabled" });
      return page.textContent("[data-track=auto][aria-checked=true]");
    };
    const now = { "en-GB": /Auto.*Now: /, "zh-CN": /自动.*当前：/ }[look.locale];
    t.match(await menu("original"), new RegExp(now.source + (look.locale === "en-GB" ? "Original" : "原画")));
    await page.keyboard.press("Escape");

    // nothing was measured yet of so little: two stalls are enough
    for (let turn = 0; box.playbackRequests.at(-1)?.quality === undefined; turn++) {
      if (turn > 30) throw new Error("it is never made smaller");
      await page.evaluate(STALL);
      await page.waitForTimeout(1200);
    }
    t.equal(box.playbackRequests.at(-1)?.quality, "medium");
    await playing(page, "news");
    t.match(await menu("medium"), new RegExp(now.source + (look.locale === "en-GB" ? "Medium" : "中等")));
    await page.keyboard.press("Escape");

    await useControl(page, "[data-action=next]");
    await playing(page, "arte");
    t.equal(box.playbackRequests.at(-1)?.quality, "medium", "and stays on the next channel");

    await useControl(page, "[data-action=quality]");
    await page.click("[data-track=low]");
    await until(
      () => box.playbackRequests.at(-1)?.quality,
      (quality) => quality === "low",
    );
    await playing(page, "arte");
    const before = box.playbackRequests.length;
    for (let turn = 0; turn < 2; turn++) {
      await page.evaluate(STALL);
      await page.waitForTimeout(700);
    }
    t.equal(box.playbackRequests.length, before, "a fixed one stays");
    t.equal(await page.evaluate(`localStorage["tellyport.quality"]`), "low");
    t.same(complaints, []);
  });
}

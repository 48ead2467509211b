import t from "tap";
import { setUp } from "./app-under-test.ts";
import { enter } from "./enter.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { drawn, scrollBy } from "./guide-frame.ts";
import { UPRIGHT, lookWords } from "./look-at.ts";
import { fillGuide } from "./sample-guide.ts";

for (const look of UPRIGHT) {
  t.test(`guide screens: ${lookWords(look)}`, { skip: skipWithoutBrowser() }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    fillGuide(box);
    const known = new Map(box.guide.programmes);
    box.guide.programmes.clear();
    const { page, complaints, lookAt } = await enter(t, bench, look, "guide");
    const phone = look.width < 640;
    box.guide.delay = 4000;
    await page.click("[data-tab=guide]");
    await page.waitForSelector("[data-screen=guide]");
    await page.waitForTimeout(300);
    await lookAt("waiting");
    box.guide.delay = 0;
    await page.waitForSelector(".guide-empty");
    await lookAt("empty");
    box.guide.programmes = known;
    box.send("channels", { channels: box.channels });
    if (phone) {
      await page.waitForSelector("[data-mode=list] [data-programme]");
      await lookAt("list");
      await page.click("[data-action=show-grid]");
    }
    await page.waitForSelector("[data-mode=grid]");
    await drawn(page);
    await lookAt("grid");
    if (!phone) {
      await page.click("[data-action=show-list]");
      await page.waitForSelector("[data-mode=list] [data-programme]");
      await lookAt("list");
      await page.click("[data-action=show-grid]");
      await drawn(page);
    }
    await page.click("[data-action=day] >> nth=2");
    await drawn(page);
    await scrollBy(page, 333, 100);
    await drawn(page);
    await lookAt("grid-scrolled");
    await page.click(".guide-cell.programme.genre >> nth=6");
    await page.waitForSelector("[data-action=remind]");
    await lookAt("programme");
    await page.click("[data-action=remind]");
    await page.waitForSelector("[data-action=remind-not]");
    await page.waitForSelector(".others [data-programme]");
    await lookAt("programme-reminded");
    await page.click("[data-action=close]");
    await page.click("[data-action=now]");
    await drawn(page);
    await page.click(".guide-cell.on >> nth=1");
    await page.waitForSelector("[data-action=watch]");
    await lookAt("programme-on");
    await page.click("[data-action=close]");
    await page.click("[data-action=reminders]");
    await page.waitForSelector("[data-reminders='1']");
    await lookAt("reminders");
    await page.click("[data-action=close]");
    box.guide.fails = () => true;
    await page.click("[data-action=day] >> nth=5");
    await page.waitForSelector("[data-guide-failed]");
    await lookAt("grid-failed");

    await page.click("[data-tab=search]");
    await page.waitForSelector("[data-search=hint]");
    await lookAt("search");
    await page.fill("[name=query]", "news");
    await page.waitForSelector("[data-search=failed]");
    await lookAt("search-failed");
    box.guide.fails = () => false;
    await page.click("[data-action=search-again]");
    await page.waitForSelector("[data-group=later]");
    await lookAt("search-found");
    await page.keyboard.press("Tab");
    await page.fill("[name=query]", "zzqq");
    await page.waitForSelector("[data-search=none]");
    await lookAt("search-none");
    await page.fill("[name=query]", "arte");
    await page.keyboard.press("Enter");
    await page.fill("[name=query]", "kino 7");
    await page.keyboard.press("Enter");
    await page.click("[data-action=clear-search]");
    await page.waitForSelector("[data-group=recent] li >> nth=1");
    await lookAt("search-recent");
    t.same(complaints, []);
    t.same(box.problems, []);
  });
}

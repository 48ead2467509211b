import t from "tap";
import { setUp, until, useControl, watching } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { ON_ITS_SIDE, contextOf, lookWords, looker } from "./look-at.ts";

for (const look of ON_ITS_SIDE) {
  t.test(`web player screens: ${lookWords(look)}`, { skip: skipWithoutBrowser() }, async (t) => {
    const { box, open } = await setUp(t);
    box.headStart = 30;
    box.window = 30;
    const { page, complaints } = await open(`/${box.fragment()}`, contextOf(look));
    const lookAt = looker(t, page, look, "player");
    await page.click("[data-action=pair]");
    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await page.waitForSelector(".time [data-action=live]");
    await useControl(page, "[data-action=more][aria-expanded=false]");
    await lookAt("more");
    await page.click("[data-track=sleep]");
    await lookAt("sleep");
    await page.keyboard.press("Escape");

    await page.keyboard.press("c");
    await page.waitForSelector("[data-over=list]");
    await lookAt("list");
    await page.keyboard.press("Escape");

    await page.keyboard.press("i");
    await until(
      () => page.textContent("[data-fact=picture]"),
      (words) => words?.includes("640") === true,
    );
    await page.waitForTimeout(2000);
    await page.mouse.move(100, 100);
    await page.mouse.move(130, 110);
    await lookAt("facts");
    await page.keyboard.press("i");

    await page.keyboard.press("1");
    await page.keyboard.press("2");
    await lookAt("number");
    await page.keyboard.press("Backspace");

    await page.evaluate(`{
      const video = document.querySelector("video[data-front]");
      for (let i = 0; i < 3; i++) for (const name of ["waiting", "playing"]) video.dispatchEvent(new Event(name));
    }`);
    await page.waitForSelector("[data-notice=stalls]");
    await lookAt("stalls");
    await page.click("[data-action=as-it-is]");
    await useControl(page, "[data-action=quality]");
    await lookAt("quality-rates");
    await page.keyboard.press("Escape");

    await page.clock.install();
    await useControl(page, "[data-action=more][aria-expanded=false]");
    await page.click("[data-track=sleep]");
    await page.click("[data-track=sleep-15]");
    await page.clock.fastForward(14 * 60_000 + 20_000);
    await page.waitForSelector("[data-notice=sleep]");
    await lookAt("sleep-soon");
    await page.clock.fastForward(60_000);
    await page.waitForSelector("[data-code=asleep]");
    await lookAt("asleep");
    t.same(complaints, []);
  });
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { SCREENS, setUp, until, useControl, watching } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { FAULTS } from "./layout-faults.ts";

const LOOKS = [
  { locale: "en-GB", colorScheme: "light", viewport: { width: 360, height: 740 } },
  { locale: "zh-CN", colorScheme: "dark", viewport: { width: 1280, height: 720 } },
  { locale: "zh-CN", colorScheme: "dark", viewport: { width: 740, height: 360 } },
] as const;

for (const look of LOOKS) {
  const { width, height } = look.viewport;
  const size = `${width}x${height}-${look.locale.slice(0, 2)}`;
  t.test(`web player screens: ${size}`, { skip: skipWithoutBrowser() }, async (t) => {
    const { box, open } = await setUp(t);
    box.headStart = 30;
    box.window = 30;
    const touch = width < 1000;
    const options = { ...look, hasTouch: touch, isMobile: touch };
    const { page, complaints } = await open(`/${box.fragment()}`, options);
    mkdirSync(SCREENS, { recursive: true });
    const lookAt = async (name: string): Promise<void> => {
      t.same(await page.evaluate(FAULTS), [], `${name}: nothing wrong with the layout`);
      await page.screenshot({ path: join(SCREENS, `${name}-${size}.png`), animations: "disabled" });
    };
    await page.click("[data-action=pair]");
    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await page.waitForSelector(".time [data-action=live]");
    await useControl(page, "[data-action=more][aria-expanded=false]");
    await lookAt("player-more");
    await page.click("[data-track=sleep]");
    await lookAt("player-sleep");
    await page.keyboard.press("Escape");

    await page.keyboard.press("c");
    await page.waitForSelector("[data-over=list]");
    await lookAt("player-list");
    await page.keyboard.press("Escape");

    await page.keyboard.press("i");
    await until(
      () => page.textContent("[data-fact=picture]"),
      (words) => words?.includes("640") === true,
    );
    await page.waitForTimeout(2000);
    await page.mouse.move(100, 100);
    await page.mouse.move(130, 110);
    await lookAt("player-facts");
    await page.keyboard.press("i");

    await page.keyboard.press("1");
    await page.keyboard.press("2");
    await lookAt("player-number");
    await page.keyboard.press("Backspace");

    await page.evaluate(`{
      const video = document.querySelector("video[data-front]");
      for (let i = 0; i < 3; i++) for (const name of ["waiting", "playing"]) video.dispatchEvent(new Event(name));
    }`);
    await page.waitForSelector("[data-notice=stalls]");
    await lookAt("player-stalls");
    await page.click("[data-action=as-it-is]");
    await useControl(page, "[data-action=quality]");
    await lookAt("player-quality-rates");
    await page.keyboard.press("Escape");

    await page.clock.install();
    await useControl(page, "[data-action=more][aria-expanded=false]");
    await page.click("[data-track=sleep]");
    await page.click("[data-track=sleep-15]");
    await page.clock.fastForward(14 * 60_000 + 20_000);
    await page.waitForSelector("[data-notice=sleep]");
    await lookAt("player-sleep-soon");
    await page.clock.fastForward(60_000);
    await page.waitForSelector("[data-code=asleep]");
    await lookAt("player-asleep");
    t.same(complaints, []);
  });
}

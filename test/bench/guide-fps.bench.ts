import { chromium, type CDPSession, type Page } from "playwright-core";
import { builtWeb } from "../browser/app-under-test.ts";
import { FakeBox } from "../browser/fake-box.ts";
import { CHROMIUM } from "../browser/fake-media.ts";
import { fillGuide } from "../browser/sample-guide.ts";
import { sampleChannels } from "../browser/sample-channels.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { median, note, quantile, rounded, withTeardown, type Figure } from "./figure.ts";

export const ids = ["guide-fps", "guide-fps-p5"] as const;

const CHANNELS = 200;
const DAYS = 7;
/** So much slower is the processor made: a cheap phone. */
const SLOWER = 4;
/** Seconds of scrolling, each way. */
const SECONDS = 6;
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;
/** px a second: what a strong stroke of the thumb begins with. */
const SPEED = 1500;

/**
 * Scrolls the grid at the same speed for some seconds, back when it comes to an end, and keeps when each frame was begun.
 * Resolves with the milliseconds between them.
 */
const SCROLL = `async (x, y, milliseconds) => {
  const frame = document.querySelector(".guide-frame");
  const between = [];
  let former = await new Promise(requestAnimationFrame);
  const end = former + milliseconds;
  let turn = 1;
  while (former < end) {
    const now = await new Promise(requestAnimationFrame);
    const step = (now - former) / 1000 * turn;
    const [left, top] = [frame.scrollLeft, frame.scrollTop];
    frame.scrollBy(x * step, y * step);
    if (Math.abs(frame.scrollLeft - left) < 1 && Math.abs(frame.scrollTop - top) < 1 && now - former > 4) turn = -turn;
    between.push(now - former);
    former = now;
  }
  return between;
}`;

/** Whether the guide of a large box scrolls smoothly on a cheap phone. */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("chromium");
  if (missing !== false) {
    note(`guide-fps is left out: ${missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const box = new FakeBox(await builtWeb());
    box.channels = sampleChannels(Date.now());
    fillGuide(box, CHANNELS, DAYS);
    const port = await box.listen();
    t.teardown(() => box.close());
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const page = await (await browser.newContext({ locale: "en-GB", ...PHONE })).newPage();
    await page.goto(`http://127.0.0.1:${port}/${box.fragment()}`);
    await page.click("[data-action=pair]");
    await page.click("[data-tab=guide]");
    await page.click("[data-action=show-grid]");
    await page.waitForSelector(".guide-cell.programme");
    const devtools = await page.context().newCDPSession(page);
    const still = await framesOf(page, devtools, 0, 0);
    const across = await framesOf(page, devtools, SPEED, 0);
    const down = await framesOf(page, devtools, 0, SPEED);
    const slanting = await framesOf(page, devtools, SPEED / 2, SPEED / 2);
    for (const [name, between] of Object.entries({ still, across, down, slanting }))
      note(`guide-fps ${name}: median ${rate(median(between))}, p5 ${rate(quantile(between, 0.95))}`);
    const all = [...across, ...down, ...slanting];
    return [
      { id: "guide-fps", value: rate(median(all)), unit: "frames/s", goal: ">= 50" },
      { id: "guide-fps-p5", value: rate(quantile(all, 0.95)), unit: "frames/s", goal: "print" },
    ];
  });
}

const rate = (milliseconds: number): number => rounded(1000 / milliseconds, 1);

/** @returns milliseconds between frames while it scrolls so many px a second */
async function framesOf(page: Page, devtools: CDPSession, x: number, y: number): Promise<number[]> {
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  const between = await page.evaluate<number[]>(`(${SCROLL})(${x}, ${y}, ${SECONDS * 1000})`);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  return between;
}

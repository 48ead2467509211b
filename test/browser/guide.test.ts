import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import t, { type Test } from "tap";
import type { Programme } from "../../src/protocol/api.ts";
import { SCREENS, setUp, until, watching, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { FAULTS } from "./layout-faults.ts";
import { fillGuide } from "./sample-guide.ts";

const skip = skipWithoutBrowser();
const MINUTE = 60_000;
const WIDE = { viewport: { width: 1280, height: 720 }, hasTouch: false, isMobile: false } as const;

interface Inside {
  readonly bench: Bench;
  readonly page: Page;
  readonly complaints: string[];
  /** Looks for faults of the layout and keeps a picture. */
  readonly lookAt: (name: string) => Promise<void>;
}

/** Paired, and at the guide or the search. */
async function enter(
  t: Test,
  tab: "guide" | "search" | "channels",
  options: BrowserContextOptions = WIDE,
  prepare: (bench: Bench) => void = ({ box }) => fillGuide(box),
): Promise<Inside> {
  const bench = await setUp(t);
  prepare(bench);
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`, options);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels]");
  await page.waitForSelector("[aria-busy=false]");
  if (tab !== "channels") {
    await page.click(`[data-tab=${tab}]`);
    await page.waitForSelector(`[data-screen=${tab}]`);
  }
  mkdirSync(SCREENS, { recursive: true });
  const { viewport, locale = "en-GB" } = options;
  const lookAt = async (name: string): Promise<void> => {
    t.same(await page.evaluate(FAULTS), [], `${name}: nothing wrong with the layout`);
    const size = `${viewport?.width ?? 360}x${viewport?.height ?? 740}`;
    const path = join(SCREENS, `guide-${name}-${size}-${locale.slice(0, 2)}.png`);
    await page.screenshot({ path, animations: "disabled" });
  };
  return { bench, page, complaints, lookAt };
}

/** Until programmes are there, and nothing is on its way. */
const drawn = async (page: Page): Promise<void> => {
  const ask = (): Promise<boolean> =>
    page.evaluate(
      `document.querySelectorAll(".guide-cell.programme").length > 8 && !document.querySelector(".guide-cell.pending")`,
    );
  await until(ask, Boolean, 60_000);
};
const scrollBy = (page: Page, x: number, y: number): Promise<void> =>
  page.evaluate(`document.querySelector(".guide-frame").scrollBy(${x}, ${y})`);
const nodes = (page: Page): Promise<number> =>
  page.evaluate(`document.querySelectorAll(".guide-frame *").length`);
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    `document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent ?? ""`,
  );

/** A programme that is on, or comes, on a channel. */
function programmeOf({ box }: Bench, channel: string, index: 0 | 1): Programme {
  const coming = box.guide.programmes.get(channel)?.filter(({ endsAt }) => Date.parse(endsAt) > Date.now());
  const found = coming?.[index];
  if (found === undefined) throw new Error(`nothing on ${channel}`);
  return found;
}

for (const look of [
  {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    locale: "en-GB",
    colorScheme: "light",
  },
  { ...WIDE, locale: "zh-CN", colorScheme: "dark" },
] as const) {
  const size = `${look.viewport.width}x${look.viewport.height} in ${look.locale.slice(0, 2)}`;
  t.test(`web guide: every screen of it, ${size}`, { skip }, async (t) => {
    const { page, bench, complaints, lookAt } = await enter(t, "guide", look);
    const phone = look.viewport.width < 640;
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
    bench.box.guide.fails = () => true;
    await page.click("[data-action=day] >> nth=5");
    await page.waitForSelector("[data-guide-failed]");
    await lookAt("grid-failed");

    await page.click("[data-tab=search]");
    await page.waitForSelector("[data-search=hint]");
    await lookAt("search");
    await page.fill("[name=query]", "news");
    await page.waitForSelector("[data-search=failed]");
    await lookAt("search-failed");
    bench.box.guide.fails = () => false;
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
    t.same(bench.box.problems, []);
  });
}

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Test } from "tap";
import { SCREENS } from "./app-under-test.ts";
import { FAULTS } from "./layout-faults.ts";

/** How a page is looked at. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly locale: "en-GB" | "zh-CN";
  readonly colorScheme: "light" | "dark";
}

const SIZES = [
  { width: 360, height: 740 },
  { width: 740, height: 360 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
] as const;
/** English by day, Chinese by night. */
const LANGUAGES = [
  { locale: "en-GB", colorScheme: "light" },
  { locale: "zh-CN", colorScheme: "dark" },
] as const;

/** Every size in both languages and colour schemes; for `scripts/test --long screens`. */
const EVERY_LOOK: readonly Look[] = SIZES.flatMap((size) => LANGUAGES.map((look) => ({ ...size, ...look })));
/** Whether this is the long run, which looks at all. */
export const EVERY = process.env.TELLYPORT_LOOKS === "every";
const orEvery = (one: Look): readonly Look[] => (EVERY ? EVERY_LOOK : [one]);
// The ordinary run has time for one look at each part of the app; the parts are looked at in different ways.
/** A phone upright, in English, by day. */
export const UPRIGHT = orEvery({ ...SIZES[0], ...LANGUAGES[0] });
/** A phone on its side, in Chinese, by night. */
export const ON_ITS_SIDE = orEvery({ ...SIZES[1], ...LANGUAGES[1] });
/** A television, in Chinese, by night. */
export const TELEVISION = orEvery({ ...SIZES[3], ...LANGUAGES[1] });

export const lookWords = ({ width, height, locale }: Look): string =>
  `${width}x${height} in ${locale.slice(0, 2)}`;

/** Of a browser with such a screen: phones are touched. */
export function contextOf({ width, height, ...look }: Look) {
  const touch = width < 1000;
  return { ...look, viewport: { width, height }, hasTouch: touch, isMobile: touch };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds against WCAG 2.2 A and AA, and its best practices, in words. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 200)} ${failureSummary.slice(0, 300)}`,
    ),
  );
}

/** What fades or slides in is there when it is there. */
const SETTLED = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => Promise.all(document.getAnimations()
  .filter(({ effect }) => effect?.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => null)))).then(() => null)`;

/** Everything on a television that is read lies within the 5 % that sets cut off. */
const OUT_OF_MARGINS = `(() => {
  const { innerWidth: width, innerHeight: height } = window;
  return [...document.querySelectorAll(".tv h1, .tv h2, .tv p, .tv button, .tv svg, .tv time, .tv li")]
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, { left, right, top, bottom, width: wide }]) => wide > 0 &&
      (left < width * 0.05 - 1 || right > width * 0.95 + 1 || top < height * 0.05 - 1 || bottom > height * 0.95 + 1))
    .filter(([element]) => element.closest(".tv-list") === null)
    .map(([element]) => element.outerHTML.slice(0, 80));
})()`;

/** The parts of the app; pictures are kept by them. */
export type Area = "pair" | "live" | "player" | "guide" | "access" | "owner" | "away" | "tv";

export interface LookAt {
  /** @param margins whether all of it must lie where television sets cut nothing off */
  (name: string, more?: { margins?: boolean }): Promise<void>;
}

/** @returns looks at the page as a person does, as axe-core does, and keeps a picture of it: `AREA-NAME-360x740-en.png` */
export function looker(t: Test, page: Page, look: Look, area: Area): LookAt {
  mkdirSync(SCREENS, { recursive: true });
  return async (name, { margins = false } = {}) => {
    const screen = `${area}-${name}`;
    await page.evaluate(SETTLED);
    t.same(await page.evaluate(FAULTS), [], `${screen}: nothing wrong with the layout`);
    if (margins) t.same(await page.evaluate(OUT_OF_MARGINS), [], `${screen}: within the margins`);
    t.same(await accessibilityFaults(page), [], `${screen}: nothing in the way of anybody`);
    const file = `${screen}-${look.width}x${look.height}-${look.locale.slice(0, 2)}.png`;
    await page.screenshot({ path: join(SCREENS, file), animations: "disabled" });
  };
}

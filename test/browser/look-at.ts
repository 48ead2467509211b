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
/** A phone upright and on its side, and a television: what the ordinary run has time for. */
const SOME_LOOKS: readonly Look[] = [
  { ...SIZES[0], ...LANGUAGES[0] },
  { ...SIZES[1], ...LANGUAGES[1] },
  { ...SIZES[3], ...LANGUAGES[1] },
];

export const LOOKS = process.env.TELLYPORT_LOOKS === "every" ? EVERY_LOOK : SOME_LOOKS;

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
const SETTLED = `Promise.all(document.getAnimations()
  .filter(({ effect }) => effect?.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => null)))
  .then(() => null)`;

/** @returns looks at the page as a person does, as axe-core does, and keeps a picture of it: `NAME-360x740-en.png` */
export function looker(t: Test, page: Page, look: Look, prefix = ""): (name: string) => Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  return async (name) => {
    await page.evaluate(SETTLED);
    t.same(await page.evaluate(FAULTS), [], `${name}: nothing wrong with the layout`);
    t.same(await accessibilityFaults(page), [], `${name}: nothing in the way of anybody`);
    const file = `${prefix}${name}-${look.width}x${look.height}-${look.locale.slice(0, 2)}.png`;
    await page.screenshot({ path: join(SCREENS, file), animations: "disabled" });
  };
}

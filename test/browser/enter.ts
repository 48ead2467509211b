import type { BrowserContextOptions, Page } from "playwright-core";
import type { Test } from "tap";
import type { Bench, Opened } from "./app-under-test.ts";
import { contextOf, looker, type Area, type Look, type LookAt } from "./look-at.ts";

export interface Entered extends Opened {
  readonly lookAt: LookAt;
}

/** Somebody who pairs by the box's first offer and is at the list, seen in one way. */
export async function enter(
  t: Test,
  bench: Bench,
  look: Look,
  area: Area,
  more: BrowserContextOptions = {},
): Promise<Entered> {
  const opened = await bench.open(`/${bench.box.fragment()}`, { ...contextOf(look), ...more });
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-screen=channels] main[aria-busy=false]");
  return { ...opened, lookAt: looker(t, opened.page, look, area) };
}

/** Opens one of the settings' pages; from another page it goes back first. */
export async function openPage(page: Page, name: string): Promise<void> {
  if ((await page.locator("dialog[open]").count()) === 0) await page.click("[data-action=settings]");
  else if ((await page.locator("[data-action=sheet-back]").count()) > 0)
    await page.click("[data-action=sheet-back]");
  await page.click(`[data-open=${name}]`);
  await page.waitForSelector(`dialog[data-sheet=${name}]`);
}

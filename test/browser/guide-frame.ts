import type { Page } from "playwright-core";
import { until } from "./app-under-test.ts";

/** Until programmes are there, and nothing is on its way. */
export const drawn = async (page: Page): Promise<void> => {
  const ask = (): Promise<{ programmes: number; pending: number }> =>
    page.evaluate(
      `({ programmes: document.querySelectorAll(".guide-cell.programme").length,
          pending: document.querySelectorAll(".guide-cell.pending").length })`,
    );
  await until(ask, ({ programmes, pending }) => programmes > 8 && pending === 0, 60_000);
};
/** Scrolls the timetable, px. */
export const scrollBy = (page: Page, x: number, y: number): Promise<void> =>
  page.evaluate(`document.querySelector(".guide-frame").scrollBy(${x}, ${y})`);

import type { Page } from "playwright-core";
import { until } from "../browser/app-under-test.ts";
import { zapper } from "../browser/zapping.ts";
import { eventually } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { median, note, quantile, rounded, withTeardown, type Figure } from "./figure.ts";
import { tunersOf } from "./viewer.ts";

export const ids = ["zap-end-to-end-p50", "zap-end-to-end-p95", "start-end-to-end-p50"] as const;

const ZAPS = 50;
/** Of one multiplex, as the goals for a warm zap have it. */
const NUMBERS = [1, 2, 3];
const STARTS = 10;
/** A tuner is free as soon as nobody watches: each start begins with none that receives anything. */
const CONFIG = `http: {address: "127.0.0.1", port: 0, https: {port: 0}}
announce: {mdns: false, ssdp: off}
live: {lingerSeconds: 0}
`;
/** Beyond lock and one random access interval, as the goal for a cold zap has it; and these two of the mock, seconds. */
const COLD_MUST = 0.6;
const INTERVAL = 1.28;
const LOCK = 0.15;

/** What the web app itself measures and tells the box: from the touch to the first frame, the daemon's mock, one machine for all. */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("chromium");
  if (missing !== false) {
    note(`zap-end-to-end is left out: ${missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const { box, page, channels, zap } = await zapper(t, CONFIG, NUMBERS);
    const told = reportsOf(page);
    const idle = (): Promise<boolean> =>
      eventually("no tuner receives anything", async () =>
        (await tunersOf(box)).every(({ multiplex }) => multiplex === null),
      );
    for (let turn = 0; turn <= ZAPS; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1000));
      await zap();
    }
    for (let turn = 0; turn < STARTS; turn++) {
      await toList(page);
      await idle();
      const { id } = channels[turn % channels.length] ?? { id: "" };
      await page.click(`[data-channel="${id}"]`);
      await page.waitForSelector(`[data-playing="${id}"][data-phase=playing]`);
      await page.waitForTimeout(1000);
    }
    await toList(page);
    await until(
      () => told.zap.length + told.start.length,
      (count) => count > ZAPS + STARTS,
    );
    const { zap: zaps, start: starts } = told;
    note(`zap-end-to-end: ${zaps.length} zaps, the slowest ${Math.max(...zaps).toFixed(2)} s`);
    note(`start-end-to-end: ${starts.length} starts, p95 ${quantile(starts, 0.95).toFixed(2)} s`);
    return [
      { id: ids[0], value: rounded(median(zaps)), unit: "s", goal: "<= 0.8, aim 0.4" },
      { id: ids[1], value: rounded(quantile(zaps, 0.95)), unit: "s", goal: "<= 1.5, aim 0.8" },
      {
        id: ids[2],
        value: rounded(median(starts)),
        unit: "s",
        goal: `<= ${(COLD_MUST + INTERVAL + LOCK).toFixed(2)} (${COLD_MUST}, a random access interval of ${INTERVAL}, the mock's lock of ${LOCK})`,
      },
    ];
  });
}

async function toList(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.waitForSelector("[data-screen=channels]");
}

/** Seconds that the page tells the box, by kind, once for each playback. */
function reportsOf(page: Page): { readonly start: number[]; readonly zap: number[] } {
  const told = { start: [] as number[], zap: [] as number[] };
  const seen = new Set<string>();
  page.on("requestfinished", (request) => {
    const url = request.url();
    if (!url.endsWith("/report") || seen.has(url)) return;
    const { start } = JSON.parse(request.postData() ?? "{}") as {
      start?: { kind: "start" | "zap"; seconds: number };
    };
    if (start === undefined) return;
    seen.add(url);
    told[start.kind].push(start.seconds);
  });
  return told;
}

import { chromium, type BrowserContext } from "playwright-core";
import t from "tap";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import type { Teardown } from "../helpers/temporary.ts";
import { PHONE } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** A cheap phone on a slow link, as Lighthouse has it: four times slower than this processor, 1.6 Mb/s, 150 ms. */
const LINK = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const SLOWER = 4;
/** Times of which one has to hold all budgets: other work of this machine makes single ones worse, never better. */
const TRIES = 6;

const BUDGET = { paint: 1500, interactive: 2500, shift: 0.05 };

/** Observed from the first byte of the page on. */
const OBSERVER = `(() => {
  const seen = { paint: 0, shift: 0, busyUntil: 0, list: 0 };
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", ({ name, startTime }) => name === "first-contentful-paint" && (seen.paint = startTime));
  observe("layout-shift", ({ value, hadRecentInput }) => hadRecentInput || (seen.shift += value));
  observe("longtask", ({ startTime, duration }) => {
    if (seen.list === 0 || startTime < seen.list + 1000) seen.busyUntil = startTime + duration;
  });
  new MutationObserver(() => {
    if (seen.list === 0 && document.querySelector("button[data-channel]")) seen.list = performance.now();
  }).observe(document, { childList: true, subtree: true });
  window.seen = seen;
})()`;

interface Measured {
  /** First contentful paint, ms. */
  readonly paint: number;
  /** The list is there and the processor has time for a finger, ms. */
  readonly interactive: number;
  /** Cumulative layout shift. */
  readonly shift: number;
}

/** A phone that is paired, and has nothing of the app in its cache. */
async function measure(context: BrowserContext, url: string): Promise<Measured> {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  await devtools.send("Network.setBypassServiceWorker", { bypass: true });
  await devtools.send("Network.emulateNetworkConditions", LINK);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.addInitScript(OBSERVER);
  await page.goto(url);
  await page.waitForSelector("button[data-channel]");
  await page.waitForTimeout(2500);
  const seen = await page.evaluate<{ paint: number; shift: number; busyUntil: number; list: number }>(
    "window.seen",
  );
  await page.close();
  return { paint: seen.paint, interactive: Math.max(seen.list, seen.busyUntil), shift: seen.shift };
}

async function pairedPhone(t: Teardown, box: Daemon): Promise<BrowserContext> {
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  t.teardown(() => browser.close());
  const context = await browser.newContext({ locale: "en-GB", ...PHONE });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const offer = await box.openOffer();
  await page.goto(box.url + "/" + new URL(offer.url).hash);
  await page.click("[data-action=pair]");
  await page.waitForSelector("button[data-channel]");
  await page.close();
  return context;
}

const holds = ({ paint, interactive, shift }: Measured): boolean =>
  paint < BUDGET.paint && interactive < BUDGET.interactive && shift < BUDGET.shift;

const words = ({ paint, interactive, shift }: Measured): string =>
  `painted after ${Math.round(paint)} ms, usable after ${Math.round(interactive)} ms, shifted by ${shift.toFixed(3)}`;

t.test(
  "web budgets: a cheap phone on a slow link sees and uses the list soon",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(240_000);
    const box = await startDaemon(t);
    const phone = await pairedPhone(t, box);
    const all: Measured[] = [];
    while (all.length < TRIES && !all.some(holds)) {
      const measured = await measure(phone, box.url);
      t.comment(words(measured));
      all.push(measured);
    }
    t.ok(all.some(holds), all.map(words).join("; "));
    t.ok(
      all.every(({ paint, interactive }) => paint > 100 && interactive > paint),
      "the link and the processor were slow",
    );
  },
);

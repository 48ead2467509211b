import { chromium, type Browser, type Page } from "playwright-core";
import type { Channel, Channels } from "../../src/protocol/api.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { until, watching } from "./app-under-test.ts";
import { CHROMIUM } from "./fake-media.ts";
import { Hand, type Size } from "./flows-hand.ts";

const PATIENCE = 60_000;
/** Channels of the mock that every flow needs: the codecs of those are known before it begins. */
const NEEDED = [1, 2, 3, 13, 14, 21];

/** The real daemon, which can be restarted, and a browser for all who visit it. */
export interface House {
  box: Daemon;
  readonly browser: Browser;
  readonly channel: (number: number) => Channel;
  readonly restart: () => Promise<void>;
}

export async function openHouse(t: Teardown): Promise<House> {
  const config = `http: {address: "127.0.0.1", port: ${await freePort()}, https: {enabled: false}}\nannounce: {mdns: false, ssdp: off}\n`;
  const state = await temporaryFolder(t);
  const box = await startDaemon(t, { config, state });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--disable-quic"] });
  t.teardown(() => browser.close());
  const channels = await eventually(
    "what the flows watch can be watched",
    async () => {
      const { channels } = (await box.local<Channels>("GET", "/api/v1/channels")).body;
      const known = channels.filter(({ codecs }) => codecs !== null).map(({ number }) => number);
      return NEEDED.every((number) => known.includes(number)) && channels;
    },
    120_000,
    500,
  );
  const house: House = {
    box,
    browser,
    channel(number) {
      const found = channels.find((one) => one.number === number);
      if (found === undefined) throw new Error(`there is no channel ${number}`);
      return found;
    },
    async restart() {
      await house.box.stop();
      house.box = await startDaemon(t, { config, state });
    },
  };
  return house;
}

/** One device in the house, of one size. */
export interface Visit {
  readonly house: House;
  readonly page: Page;
  readonly hand: Hand;
  readonly size: Size;
}

/** A device that has just opened the page that an offer leads to. @param role default: the first is the owner's, others are viewers */
export async function visit(house: House, size: Size, role = "owner"): Promise<Visit> {
  const { width, height, by } = size;
  const touch = by === "touch" ? { hasTouch: true, isMobile: true } : {};
  const context = await house.browser.newContext({ locale: "en-GB", viewport: { width, height }, ...touch });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const offer = await house.box.openOffer(role);
  await page.goto(house.box.url + "/" + new URL(offer.url).hash);
  return { house, page, hand: new Hand(page, size), size };
}

/** The list again, after a flow that was broken off. */
export async function comeHome({ house, page }: Visit): Promise<void> {
  if ((await page.locator("[data-screen=channels]").count()) > 0) return;
  await page.goto("about:blank");
  await page.goto(house.box.url);
  await page.waitForSelector("[data-screen=channels]");
}

/** Waits until so many further pictures have been seen. */
export async function sees(page: Page, pictures = 5): Promise<void> {
  await page.waitForSelector("[data-phase=playing]");
  const { frames } = await watching(page);
  // another element may be in front meanwhile, whose count begins anew
  let least = frames;
  await until(
    () => watching(page),
    (now) => {
      least = Math.min(least, now.frames);
      return now.width > 0 && now.frames >= least + pictures;
    },
    PATIENCE,
  );
}

/** From the list to the picture of one channel. */
export async function watch({ house, page, hand }: Visit, number: number): Promise<void> {
  const { id } = house.channel(number);
  await hand.use(`[data-channel="${id}"]`);
  await page.waitForSelector(`[data-playing="${id}"][data-phase=playing]`);
  await sees(page);
}

export async function leave({ page, hand }: Visit): Promise<void> {
  await hand.back("[data-action=back]");
  await page.waitForSelector("[data-screen=channels]");
}

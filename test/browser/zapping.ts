import { request } from "node:http";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Test } from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import type { Teardown } from "../helpers/temporary.ts";
import { readExposition, type Family } from "../tuner/exposition.ts";
import { until, watching } from "./app-under-test.ts";
import { CHROMIUM } from "./fake-media.ts";

/** The real daemon, and an owner's phone that watches. */
export interface Zapper {
  readonly box: Daemon;
  readonly page: Page;
  /** Television that this browser plays as it is broadcast. */
  readonly channels: readonly Channel[];
  /** Watches the next one; seen when this returns. */
  readonly zap: () => Promise<Channel>;
}

/** Numbers of the mock's television that every Chromium plays. */
const TELEVISION = [1, 2, 3, 13];

/**
 * @param config of the daemon, as YAML; default: as `startDaemon` has it
 * @param numbers of the channels that are watched in turn; default: of two multiplexes
 */
export async function zapper(
  t: Teardown | Test,
  config?: string,
  numbers: readonly number[] = TELEVISION,
): Promise<Zapper> {
  const box = await startDaemon(t, config === undefined ? {} : { config });
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM });
  t.teardown(() => browser.close());
  const offer = await box.openOffer();
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(box.url + "/" + new URL(offer.url).hash);
  await page.click("[data-action=pair]");
  const channels = await eventually(
    "the channels are there",
    async () => {
      const { channels } = (await box.local<{ channels: Channel[] }>("GET", "/api/v1/channels")).body;
      const found = numbers.flatMap((number) => channels.filter((one) => one.number === number));
      return found.length === numbers.length && found.every(({ codecs }) => codecs !== null) && found;
    },
    90_000,
    500,
  );
  let at = 0;
  return {
    box,
    page,
    channels,
    async zap() {
      const channel = channels[at++ % channels.length] as Channel;
      if (at === 1) await page.click(`[data-channel="${channel.id}"]`);
      else {
        await page.evaluate("document.activeElement?.blur()");
        for (const digit of String(channel.number)) await page.keyboard.press(digit);
        await page.keyboard.press("Enter");
      }
      await page.waitForSelector(`[data-playing="${channel.id}"][data-phase=playing]`);
      await until(
        () => watching(page),
        ({ frames, width }) => frames > 3 && width > 0,
        60_000,
      );
      return channel;
    },
  };
}

/** What the box tells Prometheus, over the command line's socket. */
export function metricsOf(box: Daemon): Promise<Map<string, Family>> {
  return new Promise((resolve, reject) => {
    const socketPath = join(box.state, "control.sock");
    request({ socketPath, path: "/metrics", headers: { host: "localhost" } }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(readExposition(text)));
    })
      .once("error", reject)
      .end();
  });
}

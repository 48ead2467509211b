import t from "tap";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Channel } from "../../src/protocol/api.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { networkNamespace, skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import { PHONE, until, useControl, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** The real daemon, the real web app, the real browser. */

const QUIET = [
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ...PHONE });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return page;
}

/** The line-up once every clear channel's codecs are known. */
async function knownChannels(box: Daemon): Promise<Channel[]> {
  return eventually(
    "the codecs of all clear channels are known",
    async () => {
      const { channels } = (await box.local<{ channels: Channel[] }>("GET", "/api/v1/channels")).body;
      return channels.length === 12 && channels.every(({ codecs, scrambled }) => codecs !== null || scrambled)
        ? channels
        : null;
    },
    90_000,
    500,
  );
}

const byNumber = (channels: readonly Channel[], number: number): Channel => {
  const found = channels.find((channel) => channel.number === number);
  if (found === undefined) throw new Error(`there is no channel ${number}`);
  return found;
};

/** Watches a channel from the list until picture and sound have been decoded, then goes back. */
async function watch(
  page: Page,
  { id, kind }: Channel,
): Promise<{ frames: number; width: number; audioBytes: number }> {
  await page.click(`[data-channel="${id}"]`);
  const seen = await until(
    () => watching(page),
    ({ frames, width, audioBytes }) => (kind === "radio" || (frames > 25 && width > 0)) && audioBytes > 0,
    30_000,
  );
  await useControl(page, "[data-action=back]");
  await page.waitForSelector("[data-screen=channels]");
  return seen;
}

const PLAYABLE = [1, 2, 3, 13, 14, 21, 101];
const CONVERTED = [11, 12, 22, 102];

t.test(
  "A1, A4-A7: a phone pairs with the real box in Chromium and watches, on 127.0.0.1",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(240_000);
    const box = await startDaemon(t);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    t.teardown(() => browser.close());
    const offer = await box.openOffer();
    const page = await open(browser, box.url + "/" + new URL(offer.url).hash);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");
    const channels = await knownChannels(box);
    await page.reload();

    for (const number of PLAYABLE) {
      const channel = byNumber(channels, number);
      const seen = await watch(page, channel);
      if (channel.kind === "tv") {
        t.ok(seen.frames > 0, `${channel.name}: ${seen.frames} pictures`);
        t.ok(seen.width > 0, `${channel.name}: ${seen.width} wide`);
      }
      t.ok(seen.audioBytes > 0, `${channel.name}: ${seen.audioBytes} bytes of sound decoded`);
    }

    // What this browser cannot decode the box may convert: nothing is said of it before it was asked.
    for (const number of CONVERTED) {
      const entry = page.locator(`[data-channel="${byNumber(channels, number).id}"]`);
      t.equal(await entry.getAttribute("data-obstacle"), null, `channel ${number} is not marked`);
    }
    const scrambled = page.locator(`[data-channel="${byNumber(channels, 23).id}"]`);
    t.match(await scrambled.innerText(), /scrambled|encrypted/i);
    await scrambled.click();
    t.equal(
      (await page.locator("video[data-front]").count()) === 0 || (await watching(page)).frames === 0,
      true,
      "and nothing plays",
    );
  },
);

t.test(
  "A1, A7: over plain http on an address of the network, a phone watches as a LAN viewer",
  { skip: skipWithoutBrowser() || skipWithoutNamespaces() },
  async (t) => {
    t.setTimeout(240_000);
    const network = await networkNamespace(t);
    const box = await startDaemon(t, { address: network.address, wrapper: network.wrapper });
    const browser = await chromium.launch({ executablePath: await network.program(CHROMIUM), args: QUIET });
    t.teardown(() => browser.close());
    const offer = await box.openOffer("viewer");
    const page = await open(browser, `http://${network.address}:${box.http}/`);
    t.equal(await page.evaluate("isSecureContext"), false, "a phone's page at home is no secure context");
    // The box has no owner yet: the way to the secure page is shown first.
    await page.click("[data-action=watch-only]");
    await page.fill("input[name=code]", offer.code);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");
    const channels = await knownChannels(box);
    await page.reload();
    for (const number of [1, 21]) {
      const seen = await watch(page, byNumber(channels, number));
      t.ok(seen.frames > 0 && seen.width > 0 && seen.audioBytes > 0, JSON.stringify(seen));
    }
    const { clients } = (
      await box.local<{ clients: { kind: string; role: string }[] }>("GET", "/api/v1/clients")
    ).body;
    t.match(clients, [{ kind: "lan", role: "viewer" }], "it may watch, and not administer");
  },
);

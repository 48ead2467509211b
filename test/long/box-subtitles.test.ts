import { chromium, type Page } from "playwright-core";
import t, { type Test } from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { OVERLAID, PHONE, until, useControl, watching } from "../browser/app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "../browser/fake-media.ts";

/** Subtitles of real broadcasts, through the real daemon, into the real browser. */

const BBC = "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts";
const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";

async function watchCapture(t: Test, name: string, channelName: RegExp): Promise<Page> {
  t.setTimeout(300_000);
  const box = await startDaemon(t, { tuner: `file:${capture(name) ?? ""}` });
  const channel = await eventually(
    "the channel is known",
    async () => {
      const { channels } = (await box.local<{ channels: Channel[] }>("GET", "/api/v1/channels")).body;
      return channels.find((one) => channelName.test(one.name)) ?? null;
    },
    60_000,
    300,
  );
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--disable-quic"] });
  t.teardown(() => browser.close());
  const page = await (await browser.newContext({ locale: "en-GB", ...PHONE })).newPage();
  page.setDefaultTimeout(40_000);
  const offer = await box.openOffer();
  await page.goto(box.url + "/" + new URL(offer.url).hash);
  await page.click("[data-action=pair]");
  await page.click(`[data-channel="${channel.id}"]`);
  // The broadcast's own picture is made into another one; on a crowded machine that is slower than it is shown.
  await until(
    () => watching(page),
    ({ frames, width }) => frames > 20 && width > 0,
    120_000,
  );
  return page;
}

t.test(
  "web subtitles: pictures of BBC News are shown",
  { skip: skipWithoutBrowser() || skipWithout(BBC) },
  async (t) => {
    const page = await watchCapture(t, BBC, /BBC NEWS/i);
    await useControl(page, "[data-action=subtitles]");
    t.match(await page.locator("[role=menuitemradio]").allTextContents(), ["Off", /English/]);
    await page.locator("[data-track^=overlay]").first().click();
    await page.waitForSelector(OVERLAID);
    const ink = await until(
      () =>
        page.evaluate<number>(`(() => {
          const layer = document.querySelector("canvas[data-showing]");
          if (!layer) return 0;
          const { data } = layer.getContext("2d").getImageData(0, 0, layer.width, layer.height);
          let opaque = 0;
          for (let at = 3; at < data.length; at += 4) if (data[at] > 200) opaque++;
          return opaque / (data.length / 4);
        })()`),
      (share) => share > 0,
    );
    t.ok(ink > 0.005 && ink < 0.3, `${(ink * 100).toFixed(1)} % of the picture is covered`);
  },
);

t.test(
  "web subtitles: teletext of Rai 2 is shown",
  { skip: skipWithoutBrowser() || skipWithout(RAI) },
  async (t) => {
    const page = await watchCapture(t, RAI, /^Rai 2$/i);
    await useControl(page, "[data-action=subtitles]");
    await page.locator("[data-track^=text]").first().click();
    const cues = await until(
      () =>
        page.evaluate<string[]>(
          `[...document.querySelector("video[data-front]").textTracks].filter(({ mode }) => mode === "showing")
            .flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text))`,
        ),
      (texts) => texts.length > 0,
    );
    t.match(cues.join(" "), /\p{L}{3}/u, cues.join(" "));
  },
);

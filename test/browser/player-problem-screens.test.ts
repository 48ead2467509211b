import t from "tap";
import { setUp, until, useControl, watching } from "./app-under-test.ts";
import { enter } from "./enter.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { UPRIGHT, EVERY, lookWords } from "./look-at.ts";

/** Why there is no picture: one screen for each reason, with a way on. */

const skip = skipWithoutBrowser();

/** What the box refuses a playback with; the first ones are looked at in every run. */
const REFUSED: readonly (readonly [code: string, status: number, detail?: object])[] = [
  ["no-tuner-free", 503, { free: ["arte", "cts", "cctv"] }],
  ["scrambled", 403],
  ["no-lock", 503],
  ["client-cannot-decode", 406],
  ["no-data", 503],
  ["device-gone", 503],
  ["displaced", 409],
  ["service-not-on-air", 503],
  ["channel-not-found", 404],
  ["no-picture-or-sound", 503],
  ["stream-start-timeout", 504],
  ["too-many-playbacks", 429],
  ["transcoder-busy", 503],
  ["internal", 500],
  ["parental-hours", 403, { until: new Date(Date.now() + 15 * 3_600_000).toISOString() }],
  ["parental-channel", 403],
  ["quota-used", 403, { until: new Date(Date.now() + 9 * 3_600_000).toISOString() }],
  ["session-limit", 403],
];
const EACH_RUN = 4;

for (const look of UPRIGHT)
  t.test(`player screens: why there is no picture, ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints, lookAt } = await enter(t, bench, look, "player");
    box.delay = 1500;
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-screen=player][data-phase=starting]");
    await lookAt("tuning");
    box.delay = 0;
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    const [playing = ""] = box.playing.keys();
    box.send("playback-ended", { id: playing, code: "signal-disturbed", title: "in English" });
    await page.waitForSelector("[data-code=signal-disturbed]");
    await lookAt("ended-signal-disturbed");
    for (const [code, status, detail] of EVERY ? REFUSED : REFUSED.slice(0, EACH_RUN)) {
      box.refusals.set("news", { status, code, detail });
      await page.click("[data-action=retry]");
      await page.waitForSelector(`[data-code=${code}]`);
      await lookAt(`ended-${code}`);
    }
    box.refusals.clear();
    await page.click("[data-action=retry]");
    await page.waitForSelector("[data-phase=playing]");
    await useControl(page, "[data-action=pause]");
    await page.waitForSelector("[data-action=resume]");
    await lookAt("paused");

    await box.close(); // it is restarted, or unplugged
    await page.keyboard.press(" ");
    await page.waitForSelector("[data-code=box-unreachable]", { timeout: 90_000 });
    await lookAt("ended-box-unreachable");
    await box.listen();
    await page.waitForSelector("[data-phase=playing]", { timeout: 90_000 });
    box.revoked = true;
    box.dropEventStreams();
    await page.waitForSelector("[data-screen=pair] [data-code=client-revoked]", { timeout: 90_000 });
    t.same(complaints, []);
  });

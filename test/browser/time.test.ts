import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { setUp, until, useControl, watching, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";

const skip = skipWithoutBrowser();

async function watchNews(
  t: Test,
  prepare: (bench: Bench) => void,
): Promise<{ bench: Bench; page: Page; complaints: string[] }> {
  const bench = await setUp(t);
  prepare(bench);
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`);
  await page.click("[data-action=pair]");
  await page.click("[data-channel=news]");
  await until(
    () => watching(page),
    ({ time, frames }) => time > 1 && frames > 10,
  );
  return { bench, page, complaints };
}

const behind = async (page: Page): Promise<number> => Number(await page.getAttribute(".time", "data-behind"));
const timeOf = async (page: Page): Promise<number> => (await watching(page)).time;

t.test("web time: back, forward, and back to live, by touch and by keys", { skip }, async (t) => {
  const { page, complaints } = await watchNews(t, ({ box }) => {
    box.headStart = 30;
    box.window = 30;
  });
  await page.waitForSelector(".time [data-action=live].on");
  t.ok(await page.isDisabled("[data-action=forward]"), "there is no future");
  const from = await timeOf(page);
  await useControl(page, "[data-action=rewind]");
  await until(
    () => behind(page),
    (seconds) => seconds >= 8 && seconds <= 13,
  );
  const back = await timeOf(page);
  t.ok(back < from, `from ${from} to ${back}`);
  await until(
    () => timeOf(page),
    (time) => time > back + 0.5,
  );

  await page.mouse.click(5, 5); // away from the button
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("ArrowLeft");
  await until(
    () => behind(page),
    (seconds) => seconds >= 17,
  );
  await page.keyboard.press("ArrowRight");
  await until(
    () => behind(page),
    (seconds) => seconds < 15,
  );
  t.match(await page.getAttribute("[role=slider]", "aria-valuetext"), /^0:\d\d behind live$/);

  await page.focus("[role=slider]");
  await page.keyboard.press("Home");
  await until(
    () => behind(page),
    (seconds) => seconds >= 20,
  );
  t.ok(
    await until(
      () => timeOf(page),
      (time) => time > 0,
    ),
    "it plays from the oldest",
  );
  await useControl(page, "[data-action=live]");
  await page.waitForSelector(".time [data-action=live].on");
  t.equal(await page.getAttribute("[data-screen=player]", "data-playing"), "news", "the channel stayed");
  t.same(complaints, []);
});

t.test("web time: the middle key of a remote control leads to the controls", { skip }, async (t) => {
  const { page, complaints } = await watchNews(t, () => undefined);
  t.equal(await page.locator(".time").count(), 0, "a window of some seconds is not worth a bar");
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("Enter");
  const focused = () => page.evaluate<string>("document.activeElement.dataset.action ?? ''");
  t.equal(await focused(), "pause");
  await page.keyboard.press("ArrowRight");
  t.equal(await focused(), "mute");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-action=resume]");
  t.equal(await focused(), "resume", "and Enter uses it");
  await page.keyboard.press("ArrowUp");
  await page.waitForSelector("[data-playing=arte]");
  t.same(complaints, []);
});

t.test("web time: after too long a pause it goes on with the oldest, and says so", { skip }, async (t) => {
  const { page, complaints } = await watchNews(t, ({ box }) => void (box.window = 8));
  await useControl(page, "[data-action=pause]");
  await page.waitForSelector("[data-action=resume]");
  const at = await timeOf(page);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  t.equal(await timeOf(page), at, "it stands still");
  await useControl(page, "[data-action=resume]");
  await page.waitForSelector("[data-notice=oldest]");
  t.match(await page.textContent("[data-notice]"), /the oldest that is there/);
  await until(
    () => timeOf(page),
    (time) => time > at + 2,
  );
  await page.waitForSelector("[data-phase=playing] [data-action=pause]");
  t.same(complaints, []);
});

t.test(
  "web quality: is asked for, remembered, and given up with a notice when refused",
  { skip },
  async (t) => {
    const { page, bench, complaints } = await watchNews(t, () => undefined);
    const { box } = bench;
    t.equal(box.playbackRequests.at(-1)?.quality, undefined, "as it is broadcast, unless asked");
    await useControl(page, "[data-action=quality]");
    await page.click("[data-track=low]");
    await until(
      () => box.playbackRequests.at(-1)?.quality,
      (quality) => quality === "low",
    );
    await page.waitForSelector("[data-phase=playing]");
    box.conversionRefusal = { status: 503, code: "transcoder-busy" };
    await useControl(page, "[data-action=next]");
    await page.waitForSelector("[data-playing=arte][data-phase=playing]");
    t.match(await page.textContent("[data-notice=original]"), /This is the original/);
    t.same(
      box.playbackRequests.slice(-2).map(({ channel, quality }) => [channel, quality]),
      [
        ["arte", "low"],
        ["arte", undefined],
      ],
    );
    box.conversionRefusal = null;
    await page.reload();
    await page.waitForSelector("[data-phase=playing]");
    t.equal(box.playbackRequests.at(-1)?.quality, "low", "remembered");
    const id = [...box.playing.keys()].at(-1) ?? "";
    box.playing.delete(id);
    box.send("playback-ended", { id, code: "transcoder-failed", title: "Failed" });
    await page.waitForSelector("[data-notice=original]");
    await page.waitForSelector("[data-phase=playing]");
    t.equal(box.playbackRequests.at(-1)?.quality, undefined, "and given up when it breaks");
    t.same(complaints, []);
  },
);

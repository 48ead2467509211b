import type { BrowserContextOptions, Page } from "playwright-core";
import t from "tap";
import { setUp, until, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { largeLineUp } from "./sample-line-up.ts";
import { still, withStills } from "./sample-stills.ts";

const skip = skipWithoutBrowser();

async function enter(bench: Bench, options: BrowserContextOptions = {}) {
  const opened = await bench.open(`/${bench.box.fragment()}`, options);
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-channel=news]");
  return opened;
}

const shown = (page: Page, id: string) => () =>
  page.evaluate<number>(`document.querySelector("[data-channel=${id}] img[data-still]")?.naturalWidth ?? 0`);
const rows = (page: Page) => page.locator("[data-channel]");
const ids = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("[data-channel]")].map((row) => row.dataset.channel)`);

t.test("web live: pictures come for what is in sight, and again when they change", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.channels = largeLineUp(Date.now());
  withStills(bench.box);
  const takenAt = new Date().toISOString();
  const far = box.channels.at(-1);
  if (far === undefined) throw new Error("there is no last channel");
  box.pictures.set(far.id, still("testsrc"));
  box.channels = box.channels.map((one) => (one.id === far.id ? { ...one, still: takenAt } : one));
  const { page, complaints } = await enter(bench);
  const asked = (id: string): number =>
    box.log.filter((line) => line.startsWith(`GET /api/v1/channels/${id}/still 200`)).length;
  await until(shown(page, "news"), (pixels) => pixels === 480);
  await until(shown(page, "cts"), (pixels) => pixels === 480); // a video of one picture is drawn
  t.equal(asked(far.id), 0, "nobody sees the last channel");
  await page.locator(`[data-channel=${far.id}]`).scrollIntoViewIfNeeded();
  await until(shown(page, far.id), (pixels) => pixels === 480);
  await page.evaluate("scrollTo(0, 0)");

  box.pictures.set("news", still("rgbtestsrc"));
  const before = asked("news");
  const later = new Date(Date.now() + 60_000).toISOString();
  box.channels = box.channels.map((one) => (one.id === "news" ? { ...one, still: later } : one));
  box.send("channels", { channels: box.channels.filter(({ id }) => id === "news") });
  await until(
    () => asked("news"),
    (count) => count === before + 1,
  );
  box.channels = box.channels.map((one) => (one.id === "news" ? { ...one, still: null } : one));
  box.send("channels", { channels: box.channels.filter(({ id }) => id === "news") });
  await until(shown(page, "news"), (pixels) => pixels === 0);
  t.same(complaints, []);
});

t.test("web live: groups and favourites are kept on the device", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.channels = largeLineUp(Date.now(), 60).map((one) =>
    one.id === "cctv" ? { ...one, favourite: true } : one,
  );
  const { page, complaints } = await enter(bench);
  t.equal(await page.getAttribute("[data-star=cctv]", "aria-pressed"), "true", "the owner's mark");
  await page.click("[data-star=arte]");
  await page.click("[data-star=cctv]");
  await page.click("[data-star=more-5]");
  await page.click("[data-action=favourites-lead]");
  t.same((await ids(page)).slice(0, 3), ["arte", "more-5", "news"]);
  await page.click("[data-group=favourites]");
  t.same(await ids(page), ["arte", "more-5"]);
  await page.reload();
  await page.waitForSelector("[data-group=favourites][aria-pressed=true]");
  t.same(await ids(page), ["arte", "more-5"]);
  await page.click("[data-group=radio]");
  t.ok((await ids(page)).includes("radio"));
  await page.click("[data-group='by-Rai']");
  t.ok((await ids(page)).every((id) => id.startsWith("more-")));
  await page.click("[data-group=free]");
  t.notOk((await ids(page)).includes("pay"));
  await page.click("[data-group=all]");
  t.equal(await rows(page).count(), 59);
  t.same(complaints, []);
});

t.test("web live: what cannot be watched is explained, with three others", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page, complaints } = await enter(bench);
  await page.click("[data-channel=pay]");
  await page.waitForSelector("[data-sheet=channel] [data-reason=scrambled]");
  t.equal(await page.locator("[data-instead]").count(), 3);
  t.equal(await page.locator("[data-sheet] [data-action=watch]").count(), 0, "trying would not help");
  await page.click("[data-action=close]");
  await page.click("[data-channel=dead]");
  await page.waitForSelector("[data-reason=no-signal]");
  t.equal(await page.locator("[data-action=watch]").count(), 1, "the signal may be back");
  t.equal(box.playbackRequests.length, 0, "the box was not troubled with it");
  const instead = (await page.getAttribute("[data-instead]", "data-instead")) ?? "";
  await page.click("[data-instead]");
  await page.waitForSelector(`[data-screen=player][data-playing=${instead}], [data-screen=player]`);
  t.equal(await page.locator("dialog").count(), 0);
  t.same(complaints, []);
});

t.test(
  "web live: the last visit's list is there before the box answers, without titles",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints } = await enter(bench);
    await page.click("[data-channel=arte]");
    await page.waitForSelector("[data-screen=player]");
    await page.goBack();
    await page.waitForSelector("[data-continue=arte]");
    const place = (): Promise<string> =>
      page.evaluate(
        `JSON.stringify([...document.querySelectorAll("[data-channel]")].map((row) => {
        const { top, height } = row.getBoundingClientRect();
        return [row.dataset.channel, Math.round(top + scrollY), Math.round(height)];
      }))`,
      );
    await page.evaluate("scrollTo(0, 0)");
    const settled = await place();
    t.notMatch(await page.evaluate<string>("localStorage['tellyport.last-list']"), /Noon|Midi|Méditerranée/);
    box.delay = 3000;
    await page.reload();
    await page.waitForSelector("main[aria-busy=true] [data-channel=news]");
    t.equal(await page.getAttribute("[data-continue]", "data-continue"), "arte", "where one left off");
    t.notMatch(await page.textContent("main"), /World at Noon/);
    t.equal(await place(), settled, "everything has its place already");
    box.delay = 0;
    await page.waitForSelector("main[aria-busy=false]");
    t.match(await page.textContent("main"), /World at Noon/);
    t.equal(await place(), settled, "nothing jumped");

    box.delay = 2000;
    await page.reload();
    await page.click("main[aria-busy=true] [data-continue=arte]");
    await page.waitForSelector("[data-continue=arte][data-opening]");
    await page.waitForSelector("[data-screen=player]");
    t.same(complaints, []);
  },
);

t.test("web live: a remote control reaches everything", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.channels = largeLineUp(Date.now(), 60);
  const { page, complaints } = await enter(bench, {
    viewport: { width: 1920, height: 1080 },
    hasTouch: false,
    isMobile: false,
  });
  const focused = (): Promise<string> =>
    page.evaluate(`(({ dataset }) => Object.entries(dataset)[0]?.join("=") ?? "")(document.activeElement)`);
  const press = async (...keys: string[]): Promise<string> => {
    for (const key of keys) await page.keyboard.press(key);
    return focused();
  };
  t.match(await press("ArrowDown"), /^continue=/, "the first key begins with the first");
  t.match(await press("ArrowDown"), /^group=/);
  t.match(await press("ArrowDown"), /^channel=/);
  await page.keyboard.press("Home");
  t.equal(await focused(), "channel=news");
  t.equal(await press("ArrowRight"), "channel=arte", "from card to card");
  t.equal(await press("ArrowLeft"), "channel=news");
  t.match(await press("ArrowLeft"), /^tab=/, "and to the tabs beside them");
  t.match(await press("ArrowRight"), /^(channel|group|continue)=/);
  await page.keyboard.press("Home");
  await page.keyboard.press("f");
  await page.waitForSelector("[data-star=news][aria-pressed=true]");
  await page.keyboard.down("Enter");
  await page.keyboard.down("Enter"); // it repeats while it is held
  await page.waitForSelector("[data-sheet=channel] [data-action=watch]");
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  t.equal(await page.locator("dialog").count(), 1, "the key that is still down presses nothing");
  t.equal(box.playbackRequests.length, 0);
  await page.keyboard.press("Backspace");
  await page.focus("[data-channel=news]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-screen=player]");
  t.same(complaints, []);
});

t.test("web live: two hundred channels scroll without work, and nothing shifts", { skip }, async (t) => {
  const bench = await setUp(t);
  bench.box.channels = largeLineUp(Date.now());
  withStills(bench.box);
  const { page, complaints } = await enter(bench);
  await page.evaluate(`{
    window.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  }`);
  await until(shown(page, "news"), (pixels) => pixels > 0);
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const frames = await page.evaluate<{
    count: number;
    time: number;
    height: number;
  }>(`new Promise((resolve) => {
    const start = performance.now();
    let count = 0;
    const step = () => {
      scrollBy(0, 40);
      if (++count < 120) return requestAnimationFrame(step);
      resolve({ count, time: performance.now() - start, height: document.body.scrollHeight });
    };
    requestAnimationFrame(step);
  })`);
  const rate = Math.round((frames.count * 1000) / frames.time);
  t.comment(`${rate} frames a second, with a processor four times slower`);
  t.ok(rate > 15, `${rate} frames a second`);
  t.ok(frames.height > 200 * 80);
  t.ok((await page.evaluate<number>("window.shifts")) < 0.05, "nothing shifts");
  t.same(complaints, []);
});

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { SCREENS, setUp, until, watching, type Bench } from "./app-under-test.ts";
import { sampleLogo } from "./fake-logos.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { FAULTS } from "./layout-faults.ts";
import { contextOf, type Look } from "./look-at.ts";
import { fillGuide } from "./sample-guide.ts";
import { largeLineUp } from "./sample-line-up.ts";

const skip = skipWithoutBrowser();

const LOOKS: readonly Look[] = [
  { width: 360, height: 740, locale: "en-GB", colorScheme: "light" },
  { width: 1280, height: 720, locale: "zh-CN", colorScheme: "dark" },
];

/** White and black ones on nothing, one with a ground of its own, a tall one, and bytes that are no picture. */
function withLogos({ box }: Bench, ids: readonly string[]): void {
  const [white = "", black = "", red = "", own = "", tall = "", broken = ""] = ids;
  const bodies = new Map<string, Buffer>([
    [white, sampleLogo("ffffff")],
    [black, sampleLogo("000000")],
    [red, sampleLogo("d03030")],
    [own, sampleLogo("ffffff", "1a4fa0")],
    [tall, sampleLogo("2a8040", null, 100, 160)],
    [broken, Buffer.from("this is no picture at all")],
  ]);
  box.channels = box.channels.map((one): Channel => {
    const body = bodies.get(one.id);
    return body === undefined ? one : box.logos.give(one, body);
  });
}

const looker =
  (t: Test, page: Page, { width, height, locale }: Look) =>
  async (name: string): Promise<void> => {
    mkdirSync(SCREENS, { recursive: true });
    t.same(await page.evaluate(FAULTS), [], `${name}: nothing wrong with the layout`);
    const file = `logo-${name}-${width}x${height}-${locale.slice(0, 2)}.png`;
    await page.screenshot({ path: join(SCREENS, file), animations: "disabled" });
  };

const logosIn = (page: Page, where: string) => () =>
  page.evaluate<string[]>(`[...document.querySelectorAll(${JSON.stringify(`${where} img[data-logo]`)})]
    .filter((image) => image.naturalWidth > 0).map((image) => image.dataset.logo)`);

async function enter(bench: Bench, look: Look) {
  const opened = await bench.open(`/${bench.box.fragment()}`, contextOf(look));
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-channel=news]");
  return opened;
}

for (const look of LOOKS) {
  t.test(`logos: on every list at ${look.width}x${look.height}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    fillGuide(box);
    box.pictures.set("news", { type: "image/png", body: sampleLogo("556677", "223344", 480, 270) });
    const ids = ["news", "arte", ...box.channels.slice(3, 7).map(({ id }) => id)];
    const [, , red = "", own = "", , broken = ""] = ids;
    withLogos(bench, ids);
    const takenAt = new Date().toISOString();
    box.channels = box.channels.map((one) => (one.id === "news" ? { ...one, still: takenAt } : one));
    const { page, complaints } = await enter(bench, look);
    const lookAt = looker(t, page, look);

    await until(logosIn(page, "[data-channel=arte]"), (found) => found.length > 0);
    await until(logosIn(page, "[data-channel=news] .name"), (found) => found[0] === "news");
    t.same(await logosIn(page, "[data-channel=arte] .name")(), [], "in the picture's place alone");
    await lookAt("list");
    const grounds = await page.evaluate(
      `["news", "arte", "${own}"].map((id) => document.querySelector("[data-channel=" + id + "] [data-ground]")?.dataset.ground)`,
    );
    t.same(grounds, ["dark", "light", "light"], "white ones are on a dark ground");
    t.match(
      await page.textContent(`[data-channel="${broken}"] .initials`),
      /\d/,
      "what cannot be shown leaves the initials",
    );

    await page.click("[data-tab=guide]");
    await page.waitForSelector("[data-screen=guide]");
    await until(logosIn(page, "[data-screen=guide]"), (found) => found.includes("arte"));
    await page.waitForSelector(".programme, .programme-row");
    await lookAt("guide");
    await page.click("[data-tab=search]");
    await page.fill("[name=query]", "canal");
    await until(logosIn(page, "[data-group=channels]"), (found) => found.includes("arte"));
    await lookAt("search");

    await page.click("[data-tab=channels]");
    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await until(logosIn(page, ".heading"), (found) => found[0] === "news");
    await page.keyboard.press("c");
    await page.waitForSelector("[data-over=list]");
    await until(logosIn(page, "[data-over=list]"), (found) => found.includes(red));
    await lookAt("over");
    t.same(complaints, []);
  });
}

t.test("logos: nothing moves when they come, and only those in sight do", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const body = sampleLogo("000000");
  box.channels = largeLineUp(Date.now()).map((one) => box.logos.give(one, body));
  let give = (): void => undefined;
  box.logos.held = new Promise((resolve) => (give = resolve));
  const { page, complaints } = await enter(bench, LOOKS[0] as Look);
  await page.evaluate(`window.moved = 0; new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.moved += value;
  }).observe({ type: "layout-shift" })`);
  give();
  await until(logosIn(page, "main"), (found) => found.length > 5);
  await page.waitForTimeout(300);
  t.equal(await page.evaluate("window.moved"), 0);
  const asked = box.log.filter((line) => line.includes("/logo 200")).length;
  t.ok(asked < 30, `${asked} of ${box.channels.length} were asked for`);
  t.same(complaints, []);
});

t.test("logos: the television's page", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.screen.is = true;
  withLogos(bench, ["news", "arte", "cts", "cctv", "hevc", "ac3"]);
  box.screen.watching = [
    {
      name: "Anna’s phone",
      terminalType: "mobile",
      channel: { number: 2, name: "Arte" },
      since: new Date().toISOString(),
      home: true,
      self: false,
    },
  ];
  const look = LOOKS[1] as Look;
  const { page, complaints } = await bench.open(
    `/tv${box.fragment().replace("#p=", "#s=")}`,
    contextOf(look),
  );
  const lookAt = looker(t, page, look);
  await page.waitForSelector("[data-screen=tv-home]");
  await until(logosIn(page, "[data-watching]"), (found) => found[0] === "arte");
  await lookAt("tv-home");
  await page.click("[data-action=watch]");
  await until(logosIn(page, ".tv-list"), (found) => found.includes("news"));
  await lookAt("tv-channels");
  t.same(complaints, []);
});

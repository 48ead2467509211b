import t from "tap";
import { setUp, until } from "./app-under-test.ts";
import { enter } from "./enter.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { ON_ITS_SIDE, UPRIGHT, contextOf, lookWords, looker } from "./look-at.ts";
import { largeLineUp } from "./sample-line-up.ts";
import { withStills } from "./sample-stills.ts";

const skip = skipWithoutBrowser();

for (const look of UPRIGHT)
  t.test(`live screens: the list and its parts, ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.channels = largeLineUp(Date.now(), 60);
    withStills(box);
    const { page, complaints, lookAt } = await enter(t, bench, look, "live");
    const shown = (id: string) => () =>
      page.evaluate<number>(
        `document.querySelector("[data-channel=${id}] img[data-still]")?.naturalWidth ?? 0`,
      );
    await until(shown("news"), (pixels) => pixels > 0);
    await page.click("[data-star=arte]");
    await page.click("[data-star=cctv]");
    await until(shown("arte"), (pixels) => pixels > 0);
    await page.evaluate("scrollTo(0, 0)");
    await lookAt("list");
    await page.evaluate("scrollTo(0, innerHeight * 0.9)");
    await page.waitForTimeout(500);
    await lookAt("list-below");
    await page.click("[data-group=favourites]");
    await lookAt("favourites");
    await page.click("[data-group=radio]");
    await lookAt("radio");
    await page.click("[data-group=all]");
    for (const [id, why] of [
      ["pay", "scrambled"],
      ["dead", "no-signal"],
      ["busy", "busy"],
    ] as const) {
      if (id === "busy") await page.locator(`[data-channel=${id}]`).click({ button: "right" });
      else await page.click(`[data-channel=${id}]`);
      await page.waitForSelector(`[data-sheet=channel] [data-reason=${why}]`);
      await lookAt(`why-${why}`);
      await page.click("[data-action=close]");
    }
    await page.locator("[data-channel=news]").click({ button: "right" });
    await page.waitForSelector("[data-sheet=channel] [data-action=watch]");
    await lookAt("channel");
    await page.click("[data-action=close]");

    box.dropEventStreams();
    box.delay = 4000;
    await page.reload();
    await page.waitForSelector("main[aria-busy=true] [data-channel=news]");
    await lookAt("last-visit");
    await page.evaluate(`localStorage.removeItem("tellyport.last-list")`);
    await page.reload();
    await page.waitForSelector("[data-screen=starting]");
    await lookAt("starting");
    await page.waitForSelector(".skeleton");
    await lookAt("skeletons");
    box.delay = 0;
    await page.waitForSelector("main[aria-busy=false] [data-channel=news]");
    t.same(complaints, []);
    t.same(box.problems, []);
  });

for (const look of ON_ITS_SIDE)
  t.test(`live screens: no channels, and for whom not, ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const channels = box.channels;
    box.channels = [];
    const dvb = { name: "dvb:0", problems: ["DVB adapter 0 is not there: plug it in."] };
    box.tuners = { tuners: [], sources: [dvb] };
    const { page, complaints, lookAt } = await enter(t, bench, look, "live");
    await page.waitForSelector("[data-no-channels=no-tuner]");
    await lookAt("none-no-tuner");
    box.tuners = { tuners: [{}], sources: [{ ...dvb, problems: [] }] };
    await page.waitForSelector("[data-no-channels=scan-needed]");
    await lookAt("none-scan-needed");
    box.scan = { state: "running", percent: 12 };
    await page.waitForSelector("[data-no-channels=searching] .seeking");
    await lookAt("none-searching");
    box.access.recovery = { codes: [], madeAt: null };
    box.role = "viewer";
    const viewer = await bench.open(`/${box.fragment()}`, contextOf(look));
    await viewer.page.click("[data-action=pair]");
    await viewer.page.waitForSelector("[data-no-channels=ask]");
    const viewers = looker(t, viewer.page, look, "live");
    await viewers("none-ask");

    box.channels = channels.map((one) =>
      one.id === "arte" && one.now !== null ? { ...one, now: { ...one.now, minimumAge: 18 } } : one,
    );
    box.send("channels", { channels: box.channels });
    await viewer.page.waitForSelector("[data-channel=news]");
    await viewers("viewers-list");
    await viewer.page.click("[data-action=settings]");
    await viewer.page.waitForSelector("dialog[data-sheet=settings] [data-action=forget]");
    await viewers("viewers-settings");
    t.same([...complaints, ...viewer.complaints], []);
  });

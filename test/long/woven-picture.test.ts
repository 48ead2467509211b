import { join } from "node:path";
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { OWN, setUp, until, watching, type Bench } from "../browser/app-under-test.ts";
import { makeMedia, skipWithoutBrowser } from "../browser/fake-media.ts";

const skip = skipWithoutBrowser();
/** As large as the pictures: what is on the screen is compared with them line by line. */
const SMALL = { viewport: { width: 640, height: 360 }, hasTouch: false, isMobile: false } as const;
/** Bars that move sideways, each half of the lines at a moment of its own. */
const MOVING =
  "drawgrid=w=80:h=900:t=20:color=white,fps=50,scroll=horizontal=0.01,tinterlace=mode=interleave_top";

/** How much every second line stands out from both of its neighbours, on the same side. */
const TEETH = `(picture, width, height) => {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 360;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, width, height, 0, 0, 640, 360);
  const { data } = context.getImageData(0, 0, 640, 360);
  const green = (x, y) => data[4 * (y * 640 + x) + 1];
  let sum = 0;
  for (let y = 121; y < 239; y += 2)
    for (let x = 0; x < 640; x++) sum += Math.max(0, (green(x, y - 1) - green(x, y)) * (green(x, y + 1) - green(x, y)));
  return sum / (59 * 640);
}`;

async function watchMoving(
  t: Test,
  interlaced: boolean,
): Promise<{ bench: Bench; page: Page; complaints: string[] }> {
  const bench = await setUp(t);
  const { box } = bench;
  box.channels = box.channels.map((channel) =>
    channel.id === "news" && channel.codecs?.video != null
      ? {
          ...channel,
          codecs: {
            ...channel.codecs,
            video: { ...channel.codecs.video, width: 640, height: 360, interlaced },
          },
        }
      : channel,
  );
  box.media.set("news", makeMedia(join(OWN, "media", "moving"), "0x335577", 440, MOVING));
  const { page, complaints } = await bench.open(`/${box.fragment()}`, SMALL);
  await page.click("[data-action=pair]");
  await page.click("[data-channel=news]");
  await until(
    () => watching(page),
    ({ frames }) => frames > 10,
  );
  return { bench, page, complaints };
}

/** Of the video itself, and of what is on the screen. */
async function teeth(page: Page, bench: Bench): Promise<{ sent: number; seen: number }> {
  const sent = await page.evaluate<number>(
    `(${TEETH})(document.querySelector("video[data-front]"), 640, 360)`,
  );
  const shot = (await page.screenshot()).toString("base64");
  const judge = await bench.browser.newPage();
  const seen = await judge.evaluate<number>(`new Promise((resolve) => {
    const picture = new Image();
    picture.onload = () => resolve((${TEETH})(picture, picture.naturalWidth, picture.naturalHeight));
    picture.src = "data:image/png;base64,${shot}";
  })`);
  await judge.close();
  return { sent, seen };
}

t.test("web player: an interlaced picture that moves does not comb", { skip }, async (t) => {
  const { bench, page, complaints } = await watchMoving(t, true);
  await page.waitForSelector("canvas[data-smooth]", { state: "attached" });
  // the controls are gone from the picture
  await page.waitForSelector("[data-screen=player][data-idle]");
  const { sent, seen } = await teeth(page, bench);
  t.comment(`teeth: ${sent.toFixed(0)} as sent, ${seen.toFixed(0)} as seen`);
  t.ok(sent > 500, "it combs as it is sent");
  t.ok(seen < sent / 5, "and not as it is seen");
  await page.keyboard.press("i");
  await until(
    () => page.textContent("[data-fact=picture]"),
    (words) => words?.includes("interlaced, smoothed") === true,
  );
  t.same(complaints, []);
});

t.test("web player: nothing is drawn over a picture that is whole", { skip }, async (t) => {
  const { bench, page, complaints } = await watchMoving(t, false);
  await page.waitForSelector("[data-screen=player][data-idle]");
  t.equal(await page.locator("canvas[data-smooth]").count(), 0);
  const { sent, seen } = await teeth(page, bench);
  t.ok(seen > sent / 2, `what is measured is on the screen: ${seen.toFixed(0)} of ${sent.toFixed(0)}`);
  t.same(complaints, []);
});

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import t from "tap";
import { SCREENS, setUp, until, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { FAULTS } from "./layout-faults.ts";
import { largeLineUp } from "./sample-line-up.ts";

const skip = skipWithoutBrowser();

/** A picture as the box takes it. @param type `image/jpeg`, or a video of one picture */
function still(
  source: string,
  type: "image/jpeg" | "video/mp4" = "image/jpeg",
): { type: string; body: Buffer } {
  const format =
    type === "image/jpeg"
      ? ["-frames:v", "1", "-f", "mjpeg"]
      : [
          "-frames:v",
          "1",
          "-c:v",
          "libx264",
          "-pix_fmt",
          "yuv420p",
          "-movflags",
          "frag_keyframe+empty_moov",
          "-f",
          "mp4",
        ];
  const { stdout, status, stderr } = spawnSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `${source}=size=480x270`, ...format, "-"],
  ]);
  if (status !== 0) throw new Error(`ffmpeg: ${String(stderr)}`);
  return { type, body: stdout };
}

function withStills({ box }: Bench): void {
  const takenAt = new Date().toISOString();
  const pictures: Record<string, { type: string; body: Buffer }> = {
    news: still("testsrc2"),
    arte: still("mandelbrot"),
    cts: still("smptehdbars", "video/mp4"),
    cctv: still("life"),
    noidr: still("gradients"),
  };
  for (const [id, picture] of Object.entries(pictures)) box.pictures.set(id, picture);
  box.channels = box.channels.map((one) => (box.pictures.has(one.id) ? { ...one, still: takenAt } : one));
}

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

const LOOKS = [
  { width: 360, height: 740, locale: "en-GB", colorScheme: "light" },
  { width: 740, height: 360, locale: "zh-CN", colorScheme: "dark" },
  { width: 1280, height: 720, locale: "zh-CN", colorScheme: "dark" },
] as const;

for (const { width, height, ...look } of LOOKS) {
  t.test(`web live: looks right at ${width}x${height} in ${look.locale}`, { skip }, async (t) => {
    const bench = await setUp(t);
    bench.box.channels = largeLineUp(Date.now(), 60);
    withStills(bench);
    const touch = width < 1000;
    const { page, complaints } = await enter(bench, {
      ...look,
      viewport: { width, height },
      hasTouch: touch,
      isMobile: touch,
    });
    mkdirSync(SCREENS, { recursive: true });
    const lookAt = async (name: string): Promise<void> => {
      t.same(await page.evaluate(FAULTS), [], `${name}: nothing wrong with the layout`);
      const path = join(SCREENS, `live-${name}-${width}x${height}-${look.locale.slice(0, 2)}.png`);
      await page.screenshot({ path, animations: "disabled" });
    };
    await until(shown(page, "news"), (pixels) => pixels > 0);
    await page.click("[data-star=arte]");
    await until(shown(page, "arte"), (pixels) => pixels > 0);
    await page.evaluate("scrollTo(0, 0)");
    await lookAt("list");
    await page.evaluate("scrollTo(0, innerHeight * 0.9)");
    await page.waitForTimeout(500);
    await lookAt("list-below");
    await page.click("[data-channel=pay]");
    await page.waitForSelector("[data-sheet=channel] [data-reason=scrambled]");
    await lookAt("scrambled");
    t.same(complaints, []);
  });
}

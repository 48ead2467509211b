import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import type { Test } from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { sampleChannels } from "./sample-channels.ts";
import { FakeBox } from "./fake-box.ts";
import { CHROMIUM, makeMedia } from "./fake-media.ts";

const BUILD = resolve(PROJECT, process.env.TELLYPORT_BUILD ?? "build");
/** Where this process makes what it needs: others make the same beside it. */
export const OWN = join(BUILD, `suite-${process.env.TELLYPORT_SUITE ?? "web"}`);
/** Where screenshots go, for people to look at. */
export const SCREENS = join(PROJECT, "build/screens");

let built: Promise<string> | null = null;

/** The web app as `npm run build` makes it; once per process. */
export function builtWeb(): Promise<string> {
  built ??= (async () => {
    const folder = join(OWN, "web-under-test");
    const script = pathToFileURL(join(PROJECT, "scripts/build-web.mjs")).href;
    const { buildWeb } = (await import(script)) as { buildWeb: (folder: string) => Promise<void> };
    await buildWeb(folder);
    return folder;
  })();
  return built;
}

/** How long something may take on a machine that is busy with other things, ms. */
const PATIENCE = 90_000;

export interface Opened {
  readonly page: Page;
  /** Errors of the page and violations of its content security policy; must stay empty. */
  readonly complaints: string[];
}

export interface Bench {
  readonly box: FakeBox;
  readonly port: number;
  readonly browser: Browser;
  /** Opens the app in a phone of its own, with empty storage. @param path may hold a fragment */
  readonly open: (path: string, options?: BrowserContextOptions, host?: string) => Promise<Opened>;
}

/** A box and a browser for one test, gone when it ends. */
export async function setUp(t: Test): Promise<Bench> {
  t.setTimeout(240_000); // the first one builds the app and its media
  const box = new FakeBox(await builtWeb());
  const media = join(OWN, "media");
  box.channels = sampleChannels(Date.now());
  box.media.set("news", makeMedia(join(media, "news"), "0x335577", 440));
  box.media.set("arte", makeMedia(join(media, "arte"), "0x774433", 330));
  const port = await box.listen();
  t.teardown(() => box.close());
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--host-resolver-rules=MAP box.test 127.0.0.1"],
  });
  t.teardown(() => browser.close());
  return {
    box,
    port,
    browser,
    async open(path, options = {}, host = "127.0.0.1") {
      // a worker would answer instead of the box; those tests that are about it allow it
      const context = await browser.newContext({
        locale: "en-GB",
        serviceWorkers: "block",
        ...PHONE,
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.stack ?? String(error)));
      page.on("console", (message) => {
        // the browser logs every refused request; refusals are part of the tests
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          complaints.push(message.text());
      });
      await page.goto(`http://${host}:${port}${path}`);
      return { page, complaints };
    },
  };
}

export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;

/** The layer of subtitles that are pictures, over the video that is seen, while it has some. */
export const OVERLAID =
  "video[data-front]:first-of-type ~ .of-first[data-showing], video[data-front]:nth-of-type(2) ~ .of-second[data-showing]";

/** Uses a control of the player, which hides when nobody has touched anything for a while. */
export async function useControl(page: Page, selector: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (let turn = 0; ; turn++) {
    await page.mouse.move(100 + (turn % 2) * 20, 100);
    try {
      return await page.click(selector, { timeout: 2000 });
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Numbers of the picture and sound that is in front. */
export interface Watching {
  frames: number;
  width: number;
  audioBytes: number;
  time: number;
  muted: boolean;
}

export function watching(page: Page): Promise<Watching> {
  return page.evaluate(`(() => {
    const video = document.querySelector("video[data-front]");
    if (!video) return { frames: 0, width: 0, audioBytes: 0, time: 0, muted: false };
    return { frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth,
      audioBytes: video.webkitAudioDecodedByteCount, time: video.currentTime, muted: video.muted };
  })()`);
}

/** Asks again until the answer pleases. @throws Error with the last answer after `timeout` ms */
export async function until<T>(
  ask: () => T | Promise<T>,
  pleases: (answer: T) => boolean,
  timeout = PATIENCE,
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (pleases(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import type { Session } from "../../src/cli/remote/session.ts";
import { PROJECT } from "../helpers/captures.ts";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { makeMultiplex } from "./bench-multiplex.ts";
import { median, note, quantile, rounded, withTeardown, type Figure } from "./figure.ts";
import { Viewer, channelsOf, pair, settled } from "./viewer.ts";

export const ids = ["zap-warm-p50", "zap-warm-p95", "latency-p50"] as const;

const CHROMIUM = "/usr/bin/chromium";
const SERVICES = 4;
/** The design asks for 200; `TELLYPORT_ZAPS` says otherwise. */
const ZAPS = Number(process.env["TELLYPORT_ZAPS"] ?? 200);
const LATENCY_SECONDS = 20;

/**
 * hls.js as the web app sets it up, on two elements in turn: the picture before stays until the next one is there.
 * `zapTo` resolves with the epoch milliseconds of the first frame.
 */
const PAGE = `<!doctype html><video muted playsinline width="640"></video><video muted playsinline width="640"></video>
<script src="/hls.js"></script><script>
const videos = [...document.querySelectorAll("video")];
let turn = 0, hls = null;
window.zapTo = async (url) => {
  const former = hls, video = videos[turn++ % 2];
  const shown = new Promise((resolve, reject) => {
    video.requestVideoFrameCallback(() => resolve(performance.timeOrigin + performance.now()));
    setTimeout(() => reject(new Error("no frame in 20 s")), 20000);
  });
  hls = new Hls({ enableWorker: false, lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.05, maxBufferLength: 14,
    startFragPrefetch: true });
  hls.loadSource(url);
  hls.attachMedia(video);
  video.play();
  const at = await shown;
  former?.destroy();
  return at;
};
window.behind = () => hls.playingDate ? Date.now() - hls.playingDate.getTime() : null;
</script>`;

/** What a person with a phone waits for, in the real Chromium, on the machine that the box runs on. */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("ffmpeg") || skipWithoutProgram("chromium");
  if (missing !== false) {
    note(`zap-warm-p50 and latency-p50 are left out: ${missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const path = join(await temporaryFolder(t), "phone.ts");
    makeMultiplex(path, "1920x1080");
    const box = await startDaemon(t, { tuner: `file:${path}` });
    const session = await pair(t, box, "phone");
    await settled(box, SERVICES);
    const channels = await channelsOf(session);
    const page = await openPage(t);
    const zaps: number[] = [];
    let viewer: Viewer | null = null;
    for (let zap = 0; zap <= ZAPS; zap++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1000));
      const { viewer: next, seconds } = await zapTo(box, session, page, channels[zap % SERVICES]?.id ?? "");
      await viewer?.stop();
      viewer = next;
      // The first one is cold.
      if (zap > 0) zaps.push(seconds);
    }
    const behind: number[] = [];
    for (let second = 0; second < LATENCY_SECONDS; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const now = await page.evaluate("behind()");
      // Until it has found its place.
      if (typeof now === "number" && second >= LATENCY_SECONDS / 2) behind.push(now / 1000);
    }
    await viewer?.stop();
    note(`zap-warm: ${zaps.length} of ${ZAPS} started; the slowest ${Math.max(...zaps).toFixed(2)} s`);
    return [
      { id: "zap-warm-p50", value: rounded(median(zaps)), unit: "s", goal: "<= 0.8, aim 0.4" },
      { id: "zap-warm-p95", value: rounded(quantile(zaps, 0.95)), unit: "s", goal: "<= 1.5, aim 0.8" },
      { id: "latency-p50", value: rounded(median(behind)), unit: "s", goal: "<= 2.0, aim 1.2" },
    ];
  });
}

/** @returns seconds from the wish to the first frame on the screen */
async function zapTo(
  box: Daemon,
  session: Session,
  page: Page,
  channel: string,
): Promise<{ viewer: Viewer; seconds: number }> {
  const from = Date.now();
  const viewer = await Viewer.start(box, session, channel);
  const address = new URL(viewer.playback.hls, box.url).href;
  const at = await page.evaluate(`zapTo(${JSON.stringify(address)})`);
  return { viewer, seconds: ((at as number) - from) / 1000 };
}

async function openPage(t: Teardown): Promise<Page> {
  const library = readFileSync(join(PROJECT, "node_modules/hls.js/dist/hls.min.js"));
  const server = createServer((request, response) => {
    const isLibrary = request.url === "/hls.js";
    response.setHeader("content-type", isLibrary ? "text/javascript" : "text/html");
    response.end(isLibrary ? library : PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--autoplay-policy=no-user-gesture-required"],
  });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return page;
}

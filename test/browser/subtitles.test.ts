import { deflateSync, crc32 } from "node:zlib";
import { join } from "node:path";
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { OVERLAID, setUp, until, useControl, watching } from "./app-under-test.ts";
import { FLASHES, makeMedia, skipWithoutBrowser } from "./fake-media.ts";

const skip = skipWithoutBrowser();
const FOLDER = join(PROJECT, process.env.TELLYPORT_BUILD ?? "build", "browser-media/flashes");

/** One red pixel. @see ISO/IEC 15948 §5 */
function redPixel(): string {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from([0, 255, 0, 0, 255]))),
    chunk("IEND", Buffer.alloc(0)),
  ]).toString("base64");
}

const RED = redPixel();

/** Something to read for exactly as long as the picture is white. */
function overlay(segment: number): object {
  const white = segment % 2 === 0;
  const region = { x: 180, y: 480, width: 360, height: 48, png: RED };
  const shown = { at: segment, until: segment + 1, width: 720, height: 576, regions: [region] };
  const cleared = { at: segment, until: null, width: 720, height: 576, regions: [] };
  return { displays: [white ? shown : cleared] };
}

const text = (segment: number): string =>
  `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:${String(segment).padStart(2, "0")}.000 --> 00:00:${String(segment + 1).padStart(2, "0")}.000\n<c.yellow.bg_blue>Riga ${segment}</c>\n`;

/** Looks at some hundred frames: whether each is white, and whether there was something to read over it. */
const LOOK = `new Promise((resolve) => {
  const video = document.querySelector("video[data-front]");
  const layer = document.querySelector(video.matches(":first-of-type") ? ".of-first" : ".of-second");
  const probe = new OffscreenCanvas(8, 8).getContext("2d", { willReadFrequently: true });
  const seen = [];
  const look = () => {
    probe.drawImage(video, 0, 0, 8, 8);
    const white = probe.getImageData(4, 2, 1, 1).data[1] > 200;
    const reads = layer.hasAttribute("data-showing");
    seen.push([white, reads]);
    if (seen.length < 150) video.requestVideoFrameCallback(look);
    else resolve(seen);
  };
  video.requestVideoFrameCallback(look);
})`;

/** The layer's own rectangle of drawing, and where in it there is red. */
const PLACE = `(() => {
  const video = document.querySelector("video[data-front]");
  const layer = document.querySelector(video.matches(":first-of-type") ? ".of-first" : ".of-second");
  const { data, width, height } = layer.getContext("2d").getImageData(0, 0, layer.width, layer.height);
  let left = Infinity, right = 0, top = Infinity, bottom = 0;
  for (let y = 0; y < height; y += 2) for (let x = 0; x < width; x += 2) {
    if (data[(y * width + x) * 4 + 3] < 128) continue;
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
  }
  return [left / width, right / width, top / height, bottom / height];
})()`;

async function watchFlashes(t: Test): Promise<{ page: Page; complaints: string[] }> {
  const bench = await setUp(t);
  const media = makeMedia(FOLDER, "0x202020", 220, FLASHES);
  bench.box.media.set("news", { ...media, overlay, text });
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`);
  await page.click("[data-action=pair]");
  await page.click("[data-channel=news]");
  await until(
    () => watching(page),
    ({ time, frames }) => time > 1 && frames > 10,
  );
  return { page, complaints };
}

t.test("web subtitles: pictures are laid over the frames that they belong to", { skip }, async (t) => {
  const { page, complaints } = await watchFlashes(t);
  await useControl(page, "[data-action=subtitles]");
  t.same(await page.locator("[role=menuitemradio]").allTextContents(), [
    "Off",
    "Italian",
    "French, for the hard of hearing",
  ]);
  await page.click("[data-track=overlay-s1]");
  await page.waitForSelector(OVERLAID);
  const seen = await page.evaluate<[boolean, boolean][]>(LOOK);
  const right = seen.filter(([white, reads]) => white === reads).length;
  t.ok(right / seen.length > 0.9, `${right} of ${seen.length} frames have what belongs to them`);
  t.ok(seen.some(([white]) => white) && seen.some(([white]) => !white), "both kinds of frames were seen");

  await page.waitForSelector(OVERLAID);
  const [left = 0, right1 = 0, top = 0, bottom = 0] = await until(
    () => page.evaluate<number[]>(PLACE),
    ([left]) => left !== undefined && Number.isFinite(left) && left < 1,
  );
  const near = (is: number, wanted: number): boolean => Math.abs(is - wanted) < 0.02;
  t.ok(
    near(left, 0.25) && near(right1, 0.75) && near(top, 480 / 576) && near(bottom, 528 / 576),
    "in its place",
  );

  await useControl(page, "[data-action=subtitles]");
  await page.click("[data-track=off]");
  t.equal(await page.locator("canvas[data-showing]").count(), 0, "off is off at once");
  t.same(complaints, []);
});

t.test("web subtitles: text is chosen, coloured, and remembered on the next channel", { skip }, async (t) => {
  const { page, complaints } = await watchFlashes(t);
  await useControl(page, "[data-action=subtitles]");
  await page.click("[data-track=text-0]");
  const cues = () =>
    page.evaluate<string[]>(
      `[...document.querySelector("video[data-front]").textTracks].filter((track) => track.mode === "showing")
        .flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text))`,
    );
  const [cue = ""] = await until(cues, (texts) => texts.length > 0);
  t.match(cue, /<c\.yellow\.bg_blue>Riga \d+<\/c>/);
  await useControl(page, "[data-action=next]");
  await page.waitForSelector("[data-playing=arte][data-phase=playing]");
  t.equal(
    await page.locator("[data-action=subtitles]").count(),
    0,
    "a channel without subtitles offers none",
  );
  await useControl(page, "[data-action=previous]");
  await page.waitForSelector("[data-playing=news][data-phase=playing]");
  t.match((await until(cues, (texts) => texts.length > 0))[0], /Riga/);
  await useControl(page, "[data-action=subtitles]");
  await page.waitForSelector("[data-track=text-0][aria-checked=true]");
  await page.keyboard.press("Escape");
  t.equal(await page.evaluate("document.activeElement.dataset.action"), "subtitles", "the focus goes back");
  t.same(complaints, []);
});

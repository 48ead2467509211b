import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import t, { type Test } from "tap";
import { fragmentStill } from "../../../src/share/stills/fragment-still.ts";
import type { CodedPicture, Still } from "../../../src/share/stills/still.ts";
import { skipWithout } from "../../helpers/captures.ts";
import { videoTrack } from "../fakes.ts";
import {
  decode,
  H264,
  makeTs,
  picture as moving,
  probe,
  skipWithoutFfmpeg,
} from "../live/packaging/media-tools.ts";
import { picturesOf, picturesOfCapture } from "./pictures.ts";

const CHROMIUM = "/usr/bin/chromium";
const CANAL = "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts";
const FRANCE = "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts";
const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";
const skip = skipWithoutFfmpeg();

/** NAL units of one byte and so many more. */
const units = (...sizes: number[]): Buffer =>
  Buffer.concat(
    sizes.map((size) => {
      const unit = Buffer.alloc(4 + size, 0x65);
      unit.writeUInt32BE(size);
      return unit;
    }),
  );

t.test("a still without ffmpeg is small, whole, and of a coding that browsers have", (t) => {
  const track = videoTrack({ width: 64, height: 64 });
  t.equal(fragmentStill({ track, data: units(100, 100) }).still?.type, "video/mp4");
  t.equal(fragmentStill({ track, data: units(300 * 1024) }).reason, "too-large");
  t.equal(
    fragmentStill({ track, data: units(300 * 1024 - 5) }).reason,
    "too-large",
    "with what is around it",
  );
  t.equal(fragmentStill({ track, data: units(299 * 1024) }).reason, null);
  t.equal(fragmentStill({ track: videoTrack(), data: units(900) }).reason, "single-colour");
  t.equal(fragmentStill({ track: { ...track, family: "mpeg2" }, data: units(100) }).reason, "unsupported");
  t.equal(fragmentStill({ track: { ...track, width: 0 }, data: units(100) }).reason, "unsupported");
  for (const data of [Buffer.alloc(0), Buffer.alloc(3), units(100).subarray(0, 50), Buffer.alloc(50, 0xff)])
    t.equal(fragmentStill({ track, data }).reason, "undecodable");
  t.end();
});

interface Seen {
  readonly width: number;
  readonly height: number;
  readonly error: string | null;
  /** How far the lightest and the darkest of a few places are apart. */
  readonly contrast: number;
}

/** What a list does with it: a `<video>` that nobody plays. */
const PAGE = `async (url) => {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = url;
  document.body.append(video);
  await new Promise((resolve) => {
    video.requestVideoFrameCallback(resolve);
    video.onerror = resolve;
    setTimeout(resolve, 60_000);
  });
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 18;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 32, 18);
  const pixels = [...context.getImageData(0, 0, 32, 18).data].filter((_, at) => at % 4 === 1);
  const contrast = Math.max(...pixels) - Math.min(...pixels);
  return { width: video.videoWidth, height: video.videoHeight, error: video.error?.message ?? null, contrast };
}`;

async function shown(still: Still): Promise<Seen> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    const page = await browser.newPage();
    const url = `data:${still.type};base64,${still.body.toString("base64")}`;
    return await page.evaluate<Seen>(`(${PAGE})(${JSON.stringify(url)})`);
  } finally {
    await browser.close();
  }
}

async function check(t: Test, picture: CodedPicture | undefined, browser: boolean): Promise<void> {
  if (picture === undefined) throw new Error("no picture");
  const { still, reason } = fragmentStill(picture);
  t.equal(reason, null);
  if (still === null) return;
  const { family, width, height, sar } = picture.track;
  t.comment(`${family} ${width}x${height}: ${still.body.length} bytes`);
  const probed = probe(still.body, "mp4", ["-count_frames"]);
  t.match(probed.streams, [{ codec_type: "video", width, height, nb_read_frames: "1" }]);
  t.equal(decode(still.body).errors, "", "every decoder takes it");
  if (!browser) return;
  const seen = await shown(still);
  t.equal(seen.error, null);
  t.ok(Math.abs(seen.width - (width * sar[0]) / sar[1]) < 2, `${seen.width} across`);
  t.equal(seen.height, height);
  t.ok(seen.contrast > 60, `something is to be seen: ${seen.contrast}`);
}

const browser = existsSync(CHROMIUM);

t.test("stills without ffmpeg: read by ffprobe, shown by Chromium", { skip }, async (t) => {
  const pictures = await picturesOf(makeTs([...moving(2, "720x576"), ...H264, "-vf", "setsar=64/45"]));
  await check(t, pictures.at(-1), browser);
});

t.test(
  "stills of broadcasts without ffmpeg",
  { skip: skip || skipWithout(CANAL, FRANCE, RAI) },
  async (t) => {
    await check(t, (await picturesOfCapture(CANAL, 8810)).at(-1), browser);
    const bad = await picturesOfCapture(FRANCE);
    await check(t, bad.at(-1), browser);
    t.equal(bad[0] && fragmentStill(bad[0]).reason, "single-colour", "a grey stand-in is none");
    // Browsers have HEVC where the machine has; ffmpeg always has.
    await check(t, (await picturesOfCapture(RAI, 3410)).at(-1), false);
  },
);

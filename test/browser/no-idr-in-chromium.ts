import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import t, { type Test } from "tap";
import { capture, skipWithout } from "../helpers/captures.ts";
import { CAPTURES } from "../share/live/packaging/no-idr/captures.ts";
import {
  decodePictures,
  idrFrames,
  pack,
  sourceFrames,
  type Packed,
} from "../share/live/packaging/no-idr/idr-media.ts";
import { STREAMS } from "../share/live/packaging/no-idr/streams.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** Chromium as it is, and as it was before it began to make key frames of recovery points. */
const VERSIONS: readonly (readonly [string, string[]])[] = [
  ["as it is", []],
  ["as it was", ["--disable-features=MediaSourceSeiRecoveryPointKeyframe,ParseSEIRecoveryPoints"]],
];

interface Played {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly buffered: readonly (readonly [number, number])[];
  readonly ended: boolean;
  readonly error: string | null;
}

/** Plays what lies at `parts` through a source buffer, from its beginning or a share of it on, to its end. */
const PLAYER = `async (type, parts, from) => {
  const video = document.querySelector("video");
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
  const buffer = source.addSourceBuffer(type);
  for (const part of parts) {
    buffer.appendBuffer(await (await fetch(part)).arrayBuffer());
    await new Promise((resolve) => buffer.addEventListener("updateend", resolve, { once: true }));
  }
  const buffered = Array.from(video.buffered, (_, i) => 0).map((_, i) => [video.buffered.start(i), video.buffered.end(i)]);
  if (source.readyState === "open") source.endOfStream();
  if (buffered.length > 0) {
    const [start, end] = buffered[0];
    video.currentTime = start + (end - start) * from;
    video.playbackRate = 2;
    video.play().catch(() => undefined);
    const patience = performance.now() + 60000;
    while (!video.ended && !video.error && performance.now() < patience) await new Promise((r) => setTimeout(r, 50));
  }
  return { frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth, height: video.videoHeight,
    buffered, ended: video.ended, error: video.error && video.error.message };
}`;

interface Bench {
  /** @param segments which of them @param from 0..1, where playing begins */
  readonly play: (media: Packed, segments?: readonly Buffer[], from?: number) => Promise<Played>;
}

async function bench(t: Test, args: string[]): Promise<Bench> {
  const parts = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const body = request.url === "/" ? Buffer.from("<video muted></video>") : parts.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "text/html" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args });
  t.teardown(() => browser.close());
  return {
    async play({ track, init, segments: all }, segments = all, from = 0) {
      parts.clear();
      [init, ...segments].forEach((bytes, index) => parts.set(`/${index}`, bytes));
      const page = await browser.newPage();
      try {
        await page.goto(`http://127.0.0.1:${port}/`);
        const call = [`video/mp4; codecs="${track.codec}"`, [...parts.keys()], from];
        return await page.evaluate<Played>(`(${PLAYER})(...${JSON.stringify(call)})`);
      } finally {
        await page.close();
      }
    },
  };
}

/** Plays to the end, without an error, and nearly all that ffmpeg decodes of the same bytes. */
function checkPlayed(t: Test, played: Played, expected: number, label: string): void {
  t.equal(played.error, null, `${label}: no media error`);
  t.ok(played.ended, `${label}: to its end`);
  t.equal(played.buffered.length, 1, `${label}: no hole`);
  t.ok(played.frames >= expected * 0.95, `${label}: ${played.frames} pictures of ${expected}`);
}

/**
 * Tests that the real Chromium plays H.264 without IDR pictures.
 * @param which versions of Chromium, captures of {@link CAPTURES} by index, and whether what encoders make is played as well
 */
export function playInChromium(which: {
  readonly versions: number;
  readonly captures: readonly number[];
  readonly encoders: boolean;
}): void {
  for (const [version, args] of VERSIONS.slice(0, which.versions)) {
    for (const { name, service, lossy, width } of CAPTURES.filter((_, at) => which.captures.includes(at))) {
      const skip = skipWithoutBrowser() || skipWithout(name);
      t.test(`no-idr: Chromium ${version} plays ${name}, ${service}`, { skip }, async (t) => {
        t.setTimeout(240_000);
        const { play } = await bench(t, args);
        const ts = readFileSync(capture(name) ?? "");
        const media = pack(idrFrames(ts, { service, spacing: 0 }));
        const { pictures } = decodePictures(media.file);
        const whole = await play(media);
        checkPlayed(t, whole, pictures.length, "all");
        t.equal(whole.width, width);
        const before = await play(pack(sourceFrames(ts, { service })));
        t.ok(
          before.error !== null || before.frames < pictures.length / 2,
          `without help: ${before.frames} pictures, ${before.error ?? "no error"}`,
        );
        if (lossy) return;
        const last = media.segments.at(-1) ?? Buffer.alloc(0);
        const { pictures: tail } = decodePictures(Buffer.concat([media.init, last]));
        checkPlayed(t, await play(media, [last]), tail.length, "beginning at the last segment");
        checkPlayed(t, await play(media, media.segments, 0.5), pictures.length * 0.4, "after a jump");
      });
    }

    if (!which.encoders) continue;
    t.test(
      `no-idr: Chromium ${version} plays what an encoder makes`,
      { skip: skipWithoutBrowser() },
      async (t) => {
        t.setTimeout(240_000);
        const { play } = await bench(t, args);
        for (const [name, make] of STREAMS) {
          const media = pack(idrFrames(make(), { skip: 1, spacing: 0 }));
          checkPlayed(t, await play(media), decodePictures(media.file).pictures.length, name);
          const last = await play(media, media.segments.slice(-2));
          t.equal(last.error, null, `${name}: beginning near the end`);
          t.ok(last.ended && last.frames > 10, `${name}: ${last.frames} pictures`);
        }
        const spoilt = pack(
          idrFrames(STREAMS[2]?.[1]() ?? Buffer.alloc(0), {
            skip: 1,
            spoil: (frame, index) => ({ ...frame, damaged: frame.randomAccess || index % 9 === 4 }),
          }),
        );
        checkPlayed(t, await play(spoilt), decodePictures(spoilt.file).pictures.length, "damaged");
      },
    );
  }
}

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import t, { type Test } from "tap";
import { CueTrack } from "../../src/share/live/subtitles/webvtt/webvtt-segment.ts";
import { PROJECT } from "../helpers/captures.ts";
import { packageTs } from "../helpers/ts-to-media.ts";
import { H264, makeTs, picture, skipWithoutFfmpeg } from "../share/live/packaging/media-tools.ts";

const CHROMIUM = "/usr/bin/chromium";
const skip = skipWithoutFfmpeg() || (existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`);

/** What the packager gives its first frame. */
const ORIGIN = 180_000;
const WRAP = 2 ** 33;

interface Scenario {
  /** Ticks by which the whole timeline is later than the packager's. */
  readonly shift: number;
  /** Segments that are gone from the playlist when the player comes. */
  readonly gone: number;
}

/** What the page saw, media time in seconds. */
interface Seen {
  readonly cues: readonly (readonly [start: number, end: number, text: string])[];
  readonly frames: readonly (readonly [time: number, shown: string])[];
  /** Media time 0 on the timeline of the segments, seconds. */
  readonly origin: number;
}

const PAGE = `<!doctype html><video muted width=320></video><script src=hls.js></script><script>
const video = document.querySelector("video"), seen = window.seen = { frames: [], origin: null, errors: [] };
const hls = new Hls({ liveSyncDurationCount: 100 });
hls.on(Hls.Events.INIT_PTS_FOUND, (_, d) => { const i = d.timestampOffsets.find(Boolean); seen.origin = i.baseTime / i.timescale; });
hls.on(Hls.Events.ERROR, (_, d) => seen.errors.push(d.details + " " + (d.error ?? "")));
hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, () => { hls.subtitleTrack = 0; hls.subtitleDisplay = true; });
hls.loadSource("main.m3u8"); hls.attachMedia(video);
const watch = (_, { mediaTime }) => {
  const track = video.textTracks[0];
  seen.frames.push([mediaTime, [...(track?.activeCues ?? [])].map((cue) => cue.text).join("|")]);
  video.requestVideoFrameCallback(watch);
};
video.requestVideoFrameCallback(watch);
hls.on(Hls.Events.SUBTITLE_FRAG_PROCESSED, () => { seen.processed = (seen.processed ?? 0) + 1; if (seen.processed === COUNT) video.play(); });
</script>`;

/** Our segments and cues at these addresses, at which a browser with hls.js looks. */
async function watched(t: Test, browser: Browser, { shift, gone }: Scenario): Promise<Seen> {
  const packaged = await packageTs(makeTs([...picture(7), ...H264]));
  const segments = packaged.of("v0");
  const track = new CueTrack();
  const files = new Map<string, Buffer | string>();
  const playlist = (name: (sequence: number) => string): string[] =>
    segments
      .slice(gone)
      .flatMap(({ duration }, index) => [`#EXTINF:${duration.toFixed(5)},`, name(index + gone)]);
  const head = ["#EXTM3U", "#EXT-X-VERSION:8", "#EXT-X-TARGETDURATION:2", `#EXT-X-MEDIA-SEQUENCE:${gone}`];
  let start = ORIGIN + shift;
  for (const { at, cues } of SHOWN) track.display({ at: ORIGIN + shift + at, cues });
  segments.forEach(({ bytes, duration }, index) => {
    files.set(`${index}.m4s`, shifted(bytes, shift));
    files.set(`${index}.vtt`, track.segment(start, (start += Math.round(duration * 90_000))));
  });
  files.set("init.mp4", packaged.renditions[0]?.init ?? "");
  files.set(
    "video.m3u8",
    [...head, '#EXT-X-MAP:URI="init.mp4"', ...playlist((i) => `${i}.m4s`), "#EXT-X-ENDLIST", ""].join("\n"),
  );
  files.set("subs.m3u8", [...head, ...playlist((i) => `${i}.vtt`), "#EXT-X-ENDLIST", ""].join("\n"));
  files.set(
    "main.m3u8",
    [
      "#EXTM3U",
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="subs.m3u8"',
      `#EXT-X-STREAM-INF:BANDWIDTH=500000,CODECS="${packaged.renditions[0]?.track.codec}",SUBTITLES="s"`,
      "video.m3u8",
      "",
    ].join("\n"),
  );
  files.set("hls.js", readFileSync(join(PROJECT, "node_modules/hls.js/dist/hls.min.js")));
  files.set("", PAGE.replace("COUNT", String(segments.length - gone)));
  const server = createServer((request, response) => {
    const file = files.get((request.url ?? "").slice(1));
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": request.url === "/" ? "text/html" : "text/plain",
    });
    response.end(file);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction("document.querySelector('video').ended", null, { timeout: 40_000 });
  const seen = await page.evaluate<Seen & { readonly errors: readonly string[] }>(
    "({ ...seen, cues: [...document.querySelector('video').textTracks[0].cues].map((c) => [c.startTime, c.endTime, c.text]) })",
  );
  await page.close();
  // With seconds of media ahead it is the machine that stands still, and not the stream.
  const ahead = (error: string): number =>
    Number(/^bufferStalledError .*"len\\?":([\d.]+)/.exec(error)?.[1] ?? 0);
  t.same(
    seen.errors.filter((error) => ahead(error) < 1),
    [],
  );
  return seen;
}

/** Adds to the decode time of every fragment. @see ISO/IEC 14496-12 §8.8.12 */
function shifted(segment: Buffer, shift: number): Buffer {
  const bytes = Buffer.from(segment);
  for (let at = bytes.indexOf("tfdt"); at >= 0; at = bytes.indexOf("tfdt", at + 4))
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at + 8) + BigInt(shift), at + 8);
  return bytes;
}

const cue = (text: string, settings = ""): { text: string; settings: string } => ({ text, settings });
/** Ticks after the first frame, and what is shown from then on. */
const SHOWN = [
  { at: 45_000, cues: [cue("over two boundaries")] },
  { at: 3.4 * 90_000, cues: [] },
  { at: 4.2 * 90_000, cues: [cue("<c.yellow>with colour</c>\nR&amp;B", "position:10% align:left")] },
  { at: 4.8 * 90_000, cues: [cue("top", "line:8%"), cue("bottom")] },
  { at: 5.6 * 90_000, cues: [] },
];

t.test(
  "WebVTT: hls.js shows it at the right frames and without a gap at the boundaries",
  { skip },
  async (t) => {
    t.setTimeout(120_000);
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--autoplay-policy=no-user-gesture-required"],
    });
    t.teardown(() => browser.close());
    const scenarios: Record<string, Scenario> = {
      "from the start": { shift: 0, gone: 0 },
      "from the middle, hours later": { shift: 5 * 3600 * 90_000, gone: 1 },
      "while 33 bits turn over": { shift: WRAP - 4 * 90_000, gone: 0 },
      "after they have": { shift: WRAP + 90_000, gone: 0 },
    };
    await Promise.all(
      Object.entries(scenarios).map(async ([name, scenario]) => {
        const seen = await watched(t, browser, scenario);
        const begin = (ORIGIN + scenario.shift) / 90_000;
        const shownAt = (time: number): string =>
          SHOWN.findLast(({ at }) => at / 90_000 <= time)
            ?.cues.map(({ text }) => text)
            .join("|") ?? "";
        let [right, wrong] = [0, 0];
        const wrongs: string[] = [];
        for (const [time, shown] of seen.frames) {
          const source = time + seen.origin - begin;
          // Cues change within a frame or two: what counts is that nothing goes off in between.
          // Before it plays, a browser shows no cues.
          if (time < 0.4 || SHOWN.some(({ at }) => Math.abs(at / 90_000 - source) < 0.3)) continue;
          if (shown === shownAt(source)) right++;
          else {
            wrong++;
            wrongs.push(`${source.toFixed(3)} "${shown}"`);
          }
        }
        t.same(wrongs, [], name);
        t.ok(right > 40, `${right} frames`);
        // A cue in parts: each part begins where the one before ends.
        const parts = seen.cues.filter(([, , text]) => text === "over two boundaries");
        parts.forEach(([start], index) => {
          const before = parts[index - 1];
          if (before) t.ok(Math.abs(before[1] - start) < 1e-6, "seamless");
        });
        t.comment(
          `${name}: origin ${seen.origin}, ${right} frames right, ${wrong} wrong, ${seen.cues.length} cues`,
        );
        t.ok(parts.length >= (scenario.gone ? 1 : 2));
      }),
    );
  },
);

import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import { chromium } from "playwright-core";
import t, { type Test } from "tap";
import { PROJECT } from "../../../../helpers/captures.ts";
import { vlcPlays } from "../../../../helpers/players.ts";
import { skipWithoutProgram } from "../../../../helpers/programs.ts";
import { mediaOf, type MediaLog } from "../../../../helpers/ts-to-media.ts";
import { H264, makeTs, picture, skipWithoutFfmpeg, sound } from "../media-tools.ts";
import { multiplex, type StoredTs } from "./multiplex.ts";

const CHROMIUM = "/usr/bin/chromium";
const HLS = join(PROJECT, "node_modules/hls.js/dist/hls.min.js");
const SECONDS = 12;

const made = async (): Promise<MediaLog> =>
  mediaOf(makeTs([...picture(SECONDS), ...sound(SECONDS), ...H264, "-c:a", "aac"]));

/** Segments and their playlist, and a page that plays it with hls.js. */
async function serve(t: Test, segments: readonly StoredTs[]): Promise<string> {
  const entries = segments.map(
    ({ start, end, sequence }) => `#EXTINF:${((end - start) / 90_000).toFixed(5)},\n${sequence}.ts\n`,
  );
  const head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n";
  const files = new Map<string, readonly [string, Buffer]>([
    [
      "/live.m3u8",
      ["application/vnd.apple.mpegurl", Buffer.from(`${head}${entries.join("")}#EXT-X-ENDLIST\n`)],
    ],
    ["/", ["text/html", Buffer.from(`<video muted></video><script src="/hls.js"></script>`)]],
    ...segments.map(({ sequence, bytes }) => [`/${sequence}.ts`, ["video/mp2t", bytes]] as const),
  ]);
  if (existsSync(HLS)) files.set("/hls.js", ["text/javascript", readFileSync(HLS)]);
  const server: Server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": file[0] }).end(file[1]);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test(
  "ts-segments: VLC plays them",
  { skip: skipWithoutFfmpeg() || skipWithoutProgram("vlc") },
  async (t) => {
    t.setTimeout(90_000);
    const { segments } = multiplex(await made());
    const { last, log } = await vlcPlays(t, `${await serve(t, segments)}/live.m3u8`, SECONDS);
    t.ok(
      last.picturesShown + last.picturesLost > 200,
      `${last.picturesShown} pictures, ${last.picturesLost} lost`,
    );
    t.ok(last.picturesLost < 25, "in time");
    t.ok(last.audioPlayed > 300 && last.audioLost === 0, `${last.audioPlayed} buffers of sound`);
    const complaints = log
      .split("\n")
      .filter((line) => !line.startsWith("|") && /discontinuity|too late|lost sync|corrupt/i.test(line));
    t.same(complaints, [], "no word of clock or continuity");
  },
);

interface Seen {
  readonly pictures: number;
  readonly sound: number;
  readonly time: number;
  readonly ended: boolean;
  readonly errors: readonly string[];
}

t.test(
  "ts-segments: hls.js plays them in Chromium",
  { skip: skipWithoutFfmpeg() || (!existsSync(CHROMIUM) && `there is no ${CHROMIUM}`) },
  async (t) => {
    t.setTimeout(120_000);
    const log = await made();
    const { segments } = multiplex(log);
    const url = await serve(t, segments);
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate(`(() => {
      const hls = new Hls();
      window.errors = [];
      hls.on(Hls.Events.ERROR, (_, data) => {
        // The first picture is shown as late as pictures are decoded ahead: hls.js steps over that, sooner or later.
        const start = data.details === "bufferSeekOverHole" && document.querySelector("video").currentTime < 0.2;
        if (!start) window.errors.push(data.details);
      });
      hls.loadSource("/live.m3u8");
      hls.attachMedia(document.querySelector("video"));
      document.querySelector("video").play();
    })()`);
    const look = (): Promise<Seen> =>
      page.evaluate(`(() => {
        const video = document.querySelector("video");
        return { pictures: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
          time: video.currentTime, ended: video.ended, errors: window.errors };
      })()`);
    let seen = await look();
    for (const end = Date.now() + 60_000; !seen.ended && Date.now() < end; seen = await look())
      await page.waitForTimeout(500);
    t.same(seen.errors, [], "hls.js has nothing to say");
    t.equal(seen.ended, true, `played to the end: ${seen.time} s`);
    const pictures = log.units.filter(({ track }) => track === log.tracks[0]?.[0]?.id).length;
    t.ok(seen.pictures >= pictures - 2, `${seen.pictures} of ${pictures} pictures`);
    t.ok(Math.abs(seen.time - SECONDS) < 0.2 && seen.sound > 0, `${seen.sound} bytes of sound`);
  },
);

t.test("ts-segments: mediabunny reads them", { skip: skipWithoutFfmpeg() }, async (t) => {
  const log = await made();
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(multiplex(log).ts()) });
  t.equal(await input.getMimeType(), 'video/MP2T; codecs="avc1.4d400c, mp4a.40.2"');
  for (const track of await input.getTracks()) {
    const times: number[] = [];
    for await (const packet of new EncodedPacketSink(track).packets())
      times.push(Math.round(packet.timestamp * 90_000));
    const id = log.tracks[0]?.find(({ kind }) => kind === track.type)?.id;
    const units = log.units.filter((unit) => unit.track === id);
    t.same(
      times,
      units.map(({ pts }) => Math.round(pts % 2 ** 33)),
      `${track.type}: ${units.length} packets`,
    );
  }
});

import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import type { FfmpegRun, FfmpegRunner } from "../../../src/share/live/transcoding/ffmpeg-runner.ts";
import { spawnFfmpeg } from "../../../src/share/live/transcoding/spawn-ffmpeg.ts";
import { jpegStill } from "../../../src/share/stills/jpeg-still.ts";
import { stillMaker } from "../../../src/share/stills/still-maker.ts";
import type { CodedPicture } from "../../../src/share/stills/still.ts";
import { skipWithout } from "../../helpers/captures.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { settle, videoTrack } from "../fakes.ts";
import { makeTs, skipWithoutFfmpeg } from "../live/packaging/media-tools.ts";
import { picturesOf, picturesOfCapture } from "./pictures.ts";

const never = new AbortController().signal;
const runner = spawnFfmpeg({ path: "ffmpeg", clock: systemClock });
const still = (picture: CodedPicture) => jpegStill(picture, runner, systemClock, never);

interface Probed {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly sar: string;
}

/** What ffprobe says of a picture. */
function probe(body: Buffer): Probed {
  const fields = "stream=codec_name,width,height,sample_aspect_ratio";
  const args = ["-v", "error", "-of", "csv=p=0", "-show_entries", fields, "-f", "jpeg_pipe", "-i", "pipe:0"];
  const { stdout } = spawnSync("ffprobe", args, { input: body });
  const [codec = "", width = "", height = "", sar = ""] = stdout.toString().trim().split(",");
  return { codec, width: Number(width), height: Number(height), sar };
}

/** Its pixels, three bytes each. */
function pixels(body: Buffer): Buffer {
  const input = ["-v", "error", "-f", "jpeg_pipe", "-i", "pipe:0"];
  const output = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"];
  return spawnSync("ffmpeg", [...input, ...output], { input: body, maxBuffer: 8e6 }).stdout;
}

async function check(t: Test, picture: CodedPicture | undefined, height: number): Promise<Buffer> {
  if (picture === undefined) throw new Error("no picture");
  const from = performance.now();
  const { still: jpeg, reason } = await still(picture);
  const took = Math.round(performance.now() - from);
  t.equal(reason, null);
  const body = jpeg?.body ?? Buffer.alloc(0);
  const { family, width: w, height: h, sar } = picture.track;
  t.comment(
    `${family} ${w}x${h} ${sar.join(":")}, ${picture.data.length} bytes: ${body.length} in ${took} ms`,
  );
  t.match(probe(body), { codec: "mjpeg", width: 320, height });
  t.match(probe(body).sar, /^(1:1|N\/A)$/, "square pixels");
  t.ok(body.length > 1500 && body.length < 20_000, `${body.length} bytes`);
  return body;
}

/** The first picture that ffmpeg codes of something it draws. */
async function drawn(source: string, codec: readonly string[]): Promise<CodedPicture> {
  const input = ["-f", "lavfi", "-i", source, "-frames:v", "12", "-pix_fmt", "yuv420p"];
  const [picture] = await picturesOf(makeTs([...input, "-g", "4", "-bf", "0", ...codec]));
  if (picture === undefined) throw new Error("ffmpeg made no picture");
  return picture;
}

const MPEG2 = ["-c:v", "mpeg2video", "-q:v", "2"];
const X264 = ["-c:v", "libx264", "-preset", "ultrafast"];
const BBC = "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts";
const CANAL = "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts";
const FRANCE = "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts";
const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";

const skip = skipWithoutFfmpeg();

t.test("stills of broadcasts", { skip: skip || skipWithout(BBC, CANAL, FRANCE, RAI) }, async (t) => {
  await t.test("MPEG-2, interlaced and anamorphic", async (t) => {
    const pictures = await picturesOfCapture(BBC);
    t.match(pictures[0]?.track, { width: 704, height: 576, sar: [16, 11], interlaced: true });
    await check(t, pictures.at(-1), 180);
    for (const service of [3401, 3402, 3403, 3411])
      await check(t, (await picturesOfCapture(RAI, service)).at(-1), 180);
  });
  await t.test("HEVC of 10 bits", async (t) => {
    const pictures = await picturesOfCapture(RAI, 3410);
    t.match(pictures[0]?.track, { family: "hevc", codec: /^hvc1\.2\./ });
    await check(t, pictures.at(-1), 180);
  });
  await t.test("H.264, 1080i and without IDR pictures", async (t) => {
    for (const service of [8802, 8810]) {
      const pictures = await picturesOfCapture(CANAL, service);
      t.ok(pictures.length > 0);
      t.match(pictures[0]?.track, { family: "avc", width: 1920, height: 1080, interlaced: true });
      for (const picture of pictures) await check(t, picture, 180);
    }
  });
  await t.test("H.264, badly received: the grey picture that stands in for a lost one is none", async (t) => {
    const pictures = await picturesOfCapture(FRANCE);
    const reasons = await Promise.all(pictures.map(async (one) => (await still(one)).reason));
    t.equal(reasons.at(-1), null);
    t.ok(reasons.length > 1);
    for (const reason of reasons.slice(0, -1)) t.equal(reason, "single-colour");
    // 720 of 768 samples show the picture. @see BT.601
    await check(t, pictures.at(-1), 176);
  });
  await t.test("a picture with errors is none", async (t) => {
    for (const [name, service] of [
      [BBC, 4352],
      [CANAL, 8810],
    ] as const) {
      const picture = (await picturesOfCapture(name, service)).at(-1);
      if (picture === undefined) throw new Error("no picture");
      const data = Buffer.from(picture.data);
      data.fill(0xff, data.length >> 1, (data.length >> 1) + 400);
      t.equal((await still({ ...picture, data })).reason, "undecodable", name);
    }
  });
});

t.test("stills of drawn pictures", { skip }, async (t) => {
  await t.test("aspect ratios", async (t) => {
    for (const [size, aspect, height] of [
      ["720x576", "16:9", 180],
      ["720x576", "4:3", 240],
      ["544x576", "4:3", 240],
      ["1440x1080", "16:9", 180],
      ["480x576", "16:9", 180],
    ] as const)
      await check(t, await drawn(`testsrc2=s=${size}:r=25`, [...MPEG2, "-aspect", aspect]), height);
  });
  await t.test("one field of two", async (t) => {
    const fields = "if(mod(Y,2),if(lt(X,W/2),16,235),if(lt(X,W/2),235,16))";
    const interlaced = ["-flags", "+ildct+ilme", "-top", "1", "-x264-params", "tff=1"];
    for (const [size, codec] of [
      ["720x576", MPEG2],
      ["1920x1080", X264],
    ] as const) {
      const source = `color=black:s=${size}:r=25,geq=lum='${fields}':cb=128:cr=128`;
      const args = codec === MPEG2 ? interlaced.slice(0, 4) : interlaced;
      const picture = await drawn(source, [...codec, ...args]);
      t.equal(picture.track.interlaced, true);
      const rgb = pixels((await still(picture)).still?.body ?? Buffer.alloc(0));
      const row = 100 * 320 * 3;
      t.ok((rgb[row + 80 * 3] ?? 0) > 230, "the top field is bright on the left");
      t.ok((rgb[row + 240 * 3] ?? 255) < 25, "and dark on the right");
    }
  });
  await t.test("colours, where the stream does not say which", async (t) => {
    for (const [size, matrix] of [
      ["1280x720", "bt709"],
      ["720x576", "bt601"],
    ] as const) {
      const rgb = `color=red:s=${size}:r=25,drawbox=c=lime:x=iw/2:w=iw/2:t=fill,format=rgb24`;
      const source = `${rgb},scale=out_color_matrix=${matrix}:out_range=tv,format=yuv420p`;
      const picture = await drawn(source, [...X264, "-crf", "5"]);
      t.equal(picture.track.colour, null);
      const shown = pixels((await still(picture)).still?.body ?? Buffer.alloc(0));
      const at = 100 * 320 * 3;
      for (const [from, colour] of [
        [at + 240, [255, 0, 0]],
        [at + 720, [0, 255, 0]],
      ] as const)
        for (const [index, wanted] of colour.entries())
          t.ok(Math.abs((shown[from + index] ?? -99) - wanted) < 12, `${matrix} ${wanted}`);
    }
  });
  await t.test("one colour is no picture", async (t) => {
    const logo = "drawbox=c=white:x=iw-90:y=30:w=60:h=30:t=fill";
    for (const source of ["color=black", "color=blue", "color=gray", `color=black,${logo}`]) {
      const [colour, rest] = source.split(",");
      const picture = await drawn(`${colour}:s=720x576:r=25${rest === undefined ? "" : `,${rest}`}`, MPEG2);
      t.equal((await still(picture)).reason, "single-colour", source);
    }
    const half = "color=black:s=720x576:r=25,drawbox=c=blue:w=iw/4:t=fill";
    t.equal((await still(await drawn(half, MPEG2))).reason, null, "two colours are one");
  });
});

t.test("stills: what makes no sense comes to nothing, and soon", { skip }, async (t) => {
  const pictures = [
    await drawn("testsrc2=s=320x180:r=25", MPEG2),
    await drawn("testsrc2=s=320x180:r=25", X264),
  ];
  let seed = 11;
  const random = (below: number): number => (seed = (seed * 16_807) % 2_147_483_647) % below;
  const broken: CodedPicture[] = [];
  for (const picture of pictures)
    for (let turn = 0; turn < 8; turn++) {
      const data = Buffer.from(picture.data).subarray(0, 1 + random(picture.data.length));
      const config = Buffer.from(picture.track.config).subarray(0, random(picture.track.config.length + 1));
      for (let flip = 0; flip < 5; flip++) data[random(data.length)] = random(256);
      broken.push({ track: { ...picture.track, ...(turn % 2 === 0 && { config }) }, data });
    }
  const noise = Buffer.from(Array.from({ length: 20_000 }, () => random(256)));
  for (const family of ["avc", "hevc", "mpeg2"] as const)
    for (const data of [noise, Buffer.alloc(0), Buffer.alloc(30_000), Buffer.alloc(10, 0xff)])
      broken.push({ track: videoTrack({ family, config: noise.subarray(0, 60) }), data });
  for (const picture of broken) {
    const from = performance.now();
    const { still: jpeg, reason } = await still(picture);
    t.ok(jpeg === null ? ["undecodable", "single-colour"].includes(reason) : jpeg.type === "image/jpeg");
    t.ok(performance.now() - from < 5000);
  }
  t.match(await still({ track: videoTrack({ width: 0 }), data: noise }), { reason: "unsupported" });
});

t.test("stills: an ffmpeg that hangs is killed, and runs below everything else meanwhile", async (t) => {
  const path = join(await temporaryFolder(t), "ffmpeg");
  await writeFile(path, "#!/bin/sh\ntrap '' TERM HUP INT\nexec sleep 600\n", { mode: 0o755 });
  for (const reason of ["timeout", "cancelled"] as const) {
    const clock = new FakeClock();
    const hanging = spawnFfmpeg({ path, clock });
    const runs: FfmpegRun[] = [];
    const gone = new Promise<void>((resolve) => {
      const watched: FfmpegRunner = {
        run(args, events) {
          const run = hanging.run(args, { ...events, exited: (exit) => (events.exited(exit), resolve()) });
          runs.push(run);
          return run;
        },
        stop: () => hanging.stop(),
      };
      const abort = new AbortController();
      const making = jpegStill({ track: videoTrack(), data: Buffer.alloc(9) }, watched, clock, abort.signal);
      const pid = runs[0]?.pid ?? -1;
      t.equal(getPriority(pid), 10);
      if (reason === "timeout") clock.advance(4999);
      process.kill(pid, 0);
      if (reason === "timeout") clock.advance(1);
      else abort.abort();
      void making.then((outcome) => t.equal(outcome.reason, reason));
    });
    await gone;
    t.throws(() => process.kill(runs[0]?.pid ?? -1, 0), { code: "ESRCH" });
    t.equal(clock.pending, 0, "no timer is left");
  }
});

t.test("stills: ffmpeg that is not there, or writes without end", async (t) => {
  const picture = { track: videoTrack(), data: Buffer.from([0, 0, 0, 1, 9]) };
  const missing = spawnFfmpeg({ path: "/nowhere/ffmpeg", clock: systemClock });
  t.match(await jpegStill(picture, missing, systemClock, never), { still: null, reason: "undecodable" });
  let killed = 0;
  const endless: FfmpegRunner = {
    run(_args, events) {
      queueMicrotask(() => {
        for (let turn = 0; turn < 40; turn++) events.output(Buffer.alloc(4096));
        events.exited({ code: 0, signal: null, said: "" });
      });
      const nothing = (): void => undefined;
      return { pid: 1, write: () => true, endInput: nothing, stop: nothing, kill: () => void killed++ };
    },
    stop: () => Promise.resolve(),
  };
  t.match(await jpegStill(picture, endless, systemClock, never), { still: null, reason: "too-large" });
  t.ok(killed > 0);
  const abort = new AbortController();
  abort.abort();
  t.match(await jpegStill(picture, endless, systemClock, abort.signal), { reason: "cancelled" });
  await settle();
});

t.test("stills: JPEG where there is ffmpeg, else the picture as it was sent", async (t) => {
  const picture = {
    track: videoTrack({ width: 64, height: 64 }),
    data: Buffer.from([0, 0, 0, 60, ...Buffer.alloc(60)]),
  };
  const clock = systemClock;
  const without = stillMaker({ ffmpeg: () => Promise.resolve(null), clock });
  t.equal((await without(picture, never)).still?.type, "video/mp4");
  const missing = spawnFfmpeg({ path: "/nowhere/ffmpeg", clock });
  const broken = stillMaker({ ffmpeg: () => Promise.resolve(missing), clock });
  t.equal((await broken(picture, never)).reason, "undecodable");
});

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import type { VideoTrack } from "../../../../src/share/live/media-source.ts";
import { H264Stream } from "../../../../src/share/live/packaging/elementary/h264-stream.ts";
import { pictureOf } from "../../../../src/share/live/transcoding/ffmpeg-arguments.ts";
import { matroskaHeader, matroskaUnit } from "../../../../src/share/live/transcoding/matroska-writer.ts";
import { TsVideoReader } from "../../../../src/share/live/transcoding/ts-video-reader.ts";
import { mediaOf } from "../../../helpers/ts-to-media.ts";
import {
  decode,
  H264,
  makeTs,
  picture,
  probe,
  probeFile,
  skipWithoutFfmpeg,
  sound,
  withFolder,
} from "../packaging/media-tools.ts";

const skip = skipWithoutFfmpeg();

const CODINGS: readonly (readonly [string, string, readonly string[]])[] = [
  ["h264", "video", ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"]],
  ["mpeg2video", "video", ["-c:v", "mpeg2video", "-bf", "2"]],
  ["hevc", "video", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"]],
  ["mp2", "audio", ["-c:a", "mp2"]],
  ["ac3", "audio", ["-c:a", "ac3"]],
  ["eac3", "audio", ["-c:a", "eac3"]],
  ["aac", "audio", ["-c:a", "aac"]],
];

for (const [name, kind, args] of CODINGS) {
  t.test(`matroska: ffmpeg reads ${name} as it was`, { skip }, async (t) => {
    const input = kind === "video" ? [...picture(1), "-vf", "setsar=16/11"] : sound(1, 44_100);
    const media = await mediaOf(makeTs([...input, ...args]));
    const track = media.tracks[0]?.[0];
    if (track === undefined) return void t.fail("there is no track");
    // Far beyond 33 bits, as the timelines of live streams are.
    const base = 2 ** 35 + 1 - (media.units[0]?.pts ?? 0);
    const file = Buffer.concat([
      matroskaHeader(track),
      ...media.units.map(({ pts, randomAccess, data }) => matroskaUnit(pts + base, randomAccess, data)),
    ]);
    const { streams, packets } = probe(file, "mkv");
    t.match(streams[0], { codec_name: name, codec_type: kind });
    if (track.kind === "video") {
      const sar = track.sar.join(":");
      t.not(sar, "1:1");
      t.match(streams[0], { width: 320, height: 180, sample_aspect_ratio: sar });
    } else t.equal(streams[0]?.sample_rate, "44100");
    const times = packets.map(({ pts_time }) => Math.round(Number(pts_time) * 90_000));
    t.same(
      times,
      media.units.map(({ pts }) => pts + base),
      "every time stamp, to the tick",
    );
    t.same(
      packets.map(({ flags }) => flags.startsWith("K")),
      media.units.map(({ randomAccess }) => randomAccess),
    );
    const { errors, frames } = decode(file, "mkv");
    t.equal(errors, "");
    t.ok(frames >= media.units.length - 1, `${frames} of ${media.units.length} frames`);
  });
}

/** Pictures that a reader finds in a transport stream, cut into pieces of these sizes. */
function read(ts: Buffer, sizes: readonly number[]): { pts: number; length: number }[] {
  const pictures: { pts: number; length: number }[] = [];
  const reader = new TsVideoReader(
    new H264Stream(({ pts, data }) => pictures.push({ pts, length: data.length })),
  );
  let at = 0;
  for (let turn = 0; at < ts.length; turn++) {
    const size = sizes[turn % sizes.length] ?? ts.length;
    reader.push(ts.subarray(at, at + size));
    at += size;
  }
  return pictures;
}

t.test("transport stream reader: every picture when it is complete, however it is cut", { skip }, (t) => {
  const ts = makeTs([...picture(2), ...H264, "-bf", "0"], ["-omit_video_pes_length", "0"]);
  const whole = read(ts, [ts.length]);
  const said = withFolder((folder) => {
    const path = join(folder, "it.ts");
    writeFileSync(path, ts);
    return probeFile(path).packets.map(({ pts }) => pts);
  });
  t.same(
    whole.map(({ pts }) => pts),
    said,
    "the last one, too",
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const pictures = read(ts, sizes);
      return pictures.length === whole.length && pictures.every(({ pts }, at) => pts === whole[at]?.pts);
    }),
    { numRuns: 30 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => read(Buffer.from(noise), [188]).length >= 0),
    { numRuns: 200 },
  );
  t.end();
});

type Size = Parameters<typeof pictureOf>[0];
const sized = (width: number, height: number, sar: VideoTrack["sar"], more: Partial<Size> = {}): Size => ({
  width,
  height,
  sar,
  frameRate: 25,
  interlaced: false,
  ...more,
});

t.test("pictures: what each profile makes of what comes", (t) => {
  const interlaced = { interlaced: true };
  const table: [Size, Parameters<typeof pictureOf>[1], string, string][] = [
    [sized(720, 576, [64, 45], interlaced), "h264", "720x576@25", "bwdif=mode=send_frame:deint=interlaced"],
    [sized(1280, 720, [1, 1], { frameRate: 50 }), "h264", "1280x720@50", ""],
    [
      sized(720, 576, [64, 45], interlaced),
      "medium",
      "960x540@25",
      "bwdif=mode=send_frame:deint=interlaced,scale=960:540,setsar=1",
    ],
    [
      sized(1920, 1080, [1, 1], interlaced),
      "medium",
      "960x540@25",
      "field=type=top,setfield=prog,scale=960:540,setsar=1",
    ],
    [sized(1440, 1080, [4, 3]), "low", "640x360@25", "scale=640:360,setsar=1"],
    [sized(1280, 720, [1, 1], { frameRate: 50 }), "low", "640x360@25", "framestep=2,scale=640:360,setsar=1"],
    [sized(720, 576, [16, 15]), "low", "480x360@25", "scale=480:360,setsar=1"],
    [sized(352, 288, [16, 11]), "medium", "512x288@25", "scale=512:288,setsar=1"],
  ];
  for (const [track, profile, size, filters] of table) {
    const made = pictureOf(track, profile);
    t.equal(
      `${made.width}x${made.height}@${made.frameRate}`,
      size,
      `${track.width}x${track.height} ${profile}`,
    );
    t.equal(made.filters.join(","), filters);
  }
  t.end();
});

t.test("pictures: ffmpeg knows what it is asked for", { skip }, (t) => {
  const filters = execFileSync("ffmpeg", ["-v", "quiet", "-filters"]).toString();
  for (const name of ["bwdif", "field", "setfield", "framestep", "scale", "setsar", "aresample", "atrim"])
    t.match(filters, new RegExp(` ${name} `), name);
  t.end();
});

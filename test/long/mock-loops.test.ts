import t from "tap";
import { readCounter } from "../helpers/picture-counter.ts";
import { mockLoops, run, skipWithoutProgram } from "../tuner/drivers/mock/mock-fixtures.ts";

const DEMUXERS = { h264: "h264", hevc: "hevc", "mpeg2-video": "mpegvideo" } as const;
const WIDTH = 320;
const HEIGHT = 180;

t.test(
  "mock: all 256 values are read from decoded pictures of every loop, in order across the loop point",
  { skip: skipWithoutProgram("ffmpeg", "-version"), timeout: 300_000 },
  async (t) => {
    for (const [name, loop] of mockLoops()) {
      if (loop.codec !== "h264" && loop.codec !== "hevc" && loop.codec !== "mpeg2-video") continue;
      const bytes = Buffer.concat([...loop.units, ...loop.units.slice(0, 64)]);
      const { code, stdout, stderr } = await run(
        "ffmpeg",
        ["-v", "error", "-f", DEMUXERS[loop.codec], "-i", "pipe:0"].concat(
          ["-vf", `scale=${WIDTH}:${HEIGHT}`, "-pix_fmt", "rgba"],
          ["-vsync", "passthrough", "-f", "rawvideo", "pipe:1"],
        ),
        { input: bytes },
      );
      t.equal(code, 0, `${name} decodes`);
      t.equal(stderr, "", `${name} decodes without a complaint`);
      const size = WIDTH * HEIGHT * 4;
      const values: (number | null)[] = [];
      for (let at = 0; at + size <= stdout.length; at += size)
        values.push(readCounter(stdout.subarray(at, at + size), WIDTH, HEIGHT));
      t.ok(values.length > 256, `${name}: ${values.length} pictures`);
      const first = values.find((value) => value !== null) ?? -1;
      // Without IDR the pictures before the first random access point cannot be decoded; they may be left out.
      t.equal(first, 0, `${name} begins at 0`);
      t.same(
        values,
        values.map((_, index) => index % 256),
        `${name} counts on`,
      );
    }
  },
);

import fc from "fast-check";
import t from "tap";
import { counterBlocks, counterValue } from "../../../../src/tuner/drivers/mock/counter-geometry.ts";
import { readCounter } from "../../../helpers/picture-counter.ts";
import { mockLoops, run, skipWithoutProgram } from "./mock-fixtures.ts";

const DEMUXERS = { h264: "h264", hevc: "hevc", "mpeg2-video": "mpegvideo" } as const;
const WIDTH = 320;
const HEIGHT = 180;

t.test("mock: every counter value survives its blocks, and one block changes from one to the next", (t) => {
  for (let value = 0; value < 256; value++) {
    const blocks = counterBlocks(value);
    t.equal(counterValue(blocks), value);
    const next = counterBlocks((value + 1) % 256);
    t.equal(blocks.filter((white, index) => white !== next[index]).length, 2, "one bit and the parity");
  }
  t.end();
});

t.test("mock: one wrong block is never another value", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 11 }), (value, block) => {
      const blocks = counterBlocks(value);
      blocks[block] = blocks[block] !== true;
      return counterValue(blocks) === null;
    }),
  );
  t.end();
});

t.test("mock: no counter is read out of a picture without one", (t) => {
  t.equal(readCounter(new Uint8Array(WIDTH * HEIGHT * 4).fill(128), WIDTH, HEIGHT), null);
  t.equal(readCounter(new Uint8Array(10), WIDTH, HEIGHT), null);
  t.end();
});

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

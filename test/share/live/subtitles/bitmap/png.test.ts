import { spawnSync } from "node:child_process";
import fc from "fast-check";
import t from "tap";
import type { BitmapRegion } from "../../../../../src/share/live/subtitles/bitmap/bitmap-subtitles.ts";
import { cropRegion } from "../../../../../src/share/live/subtitles/bitmap/crop.ts";
import { encodePng } from "../../../../../src/share/live/subtitles/bitmap/png.ts";
import { skipWithoutFfmpeg } from "../../packaging/media-tools.ts";
import { RandomPictures } from "./random-pictures.ts";

/** A region whose lines are given as digits; entry n has the colour (n, 0, 0), entry 0 and 9 are invisible. */
function region(lines: readonly string[], x = 0, y = 0): BitmapRegion {
  const palette = new Uint8Array(64);
  for (let entry = 0; entry < 16; entry++)
    palette.set([entry, 0, 0, entry === 0 || entry === 9 ? 0 : 255], entry * 4);
  return {
    x,
    y,
    width: lines[0]?.length ?? 0,
    height: lines.length,
    palette,
    pixels: Uint8Array.from(lines.join(""), Number),
  };
}

t.test("a region is cropped to what can be seen", (t) => {
  const cropped = cropRegion(region(["000000", "009120", "000090", "031000"], 100, 200));
  t.match(cropped, { x: 101, y: 201, width: 4, height: 3 });
  t.equal([...(cropped?.pixels ?? [])].join(""), "091200093100");
  t.equal(cropRegion(region(["0900", "0000"])), null);
  t.match(cropRegion(region(["4"], 7, 8)), { x: 7, y: 8, width: 1, height: 1 });
  t.end();
});

/** What ffmpeg reads: RGBA, invisible pixels all zero. */
function decoded(png: Buffer): Buffer {
  const checked = ["-err_detect", "crccheck+explode", "-f", "png_pipe", "-i", "pipe:0"];
  const { stdout } = spawnSync(
    "ffmpeg",
    ["-v", "error", ...checked, "-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1"],
    { input: png, maxBuffer: 64 * 1024 * 1024 },
  );
  for (let at = 0; at < stdout.length; at += 4) if (stdout[at + 3] === 0) stdout.fill(0, at, at + 4);
  return stdout;
}

function rgba({ pixels, palette }: BitmapRegion): Buffer {
  const bytes = Buffer.alloc(pixels.length * 4);
  pixels.forEach((entry, at) => {
    if (palette[entry * 4 + 3] !== 0) bytes.set(palette.subarray(entry * 4, entry * 4 + 4), at * 4);
  });
  return bytes;
}

const bitDepth = (png: Buffer): number => png.readUInt8(24);

t.test("pictures of each depth are read by ffmpeg as they were", { skip: skipWithoutFfmpeg() }, (t) => {
  const random = new RandomPictures(9);
  for (const [colours, bits] of [
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [16, 4],
    [17, 8],
    [256, 8],
  ] as const) {
    const width = 61 + colours;
    const palette = Uint8Array.from({ length: 1024 }, () => random.byte());
    // No two colours are one, and none but the first is invisible.
    for (let entry = 0; entry < 256; entry++)
      palette.set([entry, entry === 0 ? 0 : 1 + random.next(255)], entry * 4 + 2);
    const pixels = Uint8Array.from({ length: width * 20 }, (_, at) =>
      at < colours ? at * (colours > 128 ? 1 : 7) : random.next(colours) * (colours > 128 ? 1 : 7),
    );
    const picture = { x: 0, y: 0, width, height: 20, palette, pixels };
    const png = encodePng(picture);
    t.equal(bitDepth(png), bits, `${colours} colours`);
    t.ok(decoded(png).equals(rgba(picture)), `${colours} colours come back`);
  }
  t.end();
});

t.test("entries of the same colour, and invisible ones, are one entry", (t) => {
  const palette = new Uint8Array(1024);
  for (let entry = 0; entry < 256; entry++)
    palette.set([entry & 1 ? 200 : 10, 20, 30, entry < 128 ? 0 : 255], entry * 4);
  const pixels = Uint8Array.from({ length: 256 }, (_, entry) => entry);
  const png = encodePng({ x: 0, y: 0, width: 16, height: 16, palette, pixels });
  t.equal(bitDepth(png), 2);
  t.equal(png.readUInt32BE(png.indexOf("PLTE") - 4), 9);
  t.end();
});

t.test("whatever the region", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(16, 64, 1024),
      fc.infiniteStream(fc.nat(255)),
      (width, height, size, bytes) => {
        const take = (count: number) => Uint8Array.from({ length: count }, () => Number(bytes.next().value));
        const whole = { x: 3, y: 4, width, height, palette: take(size), pixels: take(width * height) };
        const part = cropRegion(whole);
        return part === null || encodePng(part).subarray(1, 4).toString() === "PNG";
      },
    ),
    { numRuns: 200 },
  );
  t.pass("it is a picture");
  t.end();
});

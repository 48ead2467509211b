import t from "tap";
import { ClutFamily } from "../../../../../src/share/live/subtitles/bitmap/clut.ts";
import { DEFAULT_CLUTS } from "../../../../../src/share/live/subtitles/bitmap/default-cluts.ts";
import { clutDefinition, type Colour } from "./subtitle-builder.ts";

const entry = (palette: Uint8Array, at: number): number[] => [...palette.subarray(at * 4, at * 4 + 4)];
const bodyOf = (segment: Buffer): Buffer => segment.subarray(6);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

t.test("default colours", (t) => {
  t.strictSame([...DEFAULT_CLUTS[2]], [0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 127, 127, 127, 255]);
  const four = DEFAULT_CLUTS[4];
  t.strictSame(entry(four, 0), [0, 0, 0, 0]);
  t.strictSame(entry(four, 1), [255, 0, 0, 255]);
  t.strictSame(entry(four, 6), [0, 255, 255, 255]);
  t.strictSame(entry(four, 8), [0, 0, 0, 255]);
  t.strictSame(entry(four, 13), [127, 0, 127, 255]);
  const eight = DEFAULT_CLUTS[8];
  t.strictSame(entry(eight, 0), [0, 0, 0, 0]);
  t.strictSame(entry(eight, 5), [255, 0, 255, 63], "three quarters transparent");
  t.strictSame(entry(eight, 0x77), [255, 255, 255, 255]);
  t.strictSame(entry(eight, 0x31), [255, 170, 0, 255]);
  t.strictSame(entry(eight, 0x39), [255, 170, 0, 127], "half transparent");
  t.strictSame(entry(eight, 0x91), [255, 127, 127, 255]);
  t.strictSame(entry(eight, 0x80), [127, 127, 127, 255]);
  t.strictSame(entry(eight, 0xff), [128, 128, 128, 255]);
  t.end();
});

const white: Omit<Colour, "entry" | "bits"> = { y: 235, cr: 128, cb: 128, t: 0 };

t.test("entries of each depth, full range and short", (t) => {
  const family = new ClutFamily();
  const before = family.palette(4);
  family.define(
    bodyOf(
      clutDefinition(0, [
        { ...white, entry: 1, bits: 2 },
        { ...white, entry: 9, bits: 4, y: 81, cr: 240, cb: 90 },
        { ...white, entry: 200, bits: 8, t: 100 },
        { entry: 3, bits: 4, y: 0xec, cr: 0x80, cb: 0x80, t: 0x40, full: false },
        { entry: 4, bits: 4, y: 0, cr: 0x80, cb: 0x80, t: 0 },
        { entry: 5, bits: 4, y: 3, cr: 0x80, cb: 0x80, t: 0, full: false },
        { ...white, entry: 16, bits: 4 },
      ]),
    ),
  );
  t.strictSame(entry(family.palette(2), 1), [255, 255, 255, 255]);
  t.strictSame(entry(family.palette(4), 9), [254, 0, 0, 255], "the red of colour bars in BT.601");
  t.strictSame(entry(family.palette(8), 200), [255, 255, 255, 155]);
  t.strictSame(entry(family.palette(4), 3), [255, 255, 255, 191], "only the upper bits, the last entry");
  t.strictSame(entry(family.palette(4), 4), [0, 0, 0, 0], "Y = 0 is transparent");
  t.strictSame(entry(family.palette(4), 5), [0, 0, 0, 0], "Y = 0 in six bits, too");
  t.equal(family.palette(4).length, 64, "an entry that this depth does not have is left out");
  t.strictSame(before, DEFAULT_CLUTS[4], "a palette in use stays as it is");
  t.strictSame(entry(family.palette(4), 7), [255, 255, 255, 255], "what is not mentioned has its default");
  t.end();
});

t.test("one colour for several depths", (t) => {
  const family = new ClutFamily();
  family.define(hex("00 0f  02 ff eb 80 80 00"));
  for (const depth of [2, 4, 8] as const) t.strictSame(entry(family.palette(depth), 2), [255, 255, 255, 255]);
  t.end();
});

t.test("alternative colours", (t) => {
  const family = new ClutFamily();
  family.define(hex("00 0f  01 3f 51 f0 5a 00  02 3f eb 80 80 00"));
  const old = family.palette(8);
  t.strictSame(entry(old, 1), [254, 0, 0, 255]);

  family.offer(hex("00 00 00 02  ffffffff ffffffff"));
  t.equal(family.palette(8), old, "HDR: the equivalent colours stay");
  family.offer(hex("00 00 40 00  ffffffff ffffffff"));
  t.equal(family.palette(8), old, "a number of entries that is reserved");
  family.offer(hex("00 00 04 00  ffffffff ffffffff"));
  t.equal(family.palette(8), old, "a bit depth that is reserved");

  // BT.709: nothing, then red: Y 63, Cb 102, Cr 240
  family.offer(hex("00 00 00 00  00000000 3f66f000"));
  t.strictSame(entry(family.palette(8), 1), [255, 1, 0, 255]);
  t.strictSame(
    entry(family.palette(8), 2),
    [255, 255, 255, 255],
    "entries beyond it are those of the definition",
  );
  t.strictSame(entry(family.palette(4), 1), [255, 0, 0, 255], "other depths have no alternative");

  // The same in ten bits, half transparent: 0, then 252 408 960 512
  const ten = (values: number[]) =>
    hex(
      values
        .reduce((bits, value) => (bits << 10n) | BigInt(value), 0n)
        .toString(16)
        .padStart(10, "0"),
    );
  family.offer(Buffer.concat([hex("00 00 02 00"), ten([0, 0, 0, 0]), ten([252, 408, 960, 512])]));
  t.strictSame(entry(family.palette(8), 1), [255, 1, 0, 127]);
  t.end();
});

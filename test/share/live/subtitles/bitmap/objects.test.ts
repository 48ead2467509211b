import { deflateSync } from "node:zlib";
import t from "tap";
import { displaysOf } from "./judge.ts";
import {
  codeString,
  endOfDisplaySet,
  field,
  objectData,
  pageComposition,
  pesData,
  progressiveObject,
  regionComposition,
  segment,
  type Bits,
  type RegionSpec,
} from "./subtitle-builder.ts";

/** A region's lines as hexadecimal pixel codes, after one display set. */
function drawn(region: Omit<RegionSpec, "objects">, objects: readonly Buffer[], x = 0, y = 0): string[] {
  const ids = objects.map((object) => object.readUInt16BE(6));
  const [display] = displaysOf([
    pesData(
      pageComposition({ regions: [[0, 0, 0]] }),
      regionComposition({ ...region, objects: [...new Set(ids)].map((id) => ({ id, x, y })) }),
      ...objects,
      endOfDisplaySet(),
    ),
  ]);
  const pixels = display?.regions[0]?.pixels ?? new Uint8Array();
  return Array.from({ length: region.height }, (_, line) =>
    [...pixels.subarray(line * region.width, (line + 1) * region.width)]
      .map((code) => code.toString(16).padStart(region.bits === 8 ? 2 : 1, "0"))
      .join(region.bits === 8 ? " " : ""),
  );
}

const top = field([[1, 2, 3]], 4);

t.test("two fields are lines in turn; without a bottom field the top one comes twice", (t) => {
  const size = { width: 4, height: 4 };
  const two = objectData({ top: field([[1, 1], [3, 3]], 4), bottom: field([[2, 2], [4, 4]], 4) }); // prettier-ignore
  t.strictSame(drawn(size, [two]), ["1100", "2200", "3300", "4400"]);
  t.strictSame(drawn(size, [objectData({ top: field([[1, 1], [3, 3]], 4) })]), ["1100", "1100", "3300", "3300"]); // prettier-ignore
  t.end();
});

t.test("what does not fit its region is clipped, and the lines below are in their places", (t) => {
  const long = field([Array<number>(9).fill(5), [6]], 4);
  t.strictSame(drawn({ width: 4, height: 4 }, [objectData({ top: long })], 2, 1), [
    "0000",
    "0055",
    "0055",
    "0060",
  ]);
  t.end();
});

t.test("several strings make one line", (t) => {
  const line = Buffer.concat([
    codeString([1, 1], 4),
    codeString([2, 3], 2),
    codeString([9], 4),
    Buffer.of(0xf0),
  ]);
  t.strictSame(drawn({ width: 6, height: 2 }, [objectData({ top: line })])[0], "118f90");
  t.end();
});

t.test("map tables: the default ones, and those of the stream until the field ends", (t) => {
  const map24 = Buffer.of(0x20, 0x12, 0x34);
  const map28 = Buffer.of(0x21, 1, 2, 3, 4);
  const map48 = Buffer.of(0x22, ...Array.from({ length: 16 }, (_, code) => 0xa0 + code));
  const line = (bits: Bits) => Buffer.concat([codeString([0, 1, 2, 3], bits), Buffer.of(0xf0)]);
  const object = (...top: Buffer[]) => [objectData({ top: Buffer.concat(top), bottom: line(2) })];
  const four = { width: 4, height: 4, bits: 4 } as const;
  const eight = { width: 4, height: 4, bits: 8 } as const;
  t.strictSame(drawn(four, object(line(2), map24, line(2))).slice(0, 3), ["078f", "078f", "1234"]);
  t.strictSame(drawn(eight, object(line(2), map28, line(2))).slice(0, 3), [
    "00 77 88 ff",
    "00 77 88 ff",
    "01 02 03 04",
  ]);
  t.strictSame(drawn(eight, object(line(4), map48, line(4)))[0], "00 11 22 33");
  t.strictSame(drawn(eight, object(line(4), map48, line(4)))[2], "a0 a1 a2 a3");
  t.end();
});

t.test("strings that are too deep for the region are left out", (t) => {
  t.strictSame(drawn({ width: 3, height: 2, bits: 2 }, [objectData({ top })]), ["000", "000"]);
  t.strictSame(drawn({ width: 3, height: 2 }, [objectData({ top: field([[1, 2, 3]], 8) })]), ["000", "000"]);
  t.end();
});

t.test("the non-modifying colour leaves what is below, in its place", (t) => {
  const size = { width: 8, height: 2, background: 7 };
  const line = field([[2, 1, 3, 1, 1, 1, 1, 4]], 4);
  t.strictSame(drawn(size, [objectData({ top: line, hole: true })])[0], "27377774");
  t.strictSame(drawn(size, [objectData({ top: line })])[0], "21311114");
  // It is the entry of the region's table that counts, not the code before the map table.
  const mapped = Buffer.concat([Buffer.of(0x20, 0x01, 0x23), field([[0, 1, 2, 3]], 2)]);
  t.strictSame(drawn({ ...size, width: 4 }, [objectData({ top: mapped, hole: true })])[0], "0723");
  t.end();
});

t.test("objects that nobody can draw", (t) => {
  const size = { width: 3, height: 2, background: 2 };
  const characters = segment(0x13, Buffer.of(0, 0, 0x04, 2, 0, 0x41, 0, 0x42));
  t.strictSame(drawn(size, [characters]), ["222", "222"], "characters of a private table");
  const cut = segment(0x13, Buffer.of(0, 0, 0, 0, 200, 0, 0, 0x11, 0x11));
  t.strictSame(drawn(size, [cut]), ["222", "222"], "longer than its segment");
  const unknown = objectData({ top: Buffer.concat([field([[1]], 4), Buffer.of(0x77), field([[3]], 4)]) });
  t.strictSame(drawn(size, [unknown]), ["122", "122"], "an unknown data type ends the field");
  t.end();
});

t.test("progressive objects: PNG's scanlines, each filter", (t) => {
  const picture = [
    [1, 2, 3, 4],
    [2, 3, 4, 5],
    [9, 9, 9, 1],
    [9, 5, 3, 200],
    [7, 6, 255, 0],
  ];
  const filtered = picture.flatMap((line, y) => [
    y,
    ...line.map((value, x) => {
      const left = line[x - 1] ?? 0;
      const up = picture[y - 1]?.[x] ?? 0;
      const upLeft = picture[y - 1]?.[x - 1] ?? 0;
      const paeth = [left, up, upLeft].reduce((best, next) =>
        Math.abs(left + up - upLeft - next) < Math.abs(left + up - upLeft - best) ? next : best,
      );
      return (value - ([0, left, up, (left + up) >> 1, paeth][y] ?? 0)) & 255;
    }),
  ]);
  const object = progressiveObject(1, 4, 5, deflateSync(Buffer.from(filtered)));
  t.strictSame(drawn({ width: 4, height: 5, bits: 8 }, [object]), [
    "01 02 03 04",
    "02 03 04 05",
    "09 09 09 01",
    "09 05 03 c8",
    "07 06 ff 00",
  ]);
  t.end();
});

t.test("progressive objects: packed pixels, holes, and what is damaged", (t) => {
  const packed = deflateSync(Buffer.of(0, 0x12, 0x30, 0, 0x45, 0x10));
  t.strictSame(drawn({ width: 4, height: 3, background: 8 }, [progressiveObject(1, 3, 2, packed, true)], 1), [
    "8823",
    "8458",
    "8888",
  ]);
  const size = { width: 4, height: 1, background: 8 };
  const bomb = deflateSync(Buffer.alloc(10_000_000));
  for (const [what, object] of [
    ["no zlib", progressiveObject(1, 3, 2, Buffer.of(1, 2, 3))],
    ["too short", progressiveObject(1, 3, 1, deflateSync(Buffer.of(0)))],
    ["too long", progressiveObject(1, 4, 1, bomb)],
    ["larger than its region", progressiveObject(1, 60000, 60000, bomb)],
    ["no such filter", progressiveObject(1, 2, 1, deflateSync(Buffer.of(5, 0x11)))],
    ["empty", progressiveObject(1, 0, 0, packed)],
  ] as const)
    t.strictSame(drawn(size, [object]), ["8888"], what);
  t.end();
});

import fc from "fast-check";
import t from "tap";
import { ticks } from "../../../../../src/kernel/units.ts";
import {
  BitmapSubtitles,
  type BitmapDisplay,
} from "../../../../../src/share/live/subtitles/bitmap/bitmap-subtitles.ts";
import { DisplayTrack } from "../../../../../src/share/live/subtitles/bitmap/display-track.ts";
import { subtitleServices } from "../../../../../src/share/live/subtitles/bitmap/subtitling-descriptor.ts";
import { RandomPictures } from "./random-pictures.ts";
import {
  clutDefinition,
  displayDefinition,
  endOfDisplaySet,
  interlaced,
  objectData,
  pageComposition,
  pesData,
  regionComposition,
  segment,
  type Bits,
} from "./subtitle-builder.ts";

/** What must hold of each display, whatever came in. */
function check(display: BitmapDisplay): void {
  if (display.width > 4096 || display.height > 4096) throw new Error("display");
  for (const { x, y, width, height, palette, pixels } of display.regions) {
    if (x < 0 || y < 0 || width < 1 || height < 1 || width > display.width + 0 || height > 4096)
      throw new Error(`region ${x} ${y} ${width} ${height}`);
    if (pixels.length !== width * height) throw new Error("pixels");
    const entries = palette.length / 4;
    if (![4, 16, 256].includes(entries) || pixels.some((entry) => entry >= entries))
      throw new Error("palette");
  }
}

/** @returns how many displays came */
function decode(packets: readonly Buffer[]): number {
  let count = 0;
  const track = new DisplayTrack();
  const subtitles = new BitmapSubtitles({
    compositionPage: 1,
    ancillaryPage: 2,
    show(display) {
      check(display);
      track.add(display);
      count++;
    },
  });
  packets.forEach((packet, index) => subtitles.push(packet, ticks(index * 90_000)));
  JSON.parse(track.segment({ start: ticks(0), end: ticks(1e9), origin: ticks(0) }));
  return count;
}

const random = new RandomPictures(99);

function goodPacket(bits: Bits): Buffer {
  return pesData(
    displayDefinition(1000, 600, [10, 900, 10, 500]),
    pageComposition({ regions: [[1, 10, 20], [2, 10, 90]] }), // prettier-ignore
    regionComposition({ id: 1, width: 120, height: 30, bits, objects: [{ id: 1 }] }),
    regionComposition({
      id: 2,
      width: 120,
      height: 30,
      bits,
      objects: [
        { id: 1, x: 9 },
        { id: 4, type: 1 },
      ],
    }),
    clutDefinition(0, [{ entry: 1, bits, y: 100, cr: 100, cb: 100, t: 100 }]),
    segment(0x16, Buffer.from("000000000102030405060708", "hex")),
    objectData({ id: 1, ...interlaced(random.lines(100, 8, bits), bits) }),
    endOfDisplaySet(),
  );
}

t.test("noise", (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (packets) => {
      decode(packets.map((bytes) => Buffer.from(bytes)));
    }),
    { numRuns: 300 },
  );
  t.pass();
  t.end();
});

t.test("segments of noise", (t) => {
  const segments = fc.array(
    fc
      .tuple(
        fc.constantFrom(0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x80, 0xff),
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(1, 2, 3),
      )
      .map(([type, body, page]) => segment(type, Buffer.from(body), page)),
    { maxLength: 20 },
  );
  const begin = pageComposition({ regions: [[0, 0, 0], [1, 9, 9]] }); // prettier-ignore
  fc.assert(
    fc.property(segments, (list) => void decode([pesData(begin, ...list, endOfDisplaySet())])),
    { numRuns: 1000 },
  );
  t.pass();
  t.end();
});

t.test("good packets with bits turned, and cut anywhere", (t) => {
  let shown = 0;
  for (const bits of [2, 4, 8] as const) {
    const good = goodPacket(bits);
    fc.assert(
      fc.property(
        fc.array(fc.nat(good.length * 8 - 1), { maxLength: 12 }),
        fc.nat(good.length),
        (turned, length) => {
          const bad = Buffer.from(good);
          for (const bit of turned) bad.writeUInt8(bad.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          shown += decode([bad, bad.subarray(0, length), good]);
        },
      ),
      { numRuns: 500 },
    );
  }
  t.ok(shown >= 1500, `${shown} displays`);
  t.end();
});

t.test("descriptors of noise", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      subtitleServices(Buffer.from(bytes));
      subtitleServices(Buffer.concat([Buffer.of(0x59, bytes.length), bytes]));
    }),
  );
  t.pass();
  t.end();
});

t.test(
  "a packet that asks for much more than can be shown is done in no time, and in bounded memory",
  (t) => {
    const fills = Array.from({ length: 3500 }, (_, index) =>
      regionComposition({ id: index & 255, width: 4096, height: 2000, bits: 8, background: index & 255 }),
    );
    const everywhere = Array.from({ length: 500 }, () => ({ id: 1 }));
    const lists = Array.from({ length: 200 }, (_, id) =>
      regionComposition({ id, width: 60, height: 400, bits: 2, objects: everywhere }),
    );
    const object = objectData({ id: 1, top: Buffer.alloc(30_000, 0x10) });
    const large = displayDefinition(4096, 4096);
    const start = process.hrtime.bigint();
    t.equal(
      decode([pesData(large, pageComposition({ regions: [[0, 0, 0]] }), ...fills, endOfDisplaySet())]),
      1,
    );
    t.equal(
      decode([
        pesData(large, pageComposition({ regions: [[0, 0, 0]] }), ...lists, object, endOfDisplaySet()),
      ]),
      1,
    );
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    t.ok(seconds < 10, `${seconds.toFixed(2)} s`);
    t.end();
  },
);

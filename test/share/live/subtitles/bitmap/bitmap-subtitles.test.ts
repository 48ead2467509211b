import t from "tap";
import { ticks } from "../../../../../src/kernel/units.ts";
import {
  BitmapSubtitles,
  type BitmapDisplay,
} from "../../../../../src/share/live/subtitles/bitmap/bitmap-subtitles.ts";
import {
  clutDefinition,
  displayDefinition,
  endOfDisplaySet,
  field,
  objectData,
  pageComposition,
  pesData,
  regionComposition,
  segment,
  STATE,
  type PageSpec,
  type RegionSpec,
} from "./subtitle-builder.ts";

const SECOND = 90_000;

/** A decoder of composition page 1 and ancillary page 9, with what it has shown. */
function decoder(): {
  push: (at: number, ...segments: Buffer[]) => void;
  shown: BitmapDisplay[];
  reset: () => void;
} {
  const shown: BitmapDisplay[] = [];
  const subtitles = new BitmapSubtitles({
    compositionPage: 1,
    ancillaryPage: 9,
    show: (display) => shown.push(display),
  });
  return {
    push: (at, ...segments) => subtitles.push(pesData(...segments), ticks(at * SECOND)),
    reset: () => subtitles.reset(),
    shown,
  };
}

const page = (spec: PageSpec = {}) => pageComposition({ regions: [[0, 10, 20]], ...spec });
const region = (spec: Partial<RegionSpec> = {}) =>
  regionComposition({ width: 4, height: 2, objects: [{ id: 5 }], ...spec });
const object = (code: number, page = 1) => objectData({ id: 5, top: field([[code, code]], 4), page });
const END = endOfDisplaySet();

const codes = (display: BitmapDisplay | undefined, index = 0): string =>
  [...(display?.regions[index]?.pixels ?? [])].join("");

t.test("a display set is shown at its end segment, with its time-out", (t) => {
  const { push, shown } = decoder();
  push(1, page({ timeOut: 7 }), region(), object(3), END);
  t.equal(shown.length, 1);
  const [display] = shown;
  t.match(display, { at: SECOND, until: 8 * SECOND, width: 720, height: 576 });
  t.match(display?.regions, [{ x: 10, y: 20, width: 4, height: 2 }]);
  t.equal(codes(display), "33003300");
  t.equal(display?.regions[0]?.palette.length, 64);

  push(2, page({ state: STATE.normal, regions: [] }), END);
  t.strictSame(shown[1]?.regions, [], "the screen is cleared");
  push(3, page({ state: STATE.normal, timeOut: 0 }), END);
  t.equal(shown[2]?.until, 8 * SECOND, "a time-out of zero is stretched to what the standard allows");
  t.end();
});

t.test("nothing is shown before an acquisition point, or after a reset", (t) => {
  const { push, shown, reset } = decoder();
  push(1, page({ state: STATE.normal }), region(), object(3), END);
  push(2, region(), object(3), END);
  t.equal(shown.length, 0);
  push(3, page({ state: STATE.acquisition }), region(), object(3), END);
  t.equal(shown.length, 1);
  reset();
  push(4, page({ state: STATE.normal }), region(), object(3), END);
  t.equal(shown.length, 1);
  push(5, page({ state: STATE.modeChange }), region(), object(3), END);
  t.equal(shown.length, 2);
  t.end();
});

t.test("page updates keep the pixels; what was shown stays as it was", (t) => {
  const { push, shown } = decoder();
  push(1, page(), region(), object(3), END);
  push(2, page({ state: STATE.normal }), region({ fill: false, objects: [{ id: 5, x: 2 }] }), object(6), END);
  t.equal(codes(shown[1]), "33663366");
  t.equal(codes(shown[0]), "33003300");
  push(3, page({ state: STATE.normal }), region({ fill: true, background: 1, objects: [] }), END);
  t.equal(codes(shown[2]), "11111111");
  t.equal(codes(shown[1]), "33663366");
  push(
    4,
    page({ state: STATE.normal }),
    clutDefinition(0, [{ entry: 1, bits: 4, y: 0, cr: 0, cb: 0, t: 0 }]),
    END,
  );
  t.strictSame([...(shown[3]?.regions[0]?.palette.subarray(4, 8) ?? [])], [0, 0, 0, 0]);
  t.strictSame([...(shown[2]?.regions[0]?.palette.subarray(4, 8) ?? [])], [255, 0, 0, 255]);
  t.end();
});

t.test("a new epoch forgets regions and colours; an acquisition point sent again does not", (t) => {
  const { push, shown } = decoder();
  const colours = clutDefinition(0, [{ entry: 3, bits: 4, y: 235, cr: 128, cb: 128, t: 0 }]);
  const acquisition = page({ state: STATE.acquisition });
  push(1, acquisition, region(), colours, object(3), END);
  push(2, acquisition, END);
  t.equal(shown[1]?.regions[0], shown[0]?.regions[0], "the same picture, the very same object");
  push(3, acquisition, region(), colours, object(3), END);
  t.equal(shown[2]?.regions[0], shown[0]?.regions[0], "and so when all of it comes again");
  push(4, page({ state: STATE.modeChange }), END);
  t.strictSame(shown[3]?.regions, []);
  push(5, page({ state: STATE.normal }), region(), object(3), END);
  t.strictSame(
    [...(shown[4]?.regions[0]?.palette.subarray(12, 16) ?? [])],
    [255, 255, 0, 255],
    "default colours",
  );
  t.end();
});

t.test("regions: the background of each depth, and one that is only filled", (t) => {
  for (const [bits, background] of [
    [2, 2],
    [4, 11],
    [8, 200],
  ] as const) {
    const { push, shown } = decoder();
    push(1, page(), region({ bits, background, width: 2, height: 1, objects: [] }), END);
    t.equal(codes(shown[0]), `${background}${background}`);
    t.equal(shown[0]?.regions[0]?.palette.length, 4 * 2 ** bits);
  }
  t.end();
});

t.test("the display, its window, and regions that are too large for it", (t) => {
  const { push, shown } = decoder();
  push(1, displayDefinition(1920, 1080, [100, 1819, 200, 1000]), page(), region({ width: 1500 }), END);
  t.match(shown[0], { width: 1920, height: 1080, regions: [{ x: 110, y: 220, width: 1500 }] });
  push(2, displayDefinition(1280, 720), page(), region({ width: 1281 }), END);
  t.match(shown[1], { width: 1280, height: 720 });
  t.strictSame(shown[1]?.regions, []);
  push(3, displayDefinition(1280, 720, [1000, 1280, 0, 10]), page(), region({ width: 700 }), END);
  t.match(
    shown[2],
    { width: 1280, regions: [{ x: 10, y: 20 }] },
    "a window that leaves the display is ignored",
  );

  const standard = decoder();
  standard.push(1, page(), region({ width: 721 }), END);
  standard.push(2, page(), region({ height: 577 }), END);
  t.strictSame(
    standard.shown.map(({ regions }) => regions.length),
    [0, 0],
  );
  standard.push(3, page({ regions: [[0, 720, 0]] }), region(), END);
  t.strictSame(standard.shown[2]?.regions, [], "beside the display");
  t.end();
});

t.test("regions together have no more than two displays' worth of pixels", (t) => {
  const { push, shown } = decoder();
  const ids = [0, 1, 2, 3];
  push(
    1,
    page({ regions: ids.map((id) => [id, 0, 0]) }),
    ...ids.map((id) => region({ id, width: 720, height: 576 })),
    END,
  );
  t.equal(shown[0]?.regions.length, 2);
  t.end();
});

t.test("two services on one PID, and what they share", (t) => {
  const { push, shown } = decoder();
  push(
    1,
    page(),
    pageComposition({ page: 2, regions: [[0, 1, 1]] }),
    region(),
    region({ page: 2, background: 15 }),
    object(4, 2),
    object(3, 9),
    endOfDisplaySet(9),
  );
  t.equal(shown.length, 1);
  t.equal(codes(shown[0]), "33003300");
  push(2, pageComposition({ page: 2, regions: [] }), endOfDisplaySet(2));
  push(3, pageComposition({ page: 9, regions: [] }), endOfDisplaySet(9));
  t.equal(shown.length, 1, "the other's page, and a page that cannot be");
  t.end();
});

t.test("a display set in several packets", (t) => {
  const { push, shown } = decoder();
  push(1, page(), region(), END);
  shown.length = 0;
  push(2, page(), region());
  push(2, object(3));
  t.equal(shown.length, 0);
  push(2, END);
  t.equal(codes(shown[0]), "33003300");
  t.end();
});

t.test("a stream that does not end its display sets", (t) => {
  const { push, shown } = decoder();
  push(1, page(), region(), object(3));
  t.match(shown, [{ at: SECOND }], "a whole set is shown at once");
  push(2, page({ regions: [] }));
  t.match(shown[1], { at: 2 * SECOND, regions: [] }, "and so is a cleared screen");
  push(3, page(), region({ background: 1, objects: [] }));
  t.equal(shown.length, 2, "this may go on");
  push(4, page({ state: STATE.normal }), region({ fill: false, objects: [] }));
  t.strictSame(
    shown.slice(2).map(({ at }) => at / SECOND),
    [3, 4],
    "it did not; from now on each packet is one",
  );
  push(5, page(), region(), object(3), END);
  push(6, page(), region());
  t.equal(shown.length, 5, "an end was seen: it is waited for again");
  push(7, page(), region(), object(3), END);
  t.strictSame(
    shown.slice(5).map(({ at }) => at / SECOND),
    [6, 7],
    "one end that was lost",
  );
  t.end();
});

t.test("segments that do not matter are passed over", (t) => {
  const { push, shown } = decoder();
  const disparity = segment(0x15, Buffer.of(0x07, 0x05));
  push(
    1,
    disparity,
    page(),
    segment(0x99, Buffer.alloc(3)),
    region(),
    object(3),
    disparity,
    segment(0xff, Buffer.alloc(9)),
    END,
  );
  t.equal(codes(shown[0]), "33003300");
  push(2, disparity, END);
  t.equal(shown.length, 1, "nothing has changed");
  t.end();
});

t.test("characters in a region's list take their two bytes, and are not drawn", (t) => {
  const { push, shown } = decoder();
  push(1, page(), region({ objects: [{ id: 7, type: 1 }, { id: 8, type: 2 }, { id: 5 }] }), object(3), END); // prettier-ignore
  t.equal(codes(shown[0]), "33003300");
  t.end();
});

t.test("an object in several places", (t) => {
  const { push, shown } = decoder();
  const second = region({ id: 1, objects: [{ id: 5 }, { id: 5, x: 2 }] });
  push(1, page({ regions: [[0, 0, 0], [1, 0, 9]] }), region(), second, object(3), END); // prettier-ignore
  t.equal(codes(shown[0], 0), "33003300");
  t.equal(codes(shown[0], 1), "33333333");
  t.end();
});

t.test("a region has 512 objects at most", (t) => {
  const { push, shown } = decoder();
  const others = (count: number) => Array.from({ length: count }, () => ({ id: 7 }));
  push(1, page(), region({ objects: [...others(511), { id: 5 }] }), object(3), END);
  push(2, page(), region({ objects: [...others(512), { id: 5 }] }), object(3), END);
  t.strictSame(
    shown.map((display) => codes(display)),
    ["33003300", "00000000"],
  );
  t.end();
});

t.test("data of something else, or cut short", (t) => {
  const shown: BitmapDisplay[] = [];
  const subtitles = new BitmapSubtitles({ compositionPage: 1, ancillaryPage: 1, show: (d) => shown.push(d) });
  const good = pesData(page(), region(), object(3), END);
  const other = Buffer.from(good);
  other[0] = 0x10;
  subtitles.push(other, ticks(0));
  subtitles.push(Buffer.alloc(0), ticks(1));
  t.equal(shown.length, 0);
  for (let length = 0; length < good.length - 1; length++)
    subtitles.push(good.subarray(0, length), ticks(2 + length));
  subtitles.push(good, ticks(1000));
  t.equal(codes(shown.at(-1)), "33003300");
  t.end();
});

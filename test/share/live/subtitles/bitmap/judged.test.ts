import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { subtitleServices } from "../../../../../src/share/live/subtitles/bitmap/subtitling-descriptor.ts";
import { capture, skipWithout } from "../../../../helpers/captures.ts";
import { demux } from "../../../../helpers/ts-to-media.ts";
import { skipWithoutFfmpeg } from "../../packaging/media-tools.ts";
import {
  differences,
  displayAfter,
  displaysOf,
  ffmpegScreens,
  render,
  subtitleTs,
  visible,
} from "./judge.ts";
import { RandomPictures } from "./random-pictures.ts";
import {
  clutDefinition,
  displayDefinition,
  endOfDisplaySet,
  field,
  interlaced,
  objectData,
  pageComposition,
  pesData,
  regionComposition,
  STATE,
  type Bits,
} from "./subtitle-builder.ts";

/** ffmpeg is the judge: each screen pixel for pixel, colour for colour. */

/** @returns how many screens had something to see */
function compare(
  test: Pick<typeof t, "equal">,
  packets: readonly Buffer[],
  width: number,
  height: number,
  pages = [1, 1],
): number {
  const displays = displaysOf(packets, pages);
  let seen = 0;
  ffmpegScreens(packets, width, height, pages).forEach((theirs, packet) => {
    const display = displayAfter(displays, packet);
    const ours = display === undefined ? Buffer.alloc(width * height * 4) : render(display, width, height);
    test.equal(differences(ours, theirs), 0, `display set ${packet}: ${visible(theirs)} pixels`);
    if (visible(theirs) > 0) seen++;
  });
  return seen;
}

interface Service {
  readonly pages: number[];
  readonly packets: readonly Buffer[];
}

/** The subtitle services of a transport stream that send something, with the data of their PES packets. */
function servicesOf(ts: Buffer, service?: number): Service[] {
  const packets = new Map<number, Buffer[]>();
  const streams = demux(
    ts,
    {
      streams: () => undefined,
      pcr: () => undefined,
      scrambling: () => undefined,
      ended: () => undefined,
      pes: ({ pid, data }) => packets.set(pid, [...(packets.get(pid) ?? []), Buffer.from(data)]),
    },
    { select: ({ codec }) => codec === "dvb-subtitles", ...(service !== undefined && { service }) },
  );
  return streams.flatMap(({ pid, descriptors }) =>
    subtitleServices(descriptors)
      .map(({ compositionPage, ancillaryPage }) => ({
        pages: [compositionPage, ancillaryPage],
        packets: packets.get(pid) ?? [],
      }))
      .filter(({ packets }) => packets.length > 0),
  );
}

/** Capture, service, display size, screens with something to see. */
const BROADCASTS: readonly (readonly [string, number, number, number, number])[] = [
  ["dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts", 4352, 720, 576, 13],
  ["dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts", 8802, 720, 576, 1],
  ["dvbs-fr-canalsat-scrambled-and-clear-2s.ts", 8803, 720, 576, 1],
  ["dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", 1537, 1920, 1080, 4],
  ["dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", 1542, 1920, 1080, 4],
  ["dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", 1544, 1920, 1080, 2],
];

for (const [name, service, width, height, expected] of BROADCASTS) {
  t.test(`${name}, service ${service}`, { skip: skipWithoutFfmpeg() || skipWithout(name) }, (t) => {
    const services = servicesOf(readFileSync(capture(name) ?? ""), service);
    const seen = services.map(({ packets, pages }) => compare(t, packets, width, height, pages));
    t.equal(
      seen.reduce((sum, count) => sum + count, 0),
      expected,
    );
    t.end();
  });
}

/**
 * A display set of one region with a random picture. The picture stays within its region: ffmpeg loses its way in a line
 * that is longer (and, with 8-bit strings, as long), where the standard has a code that ends it; and it leaves out the last
 * entry of a CLUT definition if that is a short one.
 */
function randomSet(random: RandomPictures, bits: Bits, coded: Bits, index: number): Buffer {
  const width = 100 + random.next(500);
  const height = 20 + random.next(60);
  const id = random.next(256);
  const lineLength = 1 + random.next(width - 1);
  const pairs = 1 + random.next(Math.floor(height / 2));
  const repeated = index % 3 === 2;
  const lines = random.lines(lineLength, repeated ? pairs : 2 * pairs, coded);
  const colours = Array.from({ length: 40 }, (_, last) => ({
    entry: random.next(2 ** bits),
    bits,
    y: random.byte(),
    cr: random.byte(),
    cb: random.byte(),
    t: random.byte(),
    full: last === 39 || random.next(3) > 0,
  }));
  const top = field(lines, coded);
  return pesData(
    pageComposition({
      version: index & 15,
      regions: [[id, random.next(720 - width), random.next(576 - height)]],
    }),
    regionComposition({
      id,
      width,
      height,
      bits,
      clut: 7,
      background: random.next(2 ** bits),
      objects: [{ id: 300, x: random.next(width - lineLength), y: random.next(height - 2 * pairs + 1) }],
    }),
    ...(index % 2 === 0 ? [clutDefinition(7, colours)] : []),
    objectData({ id: 300, ...(repeated ? { top } : interlaced(lines, coded)) }),
    endOfDisplaySet(),
  );
}

const CODINGS: readonly (readonly [Bits, Bits])[] = [
  [2, 2],
  [4, 2],
  [8, 2],
  [4, 4],
  [8, 4],
  [8, 8],
];

for (const [bits, coded] of CODINGS) {
  t.test(`${coded}-bit strings in regions of ${bits} bits`, { skip: skipWithoutFfmpeg() }, (t) => {
    const random = new RandomPictures(bits * 10 + coded);
    const packets = Array.from({ length: 12 }, (_, index) => randomSet(random, bits, coded, index));
    t.ok(compare(t, packets, 720, 576) >= 11);
    t.end();
  });
}

t.test("page updates keep what they do not mention", { skip: skipWithoutFfmpeg() }, (t) => {
  const random = new RandomPictures(5);
  const picture = (id: number) => objectData({ id, ...interlaced(random.lines(60, 20, 4), 4) });
  const region = (id: number, objects: { id: number; x: number; y: number }[], fill: boolean) =>
    regionComposition({ id, width: 300, height: 40, fill, background: 3, objects });
  const page = (version: number, state: number, regions: [number, number, number][]) =>
    pageComposition({ version, state, regions });
  const packets = [
    pesData(
      page(0, STATE.modeChange, [[1, 10, 10]]),
      region(1, [{ id: 1, x: 0, y: 0 }], true),
      region(2, [{ id: 2, x: 5, y: 1 }], true),
      picture(1),
      picture(2),
      endOfDisplaySet(),
    ),
    // Another word in the same line.
    pesData(
      page(1, STATE.normal, [[1, 10, 10]]),
      region(1, [{ id: 3, x: 70, y: 3 }], false),
      picture(3),
      endOfDisplaySet(),
    ),
    // The region that was hidden until now, and the other one elsewhere.
    pesData(
      page(2, STATE.normal, [
        [1, 100, 300],
        [2, 0, 400],
      ]),
      endOfDisplaySet(),
    ),
    // An object with a new content, where its region has it.
    pesData(page(3, STATE.normal, [[1, 100, 300]]), picture(3), endOfDisplaySet()),
    // Other colours.
    pesData(
      page(4, STATE.normal, [[1, 100, 300]]),
      clutDefinition(
        0,
        [...Array(16).keys()].map((entry) => ({ entry, bits: 4, y: 100 + entry, cr: 90, cb: 200, t: 20 })),
      ),
      endOfDisplaySet(),
    ),
    pesData(page(5, STATE.normal, []), endOfDisplaySet()),
    pesData(
      page(6, STATE.acquisition, [[1, 0, 0]]),
      region(1, [{ id: 9, x: 0, y: 0 }], true),
      picture(9),
      endOfDisplaySet(),
    ),
  ];
  t.equal(compare(t, packets, 720, 576), 6);
  t.end();
});

t.test("map tables of the stream", { skip: skipWithoutFfmpeg() }, (t) => {
  const random = new RandomPictures(3);
  const table = (type: number, bytes: number) =>
    Buffer.of(type, ...Array.from({ length: bytes }, () => random.byte()));
  const line = (bits: Bits) => field(random.lines(90, 1, bits), bits);
  const set = (version: number, bits: Bits, ...top: Buffer[]) =>
    pesData(
      pageComposition({ version, regions: [[1, 50, 60]] }),
      regionComposition({ id: 1, width: 100, height: 20, bits, objects: [{ id: 1, x: 3, y: 2 }] }),
      objectData({ id: 1, top: Buffer.concat(top), bottom: line(2) }),
      endOfDisplaySet(),
    );
  const packets = [
    set(0, 4, line(2), table(0x20, 2), line(2), line(4), table(0x21, 4), line(2)),
    set(1, 8, line(2), table(0x21, 4), line(2), line(4), line(8), table(0x20, 2), line(2)),
    set(2, 8, line(4), table(0x22, 16), line(4), table(0x22, 16), line(4), line(2), line(8)),
  ];
  t.equal(compare(t, packets, 720, 576), 3);
  t.end();
});

t.test("two services on one PID, with an object that they share", { skip: skipWithoutFfmpeg() }, (t) => {
  const random = new RandomPictures(12);
  const picture = (page: number, id: number) =>
    objectData({ page, id, ...interlaced(random.lines(60, 20, 4), 4) });
  const service = (page: number, version: number, y: number) => [
    pageComposition({ page, version, regions: [[page, 40, y]] }),
    regionComposition({ page, id: page, width: 100, height: 24, objects: [{ id: page }, { id: 77, x: 30 }] }),
    picture(page, page),
  ];
  const packets = [0, 1].map((version) =>
    pesData(...service(1, version, 100), ...service(2, version, 200), picture(9, 77), endOfDisplaySet(9)),
  );
  for (const page of [1, 2]) t.equal(compare(t, packets, 720, 576, [page, 9]), 2);
  t.end();
});

t.test("a window of a large display", { skip: skipWithoutFfmpeg() }, (t) => {
  const random = new RandomPictures(77);
  const set = (version: number, dds: Buffer) =>
    pesData(
      dds,
      pageComposition({ version, regions: [[1, 11, 22]] }),
      regionComposition({ id: 1, width: 700, height: 50, bits: 8, objects: [{ id: 1, x: 3 }] }),
      objectData({ id: 1, ...interlaced(random.lines(690, 50, 8), 8) }),
      endOfDisplaySet(),
    );
  compare(t, [set(0, displayDefinition(1280, 720, [280, 999, 71, 646]))], 1280, 720);
  compare(t, [set(0, displayDefinition(1920, 1080))], 1920, 1080);
  t.end();
});

t.test("streams of ffmpeg's encoder", { skip: skipWithoutFfmpeg() }, (t) => {
  for (const [bits, coded] of [
    [2, 2],
    [4, 4],
    [8, 8],
  ] as const) {
    const random = new RandomPictures(bits);
    const made = Array.from({ length: 8 }, (_, index) => randomSet(random, bits, coded, index));
    const folder = mkdtempSync(join(tmpdir(), "tellyport-subtitles-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "made.ts"), subtitleTs(made));
    const size = ["-canvas_size", "720x576", "-compute_clut", "0"];
    execFileSync("ffmpeg", [
      ...["-v", "error", ...size, "-i", join(folder, "made.ts"), "-map", "0:s"],
      ...["-c:s", "dvbsub", "-f", "mpegts", join(folder, "encoded.ts")],
    ]);
    const [encoded] = servicesOf(readFileSync(join(folder, "encoded.ts")));
    t.ok(encoded !== undefined && compare(t, encoded.packets, 720, 576, encoded.pages) >= 7, `${bits} bits`);
  }
  t.end();
});

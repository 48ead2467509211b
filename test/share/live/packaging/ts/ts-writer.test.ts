import t from "tap";
import { crc32Mpeg } from "../../../../../src/kernel/crc32.ts";
import { ticks } from "../../../../../src/kernel/units.ts";
import type { AccessUnit, Track } from "../../../../../src/share/live/media-source.ts";
import { audioTrack, PPS, SPS, underLengths, underStartCodes, unit, videoTrack } from "./sample-tracks.ts";
import { continuityErrors, readTs, type ReadTable } from "./ts-reader.ts";
import { write, writing } from "./writing.ts";

const AUD = Buffer.from([0x09, 0xf0]);
const IDR = Buffer.from([0x65, 0x88, 0x84]);
const SLICE = Buffer.from([0x41, 0x9a, 0x21]);

const picture = (dts: number, sync = false, pts = dts + 7200): AccessUnit =>
  unit({ track: 256, pts, dts, sync, data: underLengths(sync ? IDR : SLICE) });

const hex = (bytes: Buffer): string => bytes.toString("hex").replace(/(..)(?=.)/g, "$1 ");

t.test("ts-writer: PAT and PMT, to the byte", (t) => {
  const { writer, ts } = writing([
    videoTrack(),
    audioTrack({ audioDescription: true, language: "eng" }),
    audioTrack({ id: 300, family: "ac-3", language: null }),
    audioTrack({ id: 301, family: "ec-3", language: "fra" }),
  ]);
  writer.tables();
  const [pat, pmt] = readTs(ts()).tables;
  t.equal(hex(pat?.section.subarray(0, -4) ?? Buffer.alloc(0)), "00 b0 0d 00 01 c1 00 00 00 01 f0 00");
  t.equal(
    hex(pmt?.section.subarray(0, -4) ?? Buffer.alloc(0)),
    [
      "02 b0 39 00 01 c1 00 00 e1 00 f0 00",
      "1b e1 00 f0 00",
      "0f e1 01 f0 06 0a 04 65 6e 67 03",
      "81 e1 02 f0 06 05 04 41 43 2d 33",
      "87 e1 03 f0 0c 05 04 45 41 43 33 0a 04 66 72 61 00",
    ].join(" "),
  );
  for (const table of [pat, pmt]) t.equal(crc32Mpeg(table?.section ?? Buffer.from([1])), 0, "CRC_32");
  t.end();
});

t.test("ts-writer: stream types of every coding", (t) => {
  const typeOf = (track: Track): [number | undefined, number | undefined] => {
    const data = Buffer.alloc(32, 1);
    const { tables, pes } = readTs(write([track], [unit({ track: track.id, pts: 90_000, data })]));
    return [tables[1]?.section[12], pes[0]?.streamId];
  };
  t.same(typeOf(videoTrack()), [0x1b, 0xe0]);
  t.same(typeOf(videoTrack({ family: "hevc", config: Buffer.alloc(23) })), [0x24, 0xe0]);
  t.same(typeOf(videoTrack({ family: "mpeg2", codec: "mp4v.61" })), [0x02, 0xe0]);
  t.same(typeOf(videoTrack({ family: "mpeg2", codec: "mp4v.6A" })), [0x01, 0xe0], "MPEG-1");
  t.same(typeOf(audioTrack()), [0x0f, 0xc0]);
  t.same(typeOf(audioTrack({ family: "mp2" })), [0x03, 0xc0]);
  t.same(typeOf(audioTrack({ family: "mp2", sampleRate: 24_000 })), [0x04, 0xc0], "half rates");
  t.same(typeOf(audioTrack({ family: "ac-3" })), [0x81, 0xbd]);
  t.same(typeOf(audioTrack({ family: "ec-3" })), [0x87, 0xbd]);
  // LC of 960 samples: not for ADTS.
  t.same(typeOf(audioTrack({ config: Buffer.from([0x11, 0x94]) })), [0x11, 0xc0], "LOAS");
  t.end();
});

t.test("ts-writer: what a transport stream cannot carry is left out", (t) => {
  // AOT 42: xHE-AAC.
  const xhe = audioTrack({ id: 9, codec: "mp4a.40.42", config: Buffer.from([0xf9, 0x46, 0x43, 0x22]) });
  const ts = write(
    [xhe, audioTrack()],
    [
      unit({ track: 9, pts: 90_000, data: Buffer.alloc(100) }),
      unit({ track: 77, pts: 90_000, data: Buffer.alloc(100) }),
      unit({ track: 257, pts: 90_000, data: Buffer.alloc(0) }),
      unit({ track: 257, pts: 90_000, data: Buffer.alloc(9000) }),
      unit({ track: 257, pts: 91_920, data: Buffer.alloc(100) }),
    ],
  );
  const { pes, tables } = readTs(ts);
  t.equal(pes.length, 1, "a frame too long for ADTS, an empty one, an unknown track");
  t.equal(pes[0]?.pts, 91_920);
  t.equal(tables[1]?.section.length, 12 + 5 + 6 + 4, "one stream");
  t.end();
});

t.test("ts-writer: a random access unit has indicator, PCR, delimiter and parameter sets", (t) => {
  const { pes } = readTs(
    write([videoTrack()], [picture(900_000, true), picture(903_600), picture(907_200, true)]),
  );
  t.match(pes[0], { pid: 0x100, streamId: 0xe0, length: 0, pts: 907_200, dts: 900_000, randomAccess: true });
  t.equal(pes[0]?.pcr, 855_000, "half a second before the DTS");
  t.same(pes[0]?.data, underStartCodes(AUD, SPS, PPS, IDR));
  t.same(pes[1]?.data, underStartCodes(AUD, SLICE));
  t.equal(pes[1]?.randomAccess, false);
  t.same(pes[2]?.data, underStartCodes(AUD, SPS, PPS, IDR), "before every one of them");
  t.ok(pes.every(({ discontinuity }) => !discontinuity));
  t.end();
});

t.test("ts-writer: HEVC has its own delimiter, and VPS, SPS, PPS", (t) => {
  const sets = [Buffer.from([0x40, 1, 12]), Buffer.from([0x42, 1, 1]), Buffer.from([0x44, 1, 0xc1])];
  const config = Buffer.concat([
    Buffer.alloc(22),
    Buffer.from([3]),
    ...sets.map((nal) => Buffer.from([0x80, 0, 1, 0, nal.length, ...nal])),
  ]);
  const nal = Buffer.from([0x26, 1, 0xaf]);
  const track = videoTrack({ family: "hevc", config });
  const [pes] = readTs(write([track], [unit({ track: 256, pts: 9, data: underLengths(nal) })])).pes;
  t.same(pes?.data, underStartCodes(Buffer.from([0x46, 0x01, 0x50]), ...sets, nal));
  t.end();
});

t.test("ts-writer: the two fields of a frame are one PES packet, and two access units", (t) => {
  const sei = Buffer.from([0x06, 1, 1, 0x80]);
  const more = Buffer.from([0x41, 0x40, 0x21]); // a slice that is not its field's first
  const nals = [sei, IDR, more, sei, SLICE, more];
  const data = underLengths(...nals);
  const { pes } = readTs(write([videoTrack()], [unit({ track: 256, pts: 0, data })]));
  t.equal(pes.length, 1);
  t.same(pes[0]?.data, underStartCodes(AUD, SPS, PPS, sei, IDR, more, AUD, sei, SLICE, more));
  t.end();
});

t.test("ts-writer: ADTS says what the core coder is", (t) => {
  const headerOf = (config: Buffer): string => {
    const data = Buffer.alloc(200, 0xaa);
    const { pes } = readTs(write([audioTrack({ config })], [unit({ track: 257, pts: 0, data })]));
    t.same(pes[0]?.data.subarray(7), data);
    t.equal(pes[0]?.length, 3 + 5 + 207);
    return hex(pes[0]?.data.subarray(0, 7) ?? Buffer.alloc(0));
  };
  t.equal(headerOf(Buffer.from([0x11, 0x90])), "ff f1 4c 80 19 ff fc", "LC 48 kHz stereo, 207 bytes");
  // AOT 5: core 24 kHz stereo, SBR 48 kHz, core LC.
  t.equal(headerOf(Buffer.from([0x2b, 0x11, 0x88, 0])), "ff f1 58 80 19 ff fc", "HE-AAC is implicit");
  // Channel configuration 0 as an ADTS stream gives it: the frames say it.
  t.equal(headerOf(Buffer.from([0x11, 0x80])), "ff f1 4c 00 19 ff fc");
  t.end();
});

const versionOf = (table: ReadTable | undefined): number => ((table?.section[5] ?? 0) >> 1) & 31;

t.test("ts-writer: other tracks are another version of the PMT; PIDs and counters stay", (t) => {
  const { writer, ts } = writing([videoTrack(), audioTrack({ id: 300 }), audioTrack({ id: 301 })]);
  const sound = (track: number, pts: number): AccessUnit =>
    unit({ track, pts, data: Buffer.alloc(700, track) });
  writer.unit(picture(900_000, true));
  writer.unit(sound(300, 900_000));
  writer.unit(sound(301, 900_000));
  writer.tracks([videoTrack(), audioTrack({ id: 301, family: "ac-3" }), audioTrack({ id: 302 })]);
  writer.unit(picture(903_600, true));
  writer.unit(sound(301, 903_600));
  writer.unit(sound(302, 903_600));
  writer.tracks([audioTrack({ id: 300 })]);
  writer.unit(sound(300, 907_200));
  const { pes, tables, pcrs } = readTs(ts());
  const pmts = tables.filter(({ pid }) => pid === 0x1000);
  t.same(pmts.map(versionOf), [0, 1, 2]);
  t.same(
    pmts.map(({ at }) => at),
    [0, 3, 6],
    "before the first unit of it",
  );
  t.same(
    pes.map(({ pid }) => pid),
    [0x100, 0x101, 0x102, 0x100, 0x102, 0x103, 0x101],
  );
  t.equal(pcrs.at(-1)?.pid, 0x101, "the PCR moves with the tracks");
  t.equal(pmts[2]?.section.readUInt16BE(8), 0xe101);
  t.equal(continuityErrors(ts()), 0);
  t.end();
});

t.test("ts-writer: version and continuity of tables go round", (t) => {
  const { writer, ts } = writing([videoTrack()]);
  for (let turn = 0; turn < 40; turn++) {
    writer.tables();
    writer.tracks([videoTrack()]);
  }
  writer.tables();
  const { tables } = readTs(ts());
  t.same(
    tables.filter(({ pid }) => pid === 0x1000).map(versionOf),
    Array.from({ length: 41 }, (_, i) => i % 32),
  );
  t.end();
});

t.test("ts-writer: a PMT longer than a packet", (t) => {
  const tracks = Array.from({ length: 60 }, (_, id) => audioTrack({ id, family: "ec-3" }));
  const { writer, ts } = writing(tracks);
  writer.tables();
  writer.tables();
  const pmt = readTs(ts()).tables.find(({ pid }) => pid === 0x1000)?.section ?? Buffer.from([1]);
  t.equal(crc32Mpeg(pmt), 0);
  t.equal(pmt.length, 12 + 48 * 17 + 4, "as many as fit a section");
  t.equal(continuityErrors(ts()), 0);
  t.end();
});

t.test("ts-writer: the tables come again by themselves", (t) => {
  const units = Array.from({ length: 100 }, (_, i) => picture(900_000 + i * 3600, i === 0));
  const at = (every?: number): number[] =>
    readTs(write([videoTrack()], units, every === undefined ? {} : { tablesEvery: ticks(every) }))
      .tables.filter(({ pid }) => pid === 0)
      .map((table) => table.at);
  t.same(at(), [0, 13, 26, 39, 52, 65, 78, 91], "every half second");
  t.same(at(9000).slice(0, 3), [0, 3, 6], "or as often as is said");
  t.end();
});

t.test("ts-writer: hostile lengths of NAL units stay where they are", (t) => {
  for (const data of [
    "00",
    "000000",
    "00000000",
    "ffffffff65",
    "0000000965",
    "000000016500000001",
    "7fffffff",
  ]) {
    const bytes = Buffer.from(data, "hex");
    const { pes } = readTs(write([videoTrack()], [unit({ track: 256, pts: 0, sync: false, data: bytes })]));
    t.equal(pes[0]?.data.length, 6 + bytes.length, data);
  }
  t.end();
});

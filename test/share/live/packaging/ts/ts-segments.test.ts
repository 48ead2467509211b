import t from "tap";
import { seconds } from "../../../../../src/kernel/units.ts";
import type { AccessUnit } from "../../../../../src/share/live/media-source.ts";
import { DtsOrder } from "../../../../../src/share/live/packaging/ts/dts-order.ts";
import { multiplexer, type Multiplexed } from "./multiplex.ts";
import { audioTrack, underLengths, unit, videoTrack } from "./sample-tracks.ts";
import { continuityErrors, readTs } from "./ts-reader.ts";

const SECOND = 90_000;
const FROM = 100 * SECOND;
const IDR = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(900, 1)]);
const SLICE = Buffer.concat([Buffer.from([0x41, 0x9a]), Buffer.alloc(500, 2)]);

const picture = (dts: number, sync: boolean): AccessUnit =>
  unit({ track: 256, dts, pts: dts + 7200, sync, data: underLengths(sync ? IDR : SLICE) });
const sound = (pts: number, track = 257): AccessUnit => unit({ track, pts, data: Buffer.alloc(300, 3) });

interface Play {
  readonly from?: number;
  readonly length: number;
  /** Ticks from one random access point to the next; default a second. */
  readonly every?: number;
  /** How much later the sound comes than the picture; ticks, default 0.5 s. */
  readonly lag?: number;
}

/** Pictures of 25 a second and sound of 48 kHz AAC, as a broadcast sends them: the picture ahead. */
function play(to: Multiplexed, { from = FROM, length, every = SECOND, lag = SECOND / 2 }: Play): void {
  let next = from;
  for (let dts = from; dts < from + length; dts += 3600) {
    to.sink.accessUnit(picture(dts, (dts - from) % every === 0));
    for (; next <= dts - lag; next += 1920) to.sink.accessUnit(sound(next));
  }
  for (; next < from + length; next += 1920) to.sink.accessUnit(sound(next));
}

const times = ({ segments }: Multiplexed): unknown[] =>
  segments.map(({ start, end, independent, discontinuity }) => [
    (start - FROM - 7200) / SECOND,
    (end - FROM - 7200) / SECOND,
    independent,
    discontinuity,
  ]);

t.test("ts-segments: cut at random access points, each segment whole in itself", (t) => {
  const to = multiplexer();
  to.sink.tracks([audioTrack(), videoTrack()]);
  play(to, { length: 4 * SECOND });
  to.sink.ended("no-data", "over");
  t.same(times(to), [
    [0, 1, true, false],
    [1, 2, true, false],
    [2, 3, true, false],
    [3, 4, true, false],
  ]);
  t.same(
    to.segments.map(({ sequence }) => sequence),
    [1, 2, 3, 4],
  );
  for (const { bytes, start } of to.segments) {
    const { pes, tables } = readTs(bytes);
    t.same(
      tables.slice(0, 2).map(({ pid, at }) => [pid, at]),
      [
        [0, 0],
        [0x1000, 0],
      ],
      "PAT and PMT first",
    );
    t.match(pes[0], { streamId: 0xe0, randomAccess: true, pts: start }, "then the picture");
    t.same(
      pes.map(({ dts }) => dts),
      pes.map(({ dts }) => dts).sort((a, b) => a - b),
      "in order of DTS",
    );
  }
  const { pes } = readTs(to.ts());
  t.equal(pes.filter(({ streamId }) => streamId === 0xe0).length, 100);
  t.equal(pes.filter(({ streamId }) => streamId === 0xc0).length, Math.ceil((4 * SECOND) / 1920));
  t.equal(continuityErrors(to.ts()), 0, "counters go on from segment to segment");
  t.equal(to.pool.stats.inUseBytes, 0);
  t.end();
});

t.test("ts-segments: short groups of pictures are gathered, long ones cut", (t) => {
  const short = multiplexer({ minDuration: seconds(2) });
  short.sink.tracks([videoTrack(), audioTrack()]);
  play(short, { length: 6 * SECOND, every: SECOND / 2 });
  short.sink.ended("no-data", "over");
  t.same(times(short), [
    [0, 2, true, false],
    [2, 4, true, false],
    [4, 6, true, false],
  ]);
  const long = multiplexer({ targetDuration: seconds(3) });
  long.sink.tracks([videoTrack(), audioTrack()]);
  play(long, { length: 8 * SECOND, every: 8 * SECOND });
  long.sink.ended("no-data", "over");
  t.same(
    long.segments.map(({ independent }) => independent),
    [true, false, false],
  );
  for (const { start, end } of long.segments)
    t.ok(end - start <= 3 * SECOND, "none is longer than the target");
  long.segments.forEach(({ end }, index) =>
    t.equal(long.segments[index + 1]?.start ?? end, end, "without a gap"),
  );
  t.end();
});

t.test("ts-segments: a break is marked, and goes on at a random access point", (t) => {
  const to = multiplexer();
  to.sink.tracks([videoTrack(), audioTrack()]);
  play(to, { length: 2 * SECOND });
  to.sink.discontinuity();
  to.sink.accessUnit(picture(FROM + 2 * SECOND, false));
  play(to, { from: FROM + 3 * SECOND, length: 2 * SECOND });
  to.sink.tracks([videoTrack(), audioTrack({ family: "ac-3" })]);
  play(to, { from: FROM + 5 * SECOND, length: SECOND });
  to.sink.ended("no-data", "over");
  t.same(times(to), [
    [0, 1, true, false],
    [1, 2, true, false],
    [3, 4, true, true],
    [4, 5, true, false],
    [5, 6, true, true],
  ]);
  const { pcrs, pes, tables } = readTs(to.ts());
  t.same(
    pcrs.filter(({ discontinuity }) => discontinuity).map(({ at }) => pes[at]?.pts),
    [FROM + 3 * SECOND + 7200, FROM + 5 * SECOND + 7200],
    "the PCR tells it",
  );
  t.same([...new Set(tables.filter(({ pid }) => pid > 0).map(({ section }) => section[5]))], [0xc1, 0xc3]);
  t.equal(continuityErrors(to.ts()), 0);
  t.equal(to.pool.stats.inUseBytes, 0);
  t.end();
});

t.test("ts-segments: sound alone is cut by time", (t) => {
  const to = multiplexer();
  to.sink.tracks([audioTrack()]);
  for (let pts = FROM; pts < FROM + 5 * SECOND; pts += 1920) to.sink.accessUnit(sound(pts));
  to.sink.ended("no-data", "over");
  t.equal(to.segments.length, 3);
  for (const { start, end } of to.segments.slice(0, 2))
    t.ok(end - start >= 2 * SECOND && end - start < 2 * SECOND + 1920);
  t.end();
});

t.test("ts-segments: a stream that stands still is waited for, not for ever", (t) => {
  const to = multiplexer();
  to.sink.tracks([videoTrack(), audioTrack()]);
  for (let dts = FROM; dts < FROM + 10 * SECOND; dts += 3600)
    to.sink.accessUnit(picture(dts, (dts - FROM) % SECOND === 0));
  t.equal(to.segments.length, 9, "the sound never comes: once asleep, it holds nothing up");
  const silent = multiplexer({ targetDuration: seconds(2) });
  silent.sink.tracks([videoTrack(), audioTrack()]);
  silent.sink.accessUnit(picture(FROM, true));
  for (let pts = FROM; pts < FROM + 12 * SECOND; pts += 1920) silent.sink.accessUnit(sound(pts));
  t.ok(silent.segments.length >= 3, `${silent.segments.length} segments of sound while no picture comes`);
  for (const { start, end } of silent.segments) t.ok(end - start <= 2 * SECOND);
  t.end();
});

t.test("ts-segments: chosen tracks only; memory comes back whatever is thrown at it", (t) => {
  const to = multiplexer({ select: ({ id }) => id !== 257 });
  to.sink.tracks([videoTrack(), audioTrack(), audioTrack({ id: 300, family: "mp2" })]);
  play(to, { length: 2 * SECOND });
  for (let pts = FROM; pts < FROM + 2 * SECOND; pts += 2160) to.sink.accessUnit(sound(pts, 300));
  to.sink.ended("no-data", "over");
  const { pes } = readTs(to.ts());
  t.same([...new Set(pes.map(({ pid }) => pid))].sort(), [0x100, 0x101]);
  to.sink.accessUnit(picture(FROM, true));
  to.sink.tracks([]);
  to.sink.discontinuity();
  to.sink.ended("no-data", "again");
  t.equal(to.pool.stats.inUseBytes, 0);
  t.end();
});

t.test("ts-segments: only what may be late is, in order", (t) => {
  const got: number[] = [];
  const order = new DtsOrder(({ dts }) => got.push(dts / SECOND));
  order.tracks([1, 2]);
  const push = (track: number, second: number): void =>
    order.push(unit({ track, pts: second * SECOND, data: Buffer.alloc(10) }));
  push(2, 89);
  push(1, 100);
  t.same(got, [], "on another clock, and dropped; the other may still come before 100");
  push(2, 101);
  push(1, 102);
  t.same(got, [100, 101]);
  push(2, 400);
  push(2, 103);
  t.same(got, [100, 101, 102], "another clock again");
  for (let second = 104; second < 112; second++) push(1, second);
  t.same(got.slice(3), [103, 104, 105, 106, 107, 108, 109, 110, 111], "4 s behind: not waited for any more");
  push(2, 105);
  t.equal(got.at(-1), 105, "late is late");
  push(1, 112);
  t.equal(got.at(-1), 105, "but it is waited for again");
  order.flush();
  t.equal(got.at(-1), 112);
  t.end();
});

t.test("ts-segments: what waits is bounded in bytes", (t) => {
  let out = 0;
  const order = new DtsOrder(({ data }) => (out += data.length), { maxBytes: 1_000_000 });
  order.tracks([1, 2]);
  for (let index = 0; index < 200; index++)
    order.push(unit({ track: 1, pts: index, data: Buffer.alloc(10_000, index) }));
  t.ok(out >= 900_000, `${out} bytes went out`);
  t.end();
});

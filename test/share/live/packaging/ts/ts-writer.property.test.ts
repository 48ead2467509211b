import t from "tap";
import { PTS_WRAP } from "../../../../../src/kernel/units.ts";
import type { AccessUnit } from "../../../../../src/share/live/media-source.ts";
import { DtsOrder } from "../../../../../src/share/live/packaging/ts/dts-order.ts";
import { TsWriter } from "../../../../../src/share/live/packaging/ts/ts-writer.ts";
import { audioTrack, underLengths, underStartCodes, unit, videoTrack } from "./sample-tracks.ts";
import { continuityErrors, readTs } from "./ts-reader.ts";

/** A generator of our own: a failure can be run again by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const noise = Buffer.alloc(3 * 1024 * 1024 + 256);
const fill = random(7);
for (let at = 0; at < noise.length; at++) noise[at] = fill(256);

const bytes = (count: number, from: number): Buffer => noise.subarray(from % 256, (from % 256) + count);
const wrapped = (value: number): number => ((value % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;

/** Writes in one go; each output is copied, then spoilt: the writer may not count on it. */
function write(writer: (out: (packets: Buffer) => void) => TsWriter, units: readonly AccessUnit[]): Buffer {
  const out: Buffer[] = [];
  const ts = writer((packets) => {
    out.push(Buffer.from(packets));
    packets.fill(0xee);
  });
  for (const one of units) ts.unit(one);
  return Buffer.concat(out);
}

const MPEG2 = videoTrack({ family: "mpeg2", codec: "mp4v.61" });
const MP2 = audioTrack({ family: "mp2" });

t.test("ts-writer: a unit of any size comes back as it was", (t) => {
  // All around every edge: the first packet's fields, the last packet's stuffing, words, the slab, the growing buffer.
  const sizes = Array.from({ length: 1200 }, (_, index) => index + 1);
  for (const base of [47_104, 48_128, 65_507, 262_144, 524_288, 1_000_000, 3 * 1024 * 1024 - 3])
    for (let near = -3; near <= 3; near++) sizes.push(base + near);
  for (const track of [MPEG2, MP2]) {
    const fitting = sizes.filter((size) => track === MPEG2 || size <= 65_527);
    for (const apart of [0, 3600]) {
      const units = fitting.map((size, index) =>
        unit({
          track: track.id,
          dts: 900_000 + index * 3600,
          pts: 900_000 + index * 3600 + apart,
          sync: index % 3 === 0,
          data: bytes(size, index),
        }),
      );
      const ts = write((out) => new TsWriter([track], out), units);
      const { pes } = readTs(ts);
      t.equal(pes.length, units.length);
      const wrong = pes.findIndex(({ data }, index) => !data.equals(units[index]?.data ?? Buffer.alloc(0)));
      t.equal(wrong, -1, `${track.family}: the bytes of every unit, ${wrong < 0 ? "all" : fitting[wrong]}`);
      t.equal(continuityErrors(ts), 0);
    }
  }
  t.end();
});

t.test("ts-writer: any sizes, tracks, time stamps and breaks make a sound stream", (t) => {
  const tracks = [
    MPEG2,
    MP2,
    audioTrack({ id: 300, family: "ac-3" }),
    audioTrack({ id: 301, family: "mp2" }),
  ];
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const units: AccessUnit[] = [];
    // Begins before the end of a turn; every third run jumps about at random.
    let time = PTS_WRAP * (1 + next(3)) - next(2_000_000);
    for (let index = 0; index < 150; index++) {
      time += next(6000);
      if (seed % 3 === 0 && next(10) === 0) time = next(2 ** 32) * next(2 ** 16);
      const track = tracks[next(tracks.length)] ?? MPEG2;
      const most = next(20) === 0 ? (track === MPEG2 ? 400_000 : 65_527) : 4000;
      const dts = time - next(3000);
      const pts = track === MPEG2 ? dts + next(3) * 3600 : dts;
      units.push(
        unit({ track: track.id, dts, pts, sync: next(4) === 0, data: bytes(1 + next(most), index) }),
      );
    }
    const breaks = new Set(Array.from({ length: next(4) }, () => next(units.length)));
    const out: Buffer[] = [];
    const writer = new TsWriter(tracks, (packets) => out.push(Buffer.from(packets)));
    units.forEach((one, index) => {
      if (breaks.has(index)) writer.discontinuity();
      if (next(30) === 0) writer.tables();
      if (next(50) === 0) writer.tracks(tracks);
      writer.unit(one);
    });
    const ts = Buffer.concat(out);
    const { pes, pcrs } = readTs(ts);
    const same = pes.every(({ data, pts, dts }, index) => {
      const from = units[index];
      return (
        from !== undefined && data.equals(from.data) && pts === wrapped(from.pts) && dts === wrapped(from.dts)
      );
    });
    if (!same || pes.length !== units.length) t.fail(`seed ${seed}: what was read is not what was written`);
    if (continuityErrors(ts) > 0) t.fail(`seed ${seed}: continuity`);
    pcrs.forEach(({ base, discontinuity }, index) => {
      const step = wrapped(base - (pcrs[index - 1]?.base ?? base));
      if (!discontinuity && step > 4050) t.fail(`seed ${seed}: ${step / 90} ms from PCR to PCR`);
    });
  }
  t.pass("60 seeds");
  t.end();
});

t.test("ts-writer: any NAL units come back under start codes, and noise for lengths harms nothing", (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed);
    const nals = Array.from({ length: 1 + next(12) }, (_, index) =>
      // SEI of any size: no slice, so that no field begins.
      Buffer.concat([Buffer.from([0x06]), bytes(next(next(5) === 0 ? 70_000 : 400), index + seed)]),
    );
    const sync = next(2) === 0;
    const units = [
      unit({ track: 256, pts: 900_000, sync, data: underLengths(...nals) }),
      unit({ track: 256, pts: 903_600, sync, data: bytes(1 + next(5000), seed) }),
    ];
    const { pes } = readTs(write((out) => new TsWriter([videoTrack()], out), units));
    const expected = underStartCodes(...nals);
    const got = pes[0]?.data ?? Buffer.alloc(0);
    if (!got.subarray(-expected.length).equals(expected)) t.fail(`seed ${seed}: NAL units`);
    if (pes.length !== 2) t.fail(`seed ${seed}: noise is a unit like any other`);
  }
  t.pass("200 seeds");
  t.end();
});

t.test("dts-order: however tracks come beside each other, they go out in order, whole", (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const ids = [1, 2, 3].slice(0, 1 + next(3));
    // Each track in its own order, each as far behind as it likes, within 3 s.
    const arriving = ids.flatMap((track) => {
      const lag = next(270_000);
      const step = 1000 + next(5000);
      return Array.from({ length: 150 }, (_, index) => {
        const data = bytes(1 + next(next(10) === 0 ? 200_000 : 3000), index + track);
        return { at: index * step + lag, one: unit({ track, pts: 900_000 + index * step, data }) };
      });
    });
    arriving.sort((a, b) => a.at - b.at);
    const got: AccessUnit[] = [];
    const order = new DtsOrder((one) => got.push({ ...one, data: Buffer.from(one.data) }));
    order.tracks(ids);
    // A track that is over holds the others up, until they are far ahead: then they go on in order.
    for (const { one } of arriving) order.push(one);
    order.flush();
    if (got.length !== arriving.length) t.fail(`seed ${seed}: ${got.length} of ${arriving.length}`);
    got.forEach(({ dts }, index) => {
      if (dts < (got[index - 1]?.dts ?? 0)) t.fail(`seed ${seed}: ${dts} behind ${got[index - 1]?.dts}`);
    });
    for (const id of ids) {
      const expected = Buffer.concat(arriving.flatMap(({ one }) => (one.track === id ? [one.data] : [])));
      const found = Buffer.concat(got.flatMap(({ track, data }) => (track === id ? [data] : [])));
      if (!found.equals(expected)) t.fail(`seed ${seed}: bytes of track ${id}`);
    }
  }
  t.pass("60 seeds");
  t.end();
});

import t from "tap";
import type { AccessUnit } from "../../../../../src/share/live/media-source.ts";
import { audioTrack, underLengths, unit, videoTrack } from "./sample-tracks.ts";
import { readTs } from "./ts-reader.ts";
import { write, writing } from "./writing.ts";

const picture = (dts: number, sync = false): AccessUnit =>
  unit({ track: 256, pts: dts + 7200, dts, sync, data: underLengths(Buffer.from([0x41, 0x9a, 0x21])) });

t.test("ts-writer: PCRs are never more than 45 ms apart, and go with the time that passes", (t) => {
  const units: AccessUnit[] = [];
  // 2 pictures a second; sound every 24 ms.
  for (let ms = 0; ms < 3000; ms += 4) {
    if (ms % 500 === 0) units.push(picture(ms * 90 + 900_000, ms === 0));
    if (ms % 24 === 0) units.push(unit({ track: 257, pts: ms * 90 + 900_000, data: Buffer.alloc(100, ms) }));
  }
  const { pcrs, pes } = readTs(write([videoTrack(), audioTrack()], units));
  t.equal(pes.length, units.length);
  const steps = pcrs.map(({ base }, index) => base - (pcrs[index - 1]?.base ?? base)).slice(1);
  t.ok(
    steps.every((step) => step > 0 && step <= 4050),
    `steps of ${Math.min(...steps)}..${Math.max(...steps)}`,
  );
  t.ok(pcrs.every(({ pid }) => pid === 0x100));
  for (const { base, at } of pcrs) {
    const next = pes[at];
    if (next !== undefined && next.dts - base > 45_000 + 4050) t.fail(`PCR ${base} is late for ${next.dts}`);
    if (next !== undefined && next.dts - base < 45_000) t.fail(`PCR ${base} is early for ${next.dts}`);
  }
  t.end();
});

t.test("ts-writer: without video the first sound carries the PCR", (t) => {
  const units = Array.from({ length: 100 }, (_, i) =>
    unit({ track: 257, pts: 90_000 + i * 1920, data: Buffer.alloc(99) }),
  );
  const { pcrs, tables } = readTs(write([audioTrack({ id: 257 }), audioTrack({ id: 300 })], units));
  t.equal(tables[1]?.section.readUInt16BE(8), 0xe100);
  t.ok(pcrs.length > 45, `${pcrs.length} PCRs in 2.1 s`);
  t.ok(
    pcrs.every(({ pid, alone }) => pid === 0x100 && !alone),
    "in packets that are sent anyway",
  );
  t.end();
});

t.test("ts-writer: discontinuity_indicator comes with the first PCR, before all else", (t) => {
  const { writer, ts } = writing([videoTrack(), audioTrack()]);
  writer.unit(picture(900_000, true));
  writer.unit(unit({ track: 257, pts: 900_000, data: Buffer.alloc(50) }));
  writer.discontinuity();
  writer.unit(unit({ track: 257, pts: 400_000, data: Buffer.alloc(50) }));
  writer.unit(picture(400_900, true));
  writer.unit(unit({ track: 257, pts: 401_920, data: Buffer.alloc(50) }));
  const { pcrs, pes } = readTs(ts());
  t.same(
    pcrs.map(({ base, discontinuity, alone, at }) => [base, discontinuity, alone, at]),
    [
      [855_000, false, false, 0],
      [355_000, true, true, 2],
      [355_900, false, false, 3],
    ],
  );
  t.same(
    pes.map(({ discontinuity }) => discontinuity),
    [false, false, true, false, false],
    "once a PID: the PCR's had it alone",
  );
  t.end();
});

t.test("ts-writer: a gap is filled with PCRs; a jump breaks the time base", (t) => {
  const filled = readTs(write([videoTrack()], [picture(900_000, true), picture(1_350_000, true)])).pcrs;
  const steps = filled.map(({ base }, index) => base - (filled[index - 1]?.base ?? base));
  t.ok(Math.max(...steps) <= 4050, "five seconds without a picture");
  for (const to of [9_000_000, 10]) {
    const jumped = readTs(write([videoTrack()], [picture(2_000_000, true), picture(to, true)])).pcrs;
    t.same(
      jumped.map(({ discontinuity }) => discontinuity),
      [false, true],
    );
  }
  t.end();
});

t.test("ts-writer: time stamps and PCR wrap at 33 bits", (t) => {
  const wrap = 2 ** 33;
  const from = wrap * 3 - 10_000;
  const units = Array.from({ length: 20 }, (_, i) => picture(from + i * 3600, i === 0));
  const { pes, pcrs } = readTs(write([videoTrack()], units));
  t.same(
    pes.map(({ dts }) => dts),
    units.map(({ dts }) => dts % wrap),
  );
  t.same(
    pes.map(({ pts }) => pts),
    units.map(({ pts }) => pts % wrap),
  );
  t.same(
    pcrs.map(({ base }) => base),
    units.map(({ dts }) => (dts - 45_000) % wrap),
  );
  const early = readTs(write([videoTrack()], [picture(1000, true)])).pcrs;
  t.equal(early[0]?.base, wrap - 44_000, "before zero is the end of the last turn");
  t.end();
});

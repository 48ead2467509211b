import fc from "fast-check";
import t from "tap";
import { BitReader } from "../../../../../src/share/live/packaging/codecs/bit-reader.ts";
import { unescapeRbsp } from "../../../../../src/share/live/packaging/codecs/nal.ts";
import { BitWriter } from "../../../../../src/share/live/packaging/no-idr/bit-writer.ts";
import { SliceParameters } from "../../../../../src/share/live/packaging/no-idr/parameter-sets.ts";
import { withoutRecoveryPoint } from "../../../../../src/share/live/packaging/no-idr/recovery-point.ts";
import { parseSliceHeader } from "../../../../../src/share/live/packaging/no-idr/slice-header.ts";
import {
  escapeRbsp,
  rewriteSlice,
  sliceBytes,
} from "../../../../../src/share/live/packaging/no-idr/slice-writer.ts";
import { nalUnits } from "../../../../../src/share/live/packaging/no-idr/source-pictures.ts";
import { skipWithoutFfmpeg } from "../media-tools.ts";
import { sourceFrames } from "./idr-media.ts";
import { STREAMS } from "./streams.ts";

t.test("no-idr: what is written is read again", (t) => {
  const item = fc.oneof(
    fc.record({ kind: fc.constant("ue" as const), value: fc.integer({ min: 0, max: 2 ** 31 }) }),
    fc.record({ kind: fc.constant("se" as const), value: fc.integer({ min: -(2 ** 30), max: 2 ** 30 }) }),
    fc.record({ kind: fc.constant("bits" as const), value: fc.integer({ min: 0, max: 2 ** 17 - 1 }) }),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 200 }), (items) => {
      const writer = new BitWriter(1);
      for (const { kind, value } of items)
        if (kind === "bits") writer.bits(value, 17);
        else writer[kind](value);
      const reader = new BitReader(writer.done());
      for (const { kind, value } of items)
        if ((kind === "bits" ? reader.bits(17) : reader[kind]()) !== value) return false;
      return reader.left < 8 && !reader.overrun;
    }),
  );
  t.end();
});

t.test("no-idr: bits are copied from anywhere to anywhere", (t) => {
  const bits = (data: Buffer): string => [...data].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.nat(),
      fc.nat({ max: 9 }),
      (bytes, a, b, ahead) => {
        const data = Buffer.from(bytes);
        const [from, to] = [a % (data.length * 8), b % (data.length * 8)].sort((x, y) => x - y);
        const writer = new BitWriter(1);
        writer.bits(0, ahead);
        writer.copy(data, from ?? 0, to ?? 0);
        writer.flag(true);
        return bits(writer.done()).startsWith(`${"0".repeat(ahead)}${bits(data).slice(from, to)}1`);
      },
    ),
  );
  t.end();
});

t.test("no-idr: emulation prevention is the inverse of its removal", (t) => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 300 }), (bytes) => {
      const rbsp = Buffer.from([...bytes, 0x80]);
      const nal = escapeRbsp(rbsp);
      return (
        unescapeRbsp(nal).equals(rbsp) && !/00 00 0[0-2]/.test(nal.toString("hex").replace(/../g, "$& "))
      );
    }),
  );
  t.end();
});

t.test(
  "no-idr: a slice written with its own header is the same, bit for bit",
  { skip: skipWithoutFfmpeg() },
  (t) => {
    for (const [name, make] of STREAMS) {
      const frames = sourceFrames(make());
      const parameters = new SliceParameters(
        frames.find(({ config }) => config !== null)?.config?.config ?? Buffer.alloc(0),
      );
      let slices = 0;
      for (const { data } of frames) {
        for (const nal of nalUnits(data)) {
          if (![1, 5].includes((nal[0] ?? 0) & 31)) continue;
          for (const whole of [true, false]) {
            const bytes = sliceBytes(nal, whole);
            const header = parseSliceHeader(bytes.head, (pps) => parameters.of(pps));
            if (typeof header === "string") throw new Error(`${name}: ${header}`);
            const own = parameters.of(header.pps);
            if (own === null || (!whole && !own.pps.cabac)) continue;
            slices++;
            const written = Buffer.concat(rewriteSlice(bytes, header, header, own));
            if (!written.equals(nal)) t.fail(`${name}: slice ${slices} at frame ${header.frameNum}`);
          }
        }
      }
      t.ok(slices > 120, `${name}: ${slices} slices`);
    }
    t.end();
  },
);

t.test("no-idr: the recovery point message goes, others stay", (t) => {
  const timing = [1, 1, 0x30];
  const user = [4, 3, 0xb5, 0, 0x31];
  const nal = (...messages: number[][]): Buffer => Buffer.from([6, ...messages.flat(), 0x80]);
  t.same(withoutRecoveryPoint([nal([6, 1, 0xc4], timing, user)]), [nal(timing, user)]);
  t.same(withoutRecoveryPoint([nal([6, 1, 0xc4])]), []);
  const other = nal(timing, user);
  t.equal(withoutRecoveryPoint([other])[0], other, "not touched");
  t.same(withoutRecoveryPoint([other, Buffer.from([8, 1])], true), [Buffer.from([8, 1])], "bare");
  t.end();
});

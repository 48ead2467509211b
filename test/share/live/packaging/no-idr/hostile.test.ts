import fc from "fast-check";
import t from "tap";
import { IdrGroups } from "../../../../../src/share/live/packaging/no-idr/idr-groups.ts";
import { SliceParameters } from "../../../../../src/share/live/packaging/no-idr/parameter-sets.ts";
import { SourcePictures } from "../../../../../src/share/live/packaging/no-idr/source-pictures.ts";
import { skipWithoutFfmpeg } from "../media-tools.ts";
import { sourceFrames, type Frame } from "./idr-media.ts";
import { STREAMS } from "./streams.ts";

const skip = skipWithoutFfmpeg();

const material = (): Frame[] => STREAMS.slice(0, 5).flatMap(([, make]) => sourceFrames(make(), { skip: 1 }));

const flips = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 7 })), { minLength: 1, maxLength: 12 });

const spoilt = (frame: Frame, bits: readonly (readonly [number, number])[], cut: number): Frame => {
  const data = Buffer.from(frame.data.subarray(0, Math.max(1, frame.data.length - cut)));
  for (const [at, bit] of bits) {
    const index = at % data.length;
    data[index] = (data[index] ?? 0) ^ (1 << bit);
  }
  return { ...frame, data };
};

t.test(
  "no-idr: flipped bits and cut ends never throw, and what comes out are whole NAL units",
  { skip },
  (t) => {
    const frames = material();
    fc.assert(
      fc.property(
        fc.nat({ max: frames.length - 60 }),
        fc.array(fc.tuple(fc.nat({ max: 59 }), flips, fc.nat({ max: 200 })), { maxLength: 10 }),
        (from, faults) => {
          const groups = new IdrGroups(({ data }) => {
            let at = 0;
            while (at + 4 <= data.length) at += 4 + data.readUInt32BE(at);
            if (!faults.length && at !== data.length) throw new Error("half a NAL unit");
          });
          frames.slice(from, from + 60).forEach((frame, index) => {
            const fault = faults.find(([which]) => which === index);
            groups.push(fault === undefined ? frame : spoilt(frame, fault[1], fault[2]));
          });
          groups.flush();
        },
      ),
      { numRuns: 60 },
    );
    t.end();
  },
);

t.test("no-idr: any configuration record and any access unit are read without harm", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 400 }), (config, unit) => {
      const read = new SourcePictures(new SliceParameters(Buffer.from(config))).read(Buffer.from(unit));
      return typeof read === "string" || read.length > 0;
    }),
    { numRuns: 800 },
  );
  t.end();
});

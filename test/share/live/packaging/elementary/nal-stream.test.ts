import t from "tap";
import { ms, pid } from "../../../../../src/kernel/units.ts";
import { videoParser } from "../../../../../src/share/live/packaging/elementary/parsers.ts";
import type { StreamCodec } from "../../../../../src/tuner/ports.ts";
import { demux } from "../../../../helpers/ts-to-media.ts";
import { makeTs, skipWithoutFfmpeg } from "../media-tools.ts";

/** A picture where nothing moves: those after the first are a few bytes each. */
const still = (size: string, ...coding: readonly string[]): readonly string[] => [
  ...["-f", "lavfi", "-i", `color=gray:s=${size}:r=25:d=1`, "-pix_fmt", "yuv420p", "-bf", "0", ...coding],
];

/** In one slice each; MPEG-2 has one for every row of macroblocks. */
const STILL: readonly (readonly [StreamCodec, readonly string[]])[] = [
  ["h264", still("64x64", "-c:v", "libx264", "-x264-params", "slices=1:bframes=0:log-level=0")],
  ["hevc", still("64x64", "-c:v", "libx265", "-x265-params", "bframes=0:log-level=error")],
  ["mpeg2-video", still("64x16", "-c:v", "mpeg2video")],
];

for (const [codec, args] of STILL) {
  t.test(
    `video: ${codec} lets a picture go with the next packet, be that of a few bytes`,
    { skip: skipWithoutFfmpeg() },
    (t) => {
      let [pushed, emitted, smallest] = [0, 0, Infinity];
      const late: number[] = [];
      const parser = videoParser(
        {
          pid: pid(256),
          streamType: 0,
          codec,
          language: null,
          audioDescription: false,
          descriptors: Buffer.alloc(0),
        },
        () => void emitted++,
      );
      demux(makeTs(args), {
        streams: () => undefined,
        pes: ({ pts, dts, data }) => {
          smallest = Math.min(smallest, data.length - data.lastIndexOf(Buffer.from([0, 0, 1])) - 3);
          parser.push({ pts, dts, randomAccess: false, damaged: false, data, arrivedAt: ms(0) });
          if (emitted !== pushed++) late.push(pushed);
        },
        pcr: () => undefined,
        scrambling: () => undefined,
        ended: () => undefined,
      });
      t.same(late, [], "each picture but the last is out");
      t.equal(pushed, 25, "as many packets as pictures");
      t.ok(smallest < 24, `the smallest slice has ${smallest} bytes`);
      parser.flush();
      t.equal(emitted, pushed, "and the last in the end");
      t.end();
    },
  );
}

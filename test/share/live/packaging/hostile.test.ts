import fc from "fast-check";
import t from "tap";
import { ms, pid, ticks } from "../../../../src/kernel/units.ts";
import { parseAc3Frame } from "../../../../src/share/live/packaging/codecs/ac3.ts";
import {
  parseH264Pps,
  parseH264Slice,
  parseH264Sps,
} from "../../../../src/share/live/packaging/codecs/h264.ts";
import {
  parseHevcPps,
  parseHevcSlice,
  parseHevcSps,
} from "../../../../src/share/live/packaging/codecs/hevc.ts";
import { parseAudioMuxElement } from "../../../../src/share/live/packaging/codecs/latm.ts";
import { seiMessages, unescapeRbsp } from "../../../../src/share/live/packaging/codecs/nal.ts";
import { audioParser, videoParser } from "../../../../src/share/live/packaging/elementary/parsers.ts";
import type { PesInput } from "../../../../src/share/live/packaging/elementary/pes.ts";
import { Packager } from "../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import type { ElementaryStream, StreamCodec } from "../../../../src/tuner/ports.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { collector, demux, packageTs } from "../../../helpers/ts-to-media.ts";
import { H264, makeTs, picture, skipWithoutFfmpeg, sound } from "./media-tools.ts";

const VIDEO: readonly StreamCodec[] = ["h264", "hevc", "mpeg2-video"];
const AUDIO: readonly StreamCodec[] = ["aac-adts", "aac-latm", "mpeg-audio", "ac-3", "ec-3"];

const stream = (codec: StreamCodec): ElementaryStream => ({
  pid: pid(256),
  streamType: 0,
  codec,
  language: null,
  audioDescription: false,
  descriptors: Buffer.alloc(0),
});

/** A stream of each coding as ffmpeg makes it: the payload of its PES packets. */
const MAKE: Partial<Record<StreamCodec, readonly string[]>> = {
  h264: [...picture(1, "160x96"), ...H264],
  hevc: [
    ...picture(1, "160x96"),
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "log-level=error",
  ],
  "mpeg2-video": [...picture(1, "160x96"), "-c:v", "mpeg2video", "-bf", "2"],
  "aac-adts": [...sound(1), "-c:a", "aac"],
  "mpeg-audio": [...sound(1), "-c:a", "mp2"],
  "ac-3": [...sound(1), "-c:a", "ac3"],
  "ec-3": [...sound(1), "-c:a", "eac3"],
};

interface Frame {
  readonly pts: number;
  readonly data: string;
}

/** Frames of a coding out of PES packets. */
function parse(codec: StreamCodec, packets: readonly PesInput[]): Frame[] {
  const frames: Frame[] = [];
  const emit = ({ pts, data }: { pts: number; data: Buffer }): void =>
    void frames.push({ pts, data: data.toString("latin1") });
  const parser = VIDEO.includes(codec) ? videoParser(stream(codec), emit) : audioParser(stream(codec), emit);
  for (const packet of packets) parser.push(packet);
  parser.flush();
  return frames;
}

const packet = (data: Buffer, pts: number | null): PesInput => ({
  pts,
  dts: pts,
  randomAccess: false,
  damaged: false,
  data,
  arrivedAt: ms(0),
});

function packetsOf(codec: StreamCodec): PesInput[] {
  const packets: PesInput[] = [];
  const muxer = codec === "aac-latm" ? ["-mpegts_flags", "+latm"] : [];
  demux(makeTs(MAKE[codec] ?? MAKE["aac-adts"] ?? [], muxer), {
    streams: () => undefined,
    pes: (pes) => void packets.push({ ...pes, data: Buffer.from(pes.data) }),
    pcr: () => undefined,
    scrambling: () => undefined,
    ended: () => undefined,
  });
  return packets;
}

for (const codec of [...VIDEO, ...AUDIO]) {
  t.test(
    `packaging: ${codec} gives the same frames wherever packets are split`,
    { skip: skipWithoutFfmpeg() },
    (t) => {
      const whole = packetsOf(codec);
      const expected = parse(codec, whole);
      t.ok(expected.length >= 20, `${expected.length} frames`);
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 4, max: 3000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
          const split = whole.flatMap(({ data, pts, dts }) => {
            const parts: PesInput[] = [];
            for (let at = 0, turn = 0; at < data.length; turn++) {
              const size = sizes[(turn + parts.length) % sizes.length] ?? 1;
              const part = packet(Buffer.from(data.subarray(at, at + size)), at === 0 ? pts : null);
              parts.push(at === 0 ? { ...part, dts } : part);
              at += size;
            }
            return parts;
          });
          const got = parse(codec, split);
          return got.length === expected.length && got.every(({ data }, i) => data === expected[i]?.data);
        }),
        { numRuns: 40, examples: [[[4]], [[7, 180]]] },
      );
      t.end();
    },
  );

  t.test(`packaging: ${codec} survives lost and changed bytes`, { skip: skipWithoutFfmpeg() }, (t) => {
    const whole = packetsOf(codec);
    const change = fc.record({ at: fc.nat(1e6), cut: fc.nat(400), flip: fc.nat(255), damaged: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
        const packets = whole.map((one) => ({ ...one, data: Buffer.from(one.data) }));
        for (const { at, cut, flip, damaged } of changes) {
          const one = packets[at % packets.length];
          if (one === undefined || one.data.length === 0) continue;
          const where = at % one.data.length;
          one.data[where] = (one.data[where] ?? 0) ^ flip;
          if (cut > 200)
            one.data = Buffer.concat([one.data.subarray(0, where), one.data.subarray(where + cut)]);
          Object.assign(one, { damaged });
        }
        for (const { pts } of parse(codec, packets)) if (!(pts >= 0 && pts < 2 ** 33)) return false;
        return true;
      }),
      { numRuns: 60 },
    );
    t.end();
  });
}

t.test("packaging: no header parser throws, whatever it is given", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const data = Buffer.from(bytes);
      const sync = Buffer.concat([Buffer.from([0x0b, 0x77]), data]);
      for (const one of [data, sync]) {
        parseH264Sps(one);
        parseH264Pps(one);
        parseH264Slice(one);
        parseHevcSps(one);
        parseHevcPps(one);
        parseHevcSlice(one);
        parseAc3Frame(one);
        parseAudioMuxElement(one, null);
        seiMessages(unescapeRbsp(one));
      }
      return true;
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test(
  "packaging: a stream with holes gives segments that begin where they say",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const whole = makeTs([...picture(8), ...sound(8), ...H264, "-c:a", "aac"]);
    for (let seed = 1; seed <= 8; seed++) {
      let state = seed;
      const kept: Buffer[] = [];
      for (let at = 0; at < whole.length; at += 188) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        if (at < 188 * 40 || (state >>> 16) % 300 !== 0) kept.push(whole.subarray(at, at + 188));
      }
      const result = await packageTs(Buffer.concat(kept));
      t.ok(result.of("v0").length >= 6, `seed ${seed}: ${result.of("v0").length} segments`);
      for (const { id } of result.renditions) {
        const sequences = result.of(id).map(({ sequence }) => sequence);
        t.same(
          sequences,
          sequences.map((_, index) => index + 1),
        );
      }
      t.equal(result.pool.stats.inUseBytes, 0);
    }
  },
);

t.test("packager: any order of calls keeps sequences, order and memory", (t) => {
  const call = fc.oneof(
    {
      weight: 30,
      arbitrary: fc.record({
        kind: fc.constant("v" as const),
        step: fc.integer({ min: -4000, max: 9000 }),
        key: fc.boolean(),
      }),
    },
    {
      weight: 40,
      arbitrary: fc.record({
        kind: fc.constant("a" as const),
        step: fc.integer({ min: -2500, max: 5000 }),
        key: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("break" as const, "tracks" as const),
        step: fc.constant(0),
        key: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("v" as const, "a" as const),
        step: fc.integer({ min: -2e6, max: 2e6 }),
        key: fc.boolean(),
      }),
    },
  );
  const video = {
    kind: "video",
    id: 1,
    family: "avc",
    codec: "avc1.64001f",
    width: 64,
    height: 64,
    sar: [1, 1],
    frameRate: 25,
    interlaced: false,
    colour: null,
    config: Buffer.alloc(7),
  } as const;
  const audio = {
    kind: "audio",
    id: 2,
    family: "aac",
    codec: "mp4a.40.2",
    sampleRate: 48000,
    channels: 2,
    frameSamples: 1024,
    language: null,
    audioDescription: false,
    config: Buffer.alloc(2),
  } as const;
  fc.assert(
    fc.property(fc.array(call, { maxLength: 400 }), (calls) => {
      const pool = new SlabPool({ slabBytes: 512 });
      const result = collector(pool);
      const packager = new Packager({ sink: result.sink, pool, clock: new FakeClock() });
      packager.tracks([video, audio]);
      const now = { v: 5e6, a: 5e6 };
      for (const { kind, step, key } of calls) {
        if (kind === "break") packager.discontinuity();
        else if (kind === "tracks") packager.tracks(key ? [video, audio] : [video]);
        else {
          now[kind] = Math.max(0, now[kind] + step);
          const at = ticks(now[kind]);
          packager.accessUnit({
            track: kind === "v" ? 1 : 2,
            pts: at,
            dts: at,
            randomAccess: key || kind === "a",
            idr: key,
            data: Buffer.alloc(50),
          });
        }
      }
      packager.ended("no-data", "over");
      const video0 = result.of("v0");
      const decodeTime = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(bytes.indexOf("tfdt") + 8));
      for (const [index, { sequence, duration, bytes, gap }] of video0.entries()) {
        if (sequence !== index + 1 || !(duration > 0) || duration > 6.001) return false;
        const before = video0.slice(0, index).findLast((one) => !one.gap);
        if (!gap && before !== undefined && decodeTime(bytes) < decodeTime(before.bytes)) return false;
      }
      return pool.stats.inUseBytes === 0;
    }),
    { numRuns: 300 },
  );
  t.end();
});

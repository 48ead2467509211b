import t, { type Test } from "tap";
import { seconds } from "../../../../src/kernel/units.ts";
import { multivariantPlaylist } from "../../../../src/share/live/hls/multivariant-playlist.ts";
import { initSegment } from "../../../../src/share/live/packaging/fmp4/init-segment.ts";
import { Packager } from "../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import type { Track, VideoTrack } from "../../../../src/share/live/media-source.ts";
import type { PesPacket, StreamCodec } from "../../../../src/tuner/ports.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { collector } from "../../../helpers/ts-to-media.ts";
import {
  delivered,
  H264_AUD,
  H264_SETS,
  h264Slice,
  mpeg2Picture,
  packetsOf,
  pes,
  pictures,
  sei,
  type H264Slice,
} from "./coded-streams.ts";
import { makeTs, picture, skipWithoutFfmpeg } from "./media-tools.ts";

const FRAME = 3600;
const at = (n: number): number => 900_000 + n * FRAME;

const H264_SEI = [6];
const RECOVERY = (count: number): Buffer => {
  // recovery_frame_cnt, then exact_match_flag, broken_link_flag and changing_slice_group_idc.
  if (count === 0) return Buffer.from([0b11000000]);
  return Buffer.from([0b00110100]); // ue(5)
};

// ---------------------------------------------------------------- V-02

t.test("V-02 a recovery point of frame count 0 is a random access point at once", (t) => {
  const frames = pictures(
    "h264",
    [0, 1, 2, 3].map((n) =>
      pes(
        Buffer.concat([
          H264_AUD,
          ...(n === 2 ? [H264_SETS, sei(H264_SEI, [6, RECOVERY(0)])] : []),
          h264Slice({ type: n === 2 ? "I" : "P", frameNum: n }),
        ]),
        at(n),
      ),
    ),
  );
  t.same(
    frames.filter(({ randomAccess }) => randomAccess).map(({ pts }) => pts),
    [at(2)],
  );
  t.end();
});

t.test("V-02 gradual refresh is accepted when nothing better has come for long", (t) => {
  // Every 25th picture begins a refresh that is whole five frames later; no picture is intra.
  const packets = Array.from({ length: 400 }, (_, n) =>
    pes(
      Buffer.concat([
        H264_AUD,
        ...(n % 25 === 0 ? [H264_SETS, sei(H264_SEI, [6, RECOVERY(5)])] : []),
        h264Slice({ frameNum: n % 16 }),
      ]),
      at(n),
    ),
  );
  const found = pictures("h264", packets).flatMap(({ randomAccess, pts }) =>
    randomAccess ? [(pts - at(0)) / FRAME] : [],
  );
  t.same(found, [325], "not before 300 pictures, at the next refresh, and at no picture without one");
  t.end();
});

t.test("V-02 broken_link: MPEG-2 pictures whose references were cut away go, also in mid-stream", (t) => {
  const shown = (broken: boolean): number[] => {
    const kinds = ["I", "P", "I", "B", "B", "P", "B", "B"] as const;
    const references = [0, 1, 2, 0, 1, 5, 3, 4];
    const packets = kinds.map((type, n) =>
      pes(
        mpeg2Picture({
          type,
          temporalReference: references[n] ?? 0,
          ...(type === "I" && { group: { closed: n === 0, broken: n > 0 && broken } }),
        }),
        at(n),
      ),
    );
    return pictures("mpeg2-video", packets).map(({ dts }) => (dts - at(0)) / FRAME);
  };
  t.same(shown(false), [0, 1, 2, 3, 4, 5, 6, 7]);
  t.same(shown(true), [0, 1, 2, 5, 6, 7], "those behind the next reference picture stay");
  t.end();
});

// ---------------------------------------------------------------- V-03

const OPEN_GOP: Partial<Record<StreamCodec, readonly string[]>> = {
  h264: ["-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-x264-params"],
  hevc: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"],
  "mpeg2-video": ["-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-sc_threshold", "1000000000"],
};

/** Four seconds with an open group of pictures every second or half. */
function openGop(codec: "h264" | "hevc" | "mpeg2-video"): PesPacket[] {
  const shared = "open-gop=1:keyint=24:min-keyint=2:scenecut=0:bframes=2:b-adapt=0";
  const parameters = codec === "h264" ? shared : `${shared}:log-level=error`;
  const args = [...picture(4, "160x96"), ...(OPEN_GOP[codec] ?? [])];
  return packetsOf(makeTs(codec === "mpeg2-video" ? args : [...args, parameters]));
}

/** Of the first slice in Annex B bytes. */
function hevcType(data: Buffer): number {
  for (
    let from = data.indexOf("000001", 0, "hex");
    from >= 0;
    from = data.indexOf("000001", from + 3, "hex")
  ) {
    const type = ((data[from + 3] ?? 0) >> 1) & 63;
    if (type < 32) return type;
  }
  return -1;
}

/** Stream begins at its third random access point: which pictures before the next one come out? */
function begunLate(codec: "h264" | "hevc" | "mpeg2-video") {
  const packets = openGop(codec);
  const points = packets.flatMap(({ randomAccess }, index) => (randomAccess ? [index] : []));
  const [first = 0, second = 0] = points.slice(2);
  const cut = packets.slice(first);
  const start = cut[0]?.pts ?? 0;
  const group = cut.slice(0, second - first);
  const next = cut[second - first]?.pts ?? 0;
  return { cut, start, group, leads: (pts: number) => pts < start, leadsNext: (pts: number) => pts < next };
}

for (const codec of ["h264", "hevc", "mpeg2-video"] as const)
  t.test(
    `V-03 ${codec}: pictures that lead the first random access point are left out, later ones stay`,
    { skip: skipWithoutFfmpeg() },
    (t) => {
      const { cut, start, group, leads, leadsNext } = begunLate(codec);
      const leading = group.filter(({ pts }) => leads(pts ?? 0));
      t.equal(leading.length, 2, "the group is an open one");
      const { units } = delivered(codec, cut);
      const times = units.map(({ pts }) => pts % 2 ** 33);
      t.equal(times[0], start);
      t.ok(times.every((pts) => pts >= start));
      const later = cut.slice(group.length).filter(({ pts }) => leadsNext(pts ?? 0));
      t.equal(later.length, 2, "the next group is open as well");
      // A recovery point that is made an IDR picture is there twice, one tick apart.
      const once = new Set(times.filter((pts) => !times.includes(pts - 1)));
      for (const { pts } of later) t.ok(once.has(pts ?? 0), "what leads it is there");
      t.equal(once.size, cut.length - leading.length, "nothing else is missing");
      t.end();
    },
  );

t.test("V-03 HEVC: RADL pictures stay at a start, RASL pictures go", { skip: skipWithoutFfmpeg() }, (t) => {
  const { cut, group, leads } = begunLate("hevc");
  t.equal(hevcType(cut[0]?.data ?? Buffer.alloc(0)), 21, "begins at a CRA picture");
  const leading = new Set(group.filter(({ pts }) => leads(pts ?? 0)));
  for (const { data } of leading) t.ok([8, 9].includes(hevcType(data)), "led by RASL pictures");
  /** The same bytes under the other name. */
  const renamed = cut.map((packet) => {
    if (!leading.has(packet)) return packet;
    const data = Buffer.from(packet.data);
    for (
      let from = data.indexOf("000001", 0, "hex");
      from >= 0;
      from = data.indexOf("000001", from + 3, "hex")
    )
      if ([8, 9].includes(((data[from + 3] ?? 0) >> 1) & 63)) data[from + 3] = (data[from + 3] ?? 0) - 4;
    return { ...packet, data };
  });
  t.equal(delivered("hevc", cut).units.length, cut.length - leading.size);
  t.equal(delivered("hevc", renamed).units.length, cut.length);
  t.end();
});

// ---------------------------------------------------------------- V-04

/** Two fields in packets of their own, or in one as most broadcasters send them. */
function frameOfFields(n: number, apart: boolean, first: H264Slice, second: H264Slice): PesPacket[] {
  const [top, bottom] = [first, second].map((slice, index) =>
    h264Slice({ ...slice, field: index === 0 ? "top" : "bottom", frameNum: slice.frameNum ?? n % 16 }),
  );
  const head = Buffer.concat([H264_AUD, ...(first.idr ? [H264_SETS] : []), top ?? H264_AUD]);
  const tail = Buffer.concat([H264_AUD, bottom ?? H264_AUD]);
  if (!apart) return [pes(Buffer.concat([head, tail]), at(n))];
  return [pes(head, at(n)), pes(tail, at(n) + FRAME / 2)];
}

for (const apart of [false, true])
  t.test(
    `V-04 PAFF: two fields are one sample, an IDR pair too; ${apart ? "two" : "one"} to a packet`,
    (t) => {
      const packets = Array.from({ length: 75 }, (_, n) =>
        n % 25 === 0
          ? frameOfFields(n, apart, { type: "I", idr: true, frameNum: 0 }, { type: "P", frameNum: 0 })
          : frameOfFields(n, apart, { frameNum: (n % 25) % 16 }, { frameNum: (n % 25) % 16 }),
      ).flat();
      const pool = new SlabPool();
      const result = collector(pool);
      const packager = new Packager({ clock: new FakeClock(), pool, sink: result.sink });
      const { units } = delivered("h264", packets, packager);
      packager.ended("no-data", "over");
      t.equal(units.length, 75);
      t.same(
        units.filter(({ idr }) => idr).map(({ pts }) => (pts % 2 ** 33) - at(0)),
        [0, 25 * FRAME, 50 * FRAME],
      );
      t.ok(
        units.every(({ data }) => slicesOf(data) === 2),
        "both fields are in it",
      );
      const [rendition] = result.renditions;
      t.match(rendition?.track, { interlaced: true, width: 720, height: 576, frameRate: 25 });
      t.same(
        result.of("v0").map(({ duration, independent }) => [duration, independent]),
        [
          [seconds(1), true],
          [seconds(1), true],
          [seconds(1), true],
        ],
      );
      const samples = result.of("v0").map(({ bytes }) => samplesOf(bytes));
      t.same(samples, [25, 25, 25], "in fMP4");
      t.end();
    },
  );

t.test("V-04 two fields of the same parity are two frames, whatever comes between", (t) => {
  const top = { type: "P", field: "top", frameNum: 1 } as const;
  const frames = pictures("h264", [
    pes(
      Buffer.concat([H264_AUD, H264_SETS, h264Slice({ type: "I", idr: true, field: "top", frameNum: 0 })]),
      at(0),
    ),
    pes(Buffer.concat([H264_AUD, h264Slice(top)]), at(1)),
    pes(Buffer.concat([H264_AUD, h264Slice({ ...top, frameNum: 2 })]), at(2)),
  ]);
  t.equal(frames.length, 3);
  t.end();
});

/** NAL units of slices under 4-byte lengths. */
function slicesOf(data: Buffer): number {
  let count = 0;
  for (let from = 0; from + 5 <= data.length; from += 4 + data.readUInt32BE(from))
    if ([1, 5].includes((data[from + 4] ?? 0) & 31)) count++;
  return count;
}

function samplesOf(bytes: Buffer): number {
  let sum = 0;
  for (let from = bytes.indexOf("trun"); from >= 0; from = bytes.indexOf("trun", from + 4))
    sum += bytes.readUInt32BE(from + 8);
  return sum;
}

// ---------------------------------------------------------------- V-08

function rangeOf(track: VideoTrack): string | undefined {
  const listed = { id: "v0", track, peak: 1, average: 1 };
  const text = multivariantPlaylist({ stream: "s", video: listed, audio: [], subtitles: [] });
  return /VIDEO-RANGE=(\w+)/.exec(text)?.[1];
}

/** transfer_characteristics in the `colr` box of the init segment. */
function boxedTransfer(track: Track): number {
  const init = initSegment(track);
  return init.readUInt16BE(init.indexOf("colrnclx") + 10);
}

function only(t: Test, tracks: readonly Track[]): VideoTrack {
  const [track] = tracks;
  if (track?.kind !== "video") return t.fail("no video") as never;
  return track;
}

for (const [name, parameters, transfer, range] of [
  ["HLG behind 14, as DVB sends it", "transfer=bt2020-10:atc-sei=18", 18, "HLG"],
  ["HLG by itself", "transfer=arib-std-b67", 18, "HLG"],
  ["PQ", "transfer=smpte2084", 16, "PQ"],
  ["no more than wide colours", "transfer=bt2020-10", 14, undefined],
] as const)
  t.test(`V-08 P-13 HEVC: ${name}`, { skip: skipWithoutFfmpeg() }, (t) => {
    const more = `log-level=error:colorprim=bt2020:colormatrix=bt2020nc:keyint=10:min-keyint=10:${parameters}`;
    const coding = [
      "-pix_fmt",
      "yuv420p10le",
      "-c:v",
      "libx265",
      "-preset",
      "ultrafast",
      "-x265-params",
      more,
    ];
    const packets = packetsOf(makeTs([...picture(1, "160x96"), ...coding]));
    const frames = pictures("hevc", packets);
    const track = only(t, delivered("hevc", packets).tracks);
    t.equal(track.colour?.transfer, transfer);
    t.equal(track.colour?.primaries, 9);
    t.equal(boxedTransfer(track), transfer);
    t.equal(rangeOf(track), range);
    t.equal(new Set(frames.map(({ config }) => config)).size, 1, "one configuration all along");
    t.end();
  });

const ALTERNATIVE = (code: number): Buffer => sei(H264_SEI, [147, Buffer.from([code])]);
const still = (n: number, ...before: readonly Buffer[]): PesPacket =>
  pes(Buffer.concat([H264_AUD, ...before, h264Slice({ type: "I", idr: true })]), at(n));

t.test("V-08 P-13 H.264: HLG by its SEI message, for as long as sequences have it", (t) => {
  const packets = [
    still(0, H264_SETS, ALTERNATIVE(18)),
    pes(Buffer.concat([H264_AUD, h264Slice({ frameNum: 1 })]), at(1)),
    still(2, H264_SETS, ALTERNATIVE(18)),
    still(3, H264_SETS),
    still(4, H264_SETS, ALTERNATIVE(2)),
  ];
  const configs = pictures("h264", packets).map(({ config }) => config);
  t.same(
    configs.map((config) => config?.colour?.transfer),
    [18, 18, 18, 14, 14],
  );
  t.equal(configs[0], configs[2], "the same again is no change");
  t.equal(configs[3], configs[4], "a message that prefers nothing is none");
  t.equal(rangeOf(only(t, delivered("h264", packets.slice(0, 2)).tracks)), "HLG");
  t.equal(rangeOf(only(t, delivered("h264", packets.slice(3)).tracks)), undefined);
  t.end();
});

// ---------------------------------------------------------------- S-04

/** cc_data of one pair of bytes, as ATSC A/53-4 has it behind `GA94`. */
const CC_DATA = Buffer.from("47413934" + "03" + "41fffc9420ff", "hex");
const IN_SEI = Buffer.concat([Buffer.from("b50031", "hex"), CC_DATA]);
/** The same envelope with a bar data of its own, and no captions. */
const BARS = Buffer.from("47413934" + "06" + "41fffc9420ff", "hex");

function captionsOf(codec: StreamCodec, packets: readonly PesPacket[]): boolean | undefined {
  const [track] = delivered(codec, packets).tracks;
  return track?.kind === "video" ? track.captions : undefined;
}

t.test("S-04 captions within H.264, MPEG-2 and HEVC are declared; other user data is not", (t) => {
  const h264 = (payload: Buffer): PesPacket[] => [
    still(0, H264_SETS, sei(H264_SEI, [4, payload])),
    pes(Buffer.concat([H264_AUD, h264Slice({ frameNum: 1 })]), at(1)),
  ];
  const mpeg2 = (userData: Buffer): PesPacket[] => [
    pes(mpeg2Picture({ type: "I", temporalReference: 0, group: { closed: true }, userData }), at(0)),
    pes(mpeg2Picture({ type: "P", temporalReference: 1 }), at(1)),
  ];
  t.equal(captionsOf("h264", h264(IN_SEI)), true);
  t.equal(captionsOf("h264", h264(Buffer.concat([Buffer.from("b50031", "hex"), BARS]))), false);
  t.equal(captionsOf("mpeg2-video", mpeg2(CC_DATA)), true);
  t.equal(captionsOf("mpeg2-video", mpeg2(BARS)), false);
  const listed = (codec: StreamCodec, packets: readonly PesPacket[]): string =>
    multivariantPlaylist({
      stream: "s",
      video: { id: "v0", track: only(t, delivered(codec, packets).tracks), peak: 1, average: 1 },
      audio: [],
      subtitles: [],
    });
  t.match(listed("mpeg2-video", mpeg2(CC_DATA)), /TYPE=CLOSED-CAPTIONS,.*INSTREAM-ID="CC1"/);
  t.match(listed("mpeg2-video", mpeg2(CC_DATA)), /#EXT-X-STREAM-INF:.*CLOSED-CAPTIONS="captions"/);
  t.match(listed("mpeg2-video", mpeg2(BARS)), /#EXT-X-STREAM-INF:.*CLOSED-CAPTIONS=NONE/);
  t.end();
});

t.test("S-04 captions within HEVC are declared", { skip: skipWithoutFfmpeg() }, (t) => {
  const coding = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:aud=1"];
  const packets = packetsOf(makeTs([...picture(1, "160x96"), ...coding]));
  /** Behind the delimiter of the first picture. */
  const given = (payload: Buffer): PesPacket[] =>
    packets.map((packet, n) => {
      const second = packet.data.indexOf("000001", 5, "hex");
      const [head, tail] = [packet.data.subarray(0, second), packet.data.subarray(second)];
      return n > 0
        ? packet
        : { ...packet, data: Buffer.concat([head, sei([39 << 1, 1], [4, payload]), tail]) };
    });
  t.equal(captionsOf("hevc", packets), false);
  t.equal(captionsOf("hevc", given(IN_SEI)), true);
  t.end();
});

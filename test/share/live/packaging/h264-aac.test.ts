import t, { type Test } from "tap";
import { packageTs, type Packaged } from "../../../helpers/ts-to-media.ts";
import { decode, H264, makeTs, picture, probe, skipWithoutFfmpeg, sound, type Probe } from "./media-tools.ts";

const made = (muxer: readonly string[] = [], rate = 48000): Buffer =>
  makeTs([...picture(8), ...sound(8, rate), ...H264, "-c:a", "aac"], muxer);

const packets = (file: Probe, index: number): Probe["packets"] =>
  file.packets.filter((packet) => packet.stream_index === index);

/** A live stream's rules that hold in every rendition of every test. */
function checkSegments(t: Test, result: Packaged): void {
  for (const { id } of result.renditions) {
    const segments = result.of(id);
    segments.forEach((segment, index) => {
      if (segment.sequence !== index + 1) t.fail(`${id}: sequence ${segment.sequence} at ${index}`);
      const next = segments[index + 1];
      if (next === undefined || next.discontinuity) return;
      const step = next.programDateTime - segment.programDateTime - segment.duration * 1000;
      if (Math.abs(step) > 1) t.fail(`${id}: date of ${next.sequence} is off by ${step} ms`);
    });
  }
  const ends = new Set(result.renditions.map(({ id }) => result.of(id).length));
  t.equal(ends.size, 1, "as many segments in every rendition");
  t.equal(result.pool.stats.inUseBytes, 0, "all memory is back in the pool");
}

t.test(
  "packaging: H.264 and AAC decode without a word, frame for frame",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const ts = made();
    const result = await packageTs(ts);
    t.same(
      result.renditions.map(({ id, track }) => [id, track.kind, track.codec]),
      [
        ["v0", "video", "avc1.4d400c"],
        ["a0", "audio", "mp4a.40.2"],
      ],
    );
    t.same(result.idr, true);
    const source = probe(ts, "ts");
    const video = decode(result.file("v0"));
    t.same(video, { errors: "", frames: 200 });
    const [stream] = probe(result.file("v0")).streams;
    t.match(stream, { width: 320, height: 180, r_frame_rate: "25/1", codec_name: "h264" });
    const audio = decode(result.file("a0"));
    t.same(audio, { errors: "", frames: packets(source, 1).length - leading(source) });
    t.same(
      result
        .of("v0")
        .map(({ duration, independent, discontinuity }) => [duration, independent, discontinuity]),
      new Array(8).fill([1, true, false]),
      "cut at every IDR, a second long",
    );
    checkSegments(t, result);
  },
);

/** Sound that is over before the picture begins. */
function leading(source: Probe): number {
  const start = Math.min(...packets(source, 0).map(({ pts }) => pts));
  return packets(source, 1).filter(({ pts }) => pts < start - 1).length;
}

t.test(
  "packaging: what sound and picture were apart they stay, to the tick",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const ts = made();
    const source = probe(ts, "ts");
    const result = await packageTs(ts);
    const from = packets(source, 0)[0];
    const first = packets(source, 1)[leading(source)];
    const video = packets(probe(result.file("v0")), 0);
    const audio = packets(probe(result.file("a0")), 0);
    const shift = (video[0]?.pts ?? 0) - (from?.pts ?? 0);
    t.same(
      video.map(({ pts, dts, flags }) => [pts - shift, dts - shift, flags[0]]),
      packets(source, 0).map(({ pts, dts, flags }) => [pts, dts, flags[0]]),
    );
    t.ok(Math.abs(((audio[0]?.pts ?? 0) * 90) / 48 - shift - (first?.pts ?? 0)) <= 1);
    t.same(
      audio.map(({ pts }, index) => pts - (audio[0]?.pts ?? 0) - index * 1024),
      audio.map(() => 0),
      "frames lie end to end",
    );
  },
);

t.test(
  "packaging: sound at 44.1 kHz counts samples, whatever the ticks round to",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const result = await packageTs(made([], 44100));
    const audio = packets(probe(result.file("a0")), 0);
    t.ok(audio.length > 300);
    t.same(
      audio.filter(({ pts }, index) => pts - (audio[0]?.pts ?? 0) !== index * 1024),
      [],
    );
    checkSegments(t, result);
  },
);

t.test(
  "packaging: CK-01 a 33-bit wrap is nothing that anybody sees",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const plain = await packageTs(made());
    // ffmpeg's muxer adds 1.4 s: the wrap comes two seconds into the stream.
    const offset = (2 ** 33 / 90_000 - 2 - 1.4).toFixed(6);
    const ts = made(["-output_ts_offset", offset]);
    const raw = probe(ts, "ts", ["-correct_ts_overflow", "0"]).packets.map(({ pts }) => pts);
    t.ok(Math.max(...raw) > 2 ** 33 - 90_000 && Math.min(...raw) < 90_000 * 10, "the stream does wrap");
    const result = await packageTs(ts);
    t.equal(result.versions.length, 1);
    t.same(
      result.segments.filter(({ discontinuity }) => discontinuity),
      [],
    );
    for (const id of ["v0", "a0"]) {
      const [expected, got] = [plain, result].map((one) =>
        packets(probe(one.file(id)), 0).map(({ pts, dts, size }) => [pts, dts, size]),
      );
      t.same(got, expected, `${id}: as without the wrap`);
    }
    checkSegments(t, result);
  },
);

t.test(
  "packaging: beginning in the middle waits for a random access point",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const ts = made();
    const result = await packageTs(ts.subarray(Math.floor(ts.length / 188 / 3) * 188));
    const video = decode(result.file("v0"));
    t.equal(video.errors, "");
    t.equal(video.frames % 25, 0);
    t.ok(video.frames >= 100);
    const starts = ["v0", "a0"].map((id) => Number(packets(probe(result.file(id)), 0)[0]?.pts_time));
    t.ok((starts[1] ?? 0) >= (starts[0] ?? 0) - 0.011 && (starts[1] ?? 0) < (starts[0] ?? 0) + 0.05);
    checkSegments(t, result);
  },
);

t.test("packaging: the sound is cut where the picture is", { skip: skipWithoutFfmpeg() }, async (t) => {
  const result = await packageTs(made());
  for (const segment of result.of("v0")) {
    const sound = result.of("a0")[segment.sequence - 1];
    const late = (sound?.programDateTime ?? 0) - segment.programDateTime;
    t.ok(late >= -0.1 && late < 1024 / 48 + 0.1, `segment ${segment.sequence}: ${late} ms`);
  }
});

import t, { type Test } from "tap";
import * as mp4box from "mp4box";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { packageTs, type Packaged } from "../../../helpers/ts-to-media.ts";
import { decode, H264, makeTs, picture, probe, skipWithoutFfmpeg, sound } from "./media-tools.ts";

const SECONDS = 4;
const video = (...args: string[]): readonly string[] => [...picture(SECONDS), ...args];
const audio = (...args: string[]): readonly string[] => [...sound(SECONDS), ...args];

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly muxer?: readonly string[];
  /** Codec strings of the renditions. */
  readonly codecs: readonly string[];
  /** Frames that must come out of the first one; default: all 25 a second. */
  readonly frames?: number;
  /** What other readers cannot read of it, and why. */
  readonly unread?: "mpeg2" | "mp2";
}

const CASES: readonly Case[] = [
  {
    name: "HEVC",
    args: video("-c:v", "libx265", "-preset", "ultrafast", "-g", "25", "-x265-params", "log-level=error"),
    codecs: ["hvc1.1.6.L60.90"],
  },
  {
    name: "HEVC that begins anew at CRA pictures with leading pictures",
    args: video(
      "-c:v",
      "libx265",
      "-preset",
      "ultrafast",
      "-g",
      "25",
      "-x265-params",
      "log-level=error:open-gop=1:bframes=3",
    ),
    codecs: ["hvc1.1.6.L60.90"],
  },
  {
    name: "interlaced H.264 with wide pixels",
    args: video(
      ...H264,
      "-flags",
      "+ildct+ilme",
      "-x264-params",
      "tff=1",
      "-vf",
      "setsar=16/11",
      "-color_primaries",
      "bt709",
      "-color_trc",
      "bt709",
      "-colorspace",
      "bt709",
    ),
    codecs: ["avc1.4d4015"],
  },
  {
    name: "H.264 with several slices a picture",
    args: video(...H264, "-slices", "4"),
    codecs: ["avc1.4d400c"],
  },
  {
    name: "MPEG-2 video with B pictures",
    args: video("-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-q:v", "5"),
    codecs: ["mp4v.61"],
    unread: "mpeg2",
  },
  { name: "AC-3", args: audio("-c:a", "ac3", "-ac", "6", "-b:a", "448k"), codecs: ["ac-3"], frames: 125 },
  { name: "E-AC-3", args: audio("-c:a", "eac3", "-ac", "2", "-b:a", "192k"), codecs: ["ec-3"], frames: 125 },
  {
    name: "AC-3 at 44.1 kHz",
    args: [...sound(SECONDS, 44100), "-c:a", "ac3"],
    codecs: ["ac-3"],
    frames: 115,
  },
  {
    name: "MPEG audio layer II",
    args: audio("-c:a", "mp2"),
    codecs: ["mp4a.6B"],
    frames: 167,
    unread: "mp2",
  },
  {
    name: "MPEG audio at half the rate",
    args: [...sound(SECONDS, 24000), "-c:a", "mp2", "-b:a", "64k"],
    codecs: ["mp4a.69"],
    frames: 84,
    unread: "mp2",
  },
  {
    name: "AAC in LATM",
    args: audio("-c:a", "aac"),
    muxer: ["-mpegts_flags", "+latm"],
    codecs: ["mp4a.40.2"],
    frames: 189,
  },
];

for (const { name, args, muxer = [], codecs, frames = SECONDS * 25, unread } of CASES) {
  t.test(`packaging: ${name}`, { skip: skipWithoutFfmpeg() }, async (t) => {
    const ts = makeTs(args, muxer);
    const result = await packageTs(ts);
    t.same(
      result.renditions.map(({ track }) => track.codec),
      codecs,
    );
    const id = result.renditions[0]?.id ?? "";
    const decoded = decode(result.file(id));
    t.equal(decoded.errors, "");
    // One frame of sound may be the decoder's own beginning.
    t.ok(Math.abs(decoded.frames - frames) <= (id === "v0" ? 0 : 1), `${decoded.frames} of ${frames} frames`);
    const [theirs] = probe(ts, "ts").streams;
    const [ours] = probe(result.file(id)).streams;
    const keys = ["width", "height", "sample_aspect_ratio", "color_primaries", "sample_rate", "channels"];
    for (const key of keys) t.equal(ours?.[key], theirs?.[key], key);
    await read(t, result, id, unread);
  });
}

/** mp4box and mediabunny read it, too. */
async function read(t: Test, result: Packaged, id: string, unread: Case["unread"]): Promise<void> {
  const file = result.file(id);
  const box = mp4box.createFile();
  let error: unknown = null;
  let info: mp4box.Movie | null = null;
  box.onError = (_module: unknown, message: unknown) => (error = message);
  box.onReady = (movie) => (info = movie);
  const bytes = Uint8Array.from(file).buffer;
  box.appendBuffer(mp4box.MP4BoxBuffer.fromArrayBuffer(bytes, 0));
  box.flush();
  t.equal(error, null, "mp4box has nothing to say");
  const movie = info as mp4box.Movie | null;
  t.equal(movie?.tracks.length, 1);
  t.equal(movie?.isFragmented, true);
  const { packets } = probe(file);
  t.equal(box.getTrackSamplesInfo(1).length, packets.length, "mp4box counts the same samples");
  if (unread !== undefined) return;
  const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
  const track = (await input.getPrimaryVideoTrack()) ?? (await input.getPrimaryAudioTrack());
  const codec = result.renditions[0]?.track.codec ?? "";
  t.equal(
    (await track?.getCodecParameterString())?.toLowerCase().replace("hev1", "hvc1"),
    codec.toLowerCase(),
    "mediabunny reads the codec",
  );
  const stats = await track?.computePacketStats();
  t.equal(stats?.packetCount, packets.length, "mediabunny counts the same packets");
}

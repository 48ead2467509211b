import { spawnSync } from "node:child_process";
import t, { type Test } from "tap";
import { PTS_WRAP } from "../../../../../src/kernel/units.ts";
import { TsWriter } from "../../../../../src/share/live/packaging/ts/ts-writer.ts";
import { mediaOf, type MediaLog } from "../../../../helpers/ts-to-media.ts";
import { H264, makeTs, picture, probe, skipWithoutFfmpeg, sound } from "../media-tools.ts";
import { complaints } from "./judges.ts";
import { multiplex } from "./multiplex.ts";
import { continuityErrors, readTs } from "./ts-reader.ts";

const time = (value: number): number => ((Math.round(value) % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;

/** Made by FFmpeg's encoders and muxer, taken apart, put together by ours, and judged by ffprobe. */
async function roundTrip(t: Test, source: Buffer): Promise<{ log: MediaLog; ts: Buffer }> {
  const log = await mediaOf(source);
  const ts = multiplex(log).ts();
  t.equal(continuityErrors(ts), 0, "continuity");
  t.same(complaints(ts), [], "decodes without a word");
  const probed = probe(ts, "ts");
  const first = log.units[0]?.dts ?? 0;
  for (const [index, { id, codec }] of (log.tracks[0] ?? []).entries()) {
    const packets = probed.packets.filter(({ stream_index }) => stream_index === index);
    const units = log.units.filter(({ track, dts }) => track === id && dts >= first);
    t.same(
      packets.map(({ pts, dts }) => [time(pts), time(dts)]),
      units.map(({ pts, dts }) => [time(pts), time(dts)]),
      `${codec}: ${units.length} units at their times`,
    );
  }
  return { log, ts };
}

const PICTURE = picture(3);
interface Made {
  readonly name: string;
  readonly args: readonly string[];
  readonly muxer?: readonly string[];
}

/** What it is, and FFmpeg's arguments. */
const MADE: readonly Made[] = [
  { name: "H.264, AAC", args: [...PICTURE, ...sound(3), ...H264, "-c:a", "aac"] },
  {
    name: "HEVC, E-AC-3",
    args: [...PICTURE, ...sound(3), "-c:v", "libx265", "-x265-params", "log-level=0", "-c:a", "eac3"],
  },
  {
    name: "MPEG-2, layer II",
    args: [...PICTURE, ...sound(3), "-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
  },
  {
    name: "interlaced H.264, AC-3",
    args: [...PICTURE, ...sound(3), ...H264, "-flags", "+ilme+ildct", "-c:a", "ac3"],
  },
  { name: "24 pictures a second", args: [...picture(3, "320x180", 24), ...sound(3), ...H264, "-c:a", "aac"] },
  {
    name: "a picture every half second",
    args: [...picture(4, "320x180", 2), ...sound(4), ...H264, "-c:a", "aac"],
  },
  { name: "sound alone, 24 kHz", args: [...sound(3, 24_000), "-c:a", "aac"] },
  { name: "six channels", args: [...sound(3), "-ac", "6", "-c:a", "aac"] },
  {
    name: "channels told by the frames",
    args: [...sound(3), "-af", "aformat=channel_layouts=quad", "-c:a", "aac"],
  },
  { name: "LATM", args: [...PICTURE, ...sound(3), ...H264, "-c:a", "aac"], muxer: ["-mpegts_flags", "latm"] },
  {
    name: "LATM, channels told by the configuration",
    args: [...sound(3), "-af", "aformat=channel_layouts=quad", "-c:a", "aac"],
    muxer: ["-mpegts_flags", "latm"],
  },
  {
    name: "over the end of a turn",
    args: [...PICTURE, ...sound(3), ...H264, "-c:a", "aac"],
    muxer: ["-output_ts_offset", "95440.3"],
  },
];

for (const { name, args, muxer } of MADE) {
  t.test(`ts-segments: ${name}, there and back`, { skip: skipWithoutFfmpeg() }, async (t) => {
    const { log, ts } = await roundTrip(t, makeTs(args, muxer));
    const { pcrs, tables } = readTs(ts);
    const steps = pcrs.map(({ base }, at) => time(base - (pcrs[at - 1]?.base ?? base)));
    t.ok(Math.max(...steps) <= 4050, `PCRs ${Math.max(...steps) / 90} ms apart at most`);
    if (!name.startsWith("LATM")) return;
    const carried = tables[1]?.section.includes(0x11, 12) ?? false;
    const needed = (log.tracks[0] ?? []).some(({ kind, config }) => kind === "audio" && config.length > 8);
    t.equal(carried, needed, "LOAS only where ADTS does not do");
  });
}

t.test(
  "ts-writer: FFmpeg transcodes from a pipe what comes in the order of the broadcast",
  { skip: skipWithoutFfmpeg() },
  async (t) => {
    const log = await mediaOf(makeTs([...PICTURE, ...sound(3), ...H264, "-c:a", "aac"]));
    const out: Buffer[] = [];
    const writer = new TsWriter(log.tracks[0] ?? [], (packets) => out.push(Buffer.from(packets)));
    for (const unit of log.units) writer.unit(unit);
    const args = ["-v", "error", "-f", "mpegts", "-i", "pipe:0", "-c:v", "libx264", "-preset", "ultrafast"];
    const { stdout, stderr } = spawnSync(
      "ffmpeg",
      [...args, "-c:a", "aac", "-f", "matroska", "-fps_mode", "passthrough", "pipe:1"],
      { input: Buffer.concat(out), maxBuffer: 1 << 28 },
    );
    t.equal(stderr.toString(), "");
    const { packets } = probe(stdout, "mkv");
    t.equal(packets.filter(({ stream_index }) => stream_index === 0).length, 75, "every picture");
    t.ok(packets.filter(({ stream_index }) => stream_index === 1).length >= 140, "and the sound");
  },
);

t.test("ts-segments: each segment decodes on its own", { skip: skipWithoutFfmpeg() }, async (t) => {
  const log = await mediaOf(makeTs([...PICTURE, ...sound(3), ...H264, "-c:a", "aac"]));
  const { segments } = multiplex(log);
  t.equal(segments.length, 3);
  for (const { bytes, sequence } of segments) {
    t.same(complaints(bytes), [], `segment ${sequence}`);
    const { packets } = probe(bytes, "ts");
    t.equal(packets.filter(({ stream_index }) => stream_index === 0).length, 25, "a second of pictures");
  }
});

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UNIT } from "./bench-multiplex.ts";

/** Bytes of the generated multiplex. */
const SIZE = 2.1e9;
const ROUNDS = 5;

interface Figure {
  id: string;
  value: number;
  unit: string;
  goal: string;
  ratio?: number;
  peer?: string;
}
const FIGURE = { id: "remux-ratio", unit: "CPU seconds per GB", goal: "ratio ≤ 0.5, aim 0.35" };

/** 1080i25 H.264 at 8 Mb/s with two sound tracks in a padded multiplex: short, then repeated with time going on. */
function generate(folder: string): { path: string; short: string } {
  const unit = join(folder, "unit.ts");
  const short = join(folder, "short.ts");
  const path = join(folder, "long.ts");
  const ffmpeg = (...args: string[]): unknown => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);
  ffmpeg(...UNIT, ...["-f", "mpegts", "-muxrate", "10M", unit]);
  const copy = ["-c", "copy", "-map", "0", "-f", "mpegts", "-muxrate", "10M"];
  const repeat = (bytes: number, to: string): unknown =>
    ffmpeg("-stream_loop", String(Math.ceil(bytes / statSync(unit).size)), "-i", unit, ...copy, to);
  repeat(SIZE / 2, short);
  repeat(SIZE, path);
  return { path, short };
}

/** ffmpeg's own account of its CPU seconds: segments of one video and two audio renditions, as ours. */
function ffmpegSeconds(input: string, folder: string): number {
  const out = join(folder, "hls");
  mkdirSync(out, { recursive: true });
  const result = spawnSync("ffmpeg", [
    ...[
      "-hide_banner",
      "-benchmark",
      "-y",
      "-i",
      input,
      "-map",
      "0:v",
      "-map",
      "0:a",
      "-c",
      "copy",
      "-bsf:a:0",
      "aac_adtstoasc",
    ],
    ...["-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "1", "-hls_list_size", "6"],
    ...["-hls_flags", "delete_segments", "-var_stream_map", "v:0,agroup:a a:0,agroup:a a:1,agroup:a"],
    ...["-hls_fmp4_init_filename", "init_%v.mp4", "-hls_segment_filename", join(out, "%v_%d.m4s")],
    join(out, "%v.m3u8"),
  ]);
  rmSync(out, { recursive: true, force: true });
  const said = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(result.stderr.toString());
  if (result.status !== 0 || said === null)
    throw new Error(`ffmpeg failed: ${result.stderr.toString().slice(-500)}`);
  return Number(said[1]) + Number(said[2]);
}

/** The least of several runs: whatever else the machine does only ever adds. */
const least = (values: readonly number[]): number => Math.min(...values);

/** What this bench measures. */
export const ids = ["remux-ratio"] as const;

/** `remux-ratio`: one service of a multiplex, unpaced, to fMP4 segments in memory; slope without start-up. */
export async function run(): Promise<Figure[]> {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) {
    console.error("remux-ratio: skipped, ffmpeg is not here");
    return [];
  }
  // Memory where there is some: a disk would be measured, too.
  const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const folder = mkdtempSync(join(place, "tellyport-remux-"));
  try {
    const { path, short } = generate(folder);
    const child = join(dirname(fileURLToPath(import.meta.url)), "remux.child.js");
    const ours: number[] = [];
    const whole: number[] = [];
    const start: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const line = execFileSync(process.execPath, [child, path, "1"], { encoding: "utf8" });
      const { secondsPerGb, segments } = JSON.parse(line) as { secondsPerGb: number; segments: number };
      // A second each of three renditions: less would be a comparison of unequal work.
      if (segments < 2000) throw new Error(`only ${segments} segments were made`);
      ours.push(secondsPerGb);
      whole.push(ffmpegSeconds(path, folder));
      start.push(ffmpegSeconds(short, folder));
    }
    const value = least(ours);
    const peer = ((least(whole) - least(start)) * 1e9) / (statSync(path).size - statSync(short).size);
    return [
      {
        ...FIGURE,
        value: Number(value.toFixed(3)),
        ratio: Number((value / peer).toFixed(3)),
        peer: `ffmpeg -c copy -f hls: ${peer.toFixed(2)} s/GB`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

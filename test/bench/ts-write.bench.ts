import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ticks } from "../../src/kernel/units.ts";
import type { AccessUnit } from "../../src/share/live/media-source.ts";
import { SlabPool } from "../../src/share/live/packaging/slab-pool.ts";
import { TsSegments } from "../../src/share/live/packaging/ts/ts-segments.ts";
import { TsWriter } from "../../src/share/live/packaging/ts/ts-writer.ts";
import { mediaOf, type MediaLog } from "../helpers/ts-to-media.ts";
import { UNIT } from "./bench-multiplex.ts";
import { note, rounded, type Figure } from "./figure.ts";

/** Bytes of the long file; the short one is a quarter. */
const SIZE = 600e6;
const ROUNDS = 5;
/** How often the 8 s are written in one measurement, after a first time to warm up. */
const TURNS = 40;
const LENGTH = 8 * 90_000;

const ffmpeg = (...args: string[]): unknown => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);

/** 1080p25 H.264 at 8 Mb/s with AAC and AC-3: as a transport stream for us, and twice as MP4, which has lengths and no ADTS as we have. */
function generate(folder: string): { ts: Buffer; short: string; long: string } {
  const unit = join(folder, "unit.ts");
  ffmpeg(...UNIT, ...["-f", "mpegts", unit]);
  const repeat = (bytes: number, name: string): string => {
    const to = join(folder, name);
    const times = String(Math.ceil(bytes / statSync(unit).size));
    ffmpeg("-stream_loop", times, "-i", unit, "-c", "copy", "-map", "0", to);
    return to;
  };
  return { ts: readFileSync(unit), short: repeat(SIZE / 4, "short.mp4"), long: repeat(SIZE, "long.mp4") };
}

/** FFmpeg's own account of its CPU seconds for copying a file into a format that goes nowhere. */
function ffmpegSeconds(input: string, format: string): number {
  const args = ["-hide_banner", "-benchmark", "-y", "-i", input, "-map", "0", "-c", "copy"];
  const result = spawnSync("ffmpeg", [...args, "-f", format, "/dev/null"]);
  const said = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(result.stderr.toString());
  if (result.status !== 0 || said === null)
    throw new Error(`ffmpeg failed: ${result.stderr.toString().slice(-500)}`);
  return Number(said[1]) + Number(said[2]);
}

/** CPU seconds per GB of transport stream. @param write writes one unit. @param written bytes so far */
function oursPerGb(log: MediaLog, write: (unit: AccessUnit) => void, written: () => number): number {
  let turn = 0;
  const play = (): void => {
    for (const unit of log.units) {
      const shift = turn * LENGTH;
      const { track, randomAccess, idr, data } = unit;
      write({ track, pts: ticks(unit.pts + shift), dts: ticks(unit.dts + shift), randomAccess, idr, data });
    }
    turn++;
  };
  for (let warm = 0; warm < 5; warm++) play();
  const bytes = written();
  const from = process.cpuUsage();
  for (let measured = 0; measured < TURNS; measured++) play();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6 / ((written() - bytes) / 1e9);
}

function writerPerGb(log: MediaLog): number {
  let bytes = 0;
  const writer = new TsWriter(log.tracks[0] ?? [], (packets) => (bytes += packets.length));
  return oursPerGb(
    log,
    (unit) => writer.unit(unit),
    () => bytes,
  );
}

function segmentsPerGb(log: MediaLog): number {
  let bytes = 0;
  const sink = new TsSegments({
    pool: new SlabPool(),
    out({ data }) {
      bytes += data.length;
      data.release();
    },
  });
  sink.tracks(log.tracks[0] ?? []);
  return oursPerGb(
    log,
    (unit) => sink.accessUnit(unit),
    () => bytes,
  );
}

/** The least of several runs: whatever else the machine does only ever adds. */
const least = (values: readonly number[]): number => Math.min(...values);

/** What this bench measures. */
export const ids = ["ts-write-ratio"] as const;

/**
 * `ts-write-ratio`: access units of one video and two sounds into transport packets in memory, against FFmpeg copying the
 * same from MP4. What order and segments cost us, and what reading costs FFmpeg, is noted beside it.
 */
export async function run(): Promise<Figure[]> {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) {
    note("ts-write-ratio: skipped, ffmpeg is not here");
    return [];
  }
  // Memory where there is some: a disk would be measured, too.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tellyport-ts-write-"));
  try {
    const { ts, short, long } = generate(folder);
    const log = await mediaOf(ts);
    const spent = { writer: [], segments: [], mpegts: [], read: [] } as Record<string, number[]>;
    const slope = (format: string): number =>
      ((ffmpegSeconds(long, format) - ffmpegSeconds(short, format)) * 1e9) /
      (statSync(long).size - statSync(short).size);
    for (let round = 0; round < ROUNDS; round++) {
      spent["writer"]?.push(writerPerGb(log));
      spent["segments"]?.push(segmentsPerGb(log));
      spent["mpegts"]?.push(slope("mpegts"));
      spent["read"]?.push(slope("null"));
    }
    const [writer = 0, segments = 0, mpegts = 0, read = 0] = Object.values(spent).map(least);
    note(
      `ts-write-ratio: the writer alone ${rounded(writer)} s/GB, with order and segments ${rounded(segments)}`,
    );
    note(`ts-write-ratio: ffmpeg from MP4 to mpegts ${rounded(mpegts)} s/GB, of it to null ${rounded(read)}`);
    note(`ts-write-ratio: with order and segments by all of ffmpeg's ${rounded(segments / mpegts)}`);
    note(
      `ts-write-ratio: the writer by what ffmpeg's muxer adds to reading ${rounded(writer / (mpegts - read))}`,
    );
    return [
      {
        id: "ts-write-ratio",
        value: Math.round(1000 / writer),
        unit: "MB per CPU second",
        goal: "ratio <= 0.5",
        ratio: rounded(writer / mpegts),
        peer: `ffmpeg -c copy -f mpegts, reading MP4 included: ${Math.round(1000 / mpegts)} MB per CPU second`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

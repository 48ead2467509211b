import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** ffmpeg and ffprobe: makers of test streams and independent readers of what we make. */

let present: boolean | null = null;

/** For tap's `skip` option. */
export function skipWithoutFfmpeg(): false | string {
  present ??=
    spawnSync("ffprobe", ["-version"]).status === 0 && spawnSync("ffmpeg", ["-version"]).status === 0;
  return present ? false : "ffmpeg and ffprobe are not here";
}

/** A folder of the test's own, gone when the callback has settled. */
export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-packaging-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const made = new Map<string, Buffer>();

/** A transport stream made by ffmpeg; the same arguments are made once per process. */
export function makeTs(args: readonly string[], muxer: readonly string[] = []): Buffer {
  const key = JSON.stringify([args, muxer]);
  const known = made.get(key);
  if (known !== undefined) return known;
  const ts = withFolder((folder) => {
    const path = join(folder, "made.ts");
    execFileSync("ffmpeg", ["-v", "error", "-y", ...args, "-f", "mpegts", ...muxer, path]);
    return readFileSync(path);
  });
  made.set(key, ts);
  return ts;
}

export const picture = (seconds: number, size = "320x180", rate = 25): string[] => [
  "-f",
  "lavfi",
  "-i",
  `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
];

export const sound = (seconds: number, rate = 48000): string[] => [
  "-f",
  "lavfi",
  "-i",
  `sine=frequency=440:sample_rate=${rate}:duration=${seconds}`,
];

/** x264 with two B pictures, a closed GOP of a second. */
export const H264 = [
  "-c:v",
  "libx264",
  "-preset",
  "ultrafast",
  "-bf",
  "2",
  "-g",
  "25",
  "-pix_fmt",
  "yuv420p",
];

export interface Packet {
  readonly pts: number;
  readonly dts: number;
  readonly pts_time: string;
  readonly duration: number;
  readonly flags: string;
  readonly size: string;
  readonly stream_index: number;
}

export interface Probe {
  readonly streams: readonly Record<string, string | number>[];
  readonly programs?: readonly {
    readonly program_id: number;
    readonly streams: readonly Record<string, string | number>[];
  }[];
  readonly packets: readonly Packet[];
}

/** ffprobe's view of a file. */
export function probeFile(path: string, extra: readonly string[] = []): Probe {
  const out = execFileSync(
    "ffprobe",
    ["-v", "quiet", "-of", "json", "-show_streams", "-show_packets", ...extra, path],
    {
      maxBuffer: 1 << 28,
    },
  );
  return JSON.parse(out.toString()) as Probe;
}

/** ffprobe's view of a file in memory. */
export function probe(file: Buffer, extension = "mp4", extra: readonly string[] = []): Probe {
  return withFolder((folder) => {
    const path = join(folder, `file.${extension}`);
    writeFileSync(path, file);
    const out = execFileSync(
      "ffprobe",
      ["-v", "error", "-of", "json", "-show_streams", "-show_packets", ...extra, path],
      { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] },
    );
    return JSON.parse(out.toString()) as Probe;
  });
}

/** Decodes a file in memory. @returns what the decoder complained of, and how many frames came out */
export function decode(
  file: Buffer,
  extension = "mp4",
): { readonly errors: string; readonly frames: number } {
  return withFolder((folder) => {
    const path = join(folder, `file.${extension}`);
    writeFileSync(path, file);
    const args = ["-v", "error", "-i", path, "-map", "0:0", "-f", "framemd5", "-"];
    const result = spawnSync("ffmpeg", args, { maxBuffer: 1 << 28 });
    const frames = result.stdout
      .toString()
      .split("\n")
      .filter((line) => /^\d/.test(line)).length;
    return { errors: result.stderr.toString(), frames };
  });
}

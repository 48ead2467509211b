import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFolder } from "../media-tools.ts";

/** What ffmpeg says when it begins at a recovery point: later pictures speak of references before it. */
const OPEN_GOP =
  /mmco: unref short failure|reference picture missing|Missing reference picture|number of reference frames|co located POCs|Last message repeated/;

/** Decodes these streams of a transport stream, default all. @returns what FFmpeg complained of, but for open groups of pictures */
export function complaints(ts: Buffer, streams?: readonly number[]): string[] {
  return withFolder((folder) => {
    const path = join(folder, "judged.ts");
    writeFileSync(path, ts);
    const maps = (streams?.map((index) => `0:${index}`) ?? ["0"]).flatMap((one) => ["-map", one]);
    // A recovery point that became an IDR picture is there twice, a tick apart: not the same time for all that.
    const asTimed = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
    const result = spawnSync("ffmpeg", ["-v", "error", "-i", path, ...maps, ...asTimed, "-f", "null", "-"], {
      maxBuffer: 1 << 28,
    });
    const lines = result.stderr.toString().split("\n");
    return lines.filter((line) => line !== "" && !OPEN_GOP.test(line));
  });
}

/** Hashes of the decoded pictures, or of the coded frames of sound, of one stream by PTS. @param map as FFmpeg's `-map` */
export function hashes(ts: Buffer, map: string, kind: "video" | "audio"): Map<number, string> {
  return withFolder((folder) => {
    const path = join(folder, "judged.ts");
    writeFileSync(path, ts);
    const { stdout } = spawnSync(
      "ffmpeg",
      [
        ...["-v", "error", "-copyts", "-i", path, "-map", map, "-c:a", "copy"],
        ...["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framemd5", "-"],
      ],
      { maxBuffer: 1 << 28 },
    );
    const lines = stdout
      .toString()
      .split("\n")
      .filter((line) => /^\d/.test(line));
    // stream, dts, pts, duration, size, hash
    return new Map(
      lines.map((line) => {
        const fields = line.split(",").map((field) => field.trim());
        const time = Number(fields[2]);
        return [((time % 2 ** 33) + 2 ** 33) % 2 ** 33, `${kind} ${fields[5]}`];
      }),
    );
  });
}

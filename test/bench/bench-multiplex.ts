import { execFileSync } from "node:child_process";

/** Arguments of ffmpeg for eight seconds of 1080p25 H.264 at 8 Mb/s, with AAC and AC-3. */
export const UNIT: readonly string[] = [
  ...["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration=8,noise=alls=12:allf=t"],
  ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=8"],
  ...["-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"],
  ...["-b:v", "8M", "-minrate", "8M", "-maxrate", "8M", "-bufsize", "8M", "-g", "25", "-pix_fmt", "yuv420p"],
  ...["-c:a:0", "aac", "-c:a:1", "ac3", "-b:a", "192k"],
];

/**
 * Four services of 6.4 Mb/s 25 frames a second with sound in a padded multiplex of 30 Mb/s, thirty seconds that the file tuner repeats.
 * @param size of the pictures
 */
export function makeMultiplex(path: string, size: "1280x720" | "1920x1080" = "1280x720", services = 4): void {
  const streams = Array.from({ length: services }, () => ["-map", "0:v", "-map", "1:a"]).flat();
  const programs = Array.from({ length: services }, (_, n) => [
    "-program",
    `title=Bench ${n + 1}:program_num=${n + 1}:st=${2 * n}:st=${2 * n + 1}`,
  ]).flat();
  const single = path.replace(/\.ts$/, ".mkv");
  const ffmpeg = (...args: string[]): unknown => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);
  ffmpeg(
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=10,noise=alls=20:allf=t`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"],
    ...["-b:v", "6400k", "-minrate", "6400k", "-maxrate", "6400k", "-bufsize", "3200k", "-nal-hrd", "cbr"],
    ...["-f", "matroska", single],
  );
  ffmpeg(
    ...["-stream_loop", "2", "-i", single],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=30"],
    ...[...streams, "-c:v", "copy", "-c:a", "aac", "-b:a", "128k", ...programs],
    ...["-f", "mpegts", "-muxrate", "30M", path],
  );
}

import { spawnSync } from "node:child_process";
import type { FakeBox } from "./fake-box.ts";

/** A picture as the box takes it. @param type `image/jpeg`, or a video of one picture */
export function still(
  source: string,
  type: "image/jpeg" | "video/mp4" = "image/jpeg",
): { type: string; body: Buffer } {
  const format =
    type === "image/jpeg"
      ? ["-frames:v", "1", "-f", "mjpeg"]
      : [
          "-frames:v",
          "1",
          "-c:v",
          "libx264",
          "-pix_fmt",
          "yuv420p",
          "-movflags",
          "frag_keyframe+empty_moov",
          "-f",
          "mp4",
        ];
  const { stdout, status, stderr } = spawnSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `${source}=size=480x270`, ...format, "-"],
  ]);
  if (status !== 0) throw new Error(`ffmpeg: ${String(stderr)}`);
  return { type, body: stdout };
}

/** Some of the sample channels have a picture of what is on. */
export function withStills(box: FakeBox): void {
  const takenAt = new Date().toISOString();
  const pictures: Record<string, { type: string; body: Buffer }> = {
    news: still("testsrc2"),
    arte: still("mandelbrot"),
    cts: still("smptehdbars", "video/mp4"),
    cctv: still("life"),
    noidr: still("gradients"),
  };
  for (const [id, picture] of Object.entries(pictures)) box.pictures.set(id, picture);
  box.channels = box.channels.map((one) => (box.pictures.has(one.id) ? { ...one, still: takenAt } : one));
}

import t from "tap";
import { ffmpegFinding } from "../../../src/cli/doctor/ffmpeg-finding.ts";

const ffmpeg = { path: "ffmpeg", version: "7.1" };

t.test("doctor: what ffmpeg can do here, and what to do about what it cannot", (t) => {
  t.match(ffmpegFinding(null, null), { level: "note", message: /Install ffmpeg/ });
  t.match(ffmpegFinding(null, "/opt/ffmpeg"), { level: "warning", message: "/opt/ffmpeg does not run" });
  const of = (encoders: string[], audio = true) =>
    ffmpegFinding({ ffmpeg, audio, video: { encoders } }, null);
  t.match(of(["h264_v4l2m2m", "libx264"]), {
    level: "ok",
    message: "7.1 (ffmpeg): pictures by h264_v4l2m2m, by the box's own encoder",
  });
  t.match(of(["libx264"]), { level: "ok", message: /on the processor/ });
  t.match(of([]), { level: "warning", message: /sound is converted, pictures are not/ });
  t.match(of(["libx264"], false), { level: "warning", message: /no AAC/ });
  t.end();
});

// Makes web/assets/recovery-point.mp4: half a second of H.264 that starts at a recovery point and holds no IDR picture,
// as many stations send it. The web app plays it unseen to learn whether this browser starts there. Its first picture
// unmarks a reference picture from before the cut (a memory management control operation, ISO/IEC 14496-10 §7.4.3.3), as
// every captured station does: Chromium takes a recovery point for a key frame, but its decoder fails on exactly this.
// usage: make-web-probe.mjs      (needs ffmpeg with libx264; the result is committed)
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const target = fileURLToPath(new URL("../web/assets/recovery-point.mp4", import.meta.url));
const GOP = 12;
const folder = mkdtempSync(join(tmpdir(), "tellyport-probe-"));
try {
  const whole = join(folder, "whole.mp4");
  const { status, stderr } = spawnSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v", String(GOP * 2)],
    ...["-c:v", "libx264", "-profile:v", "high", "-level", "4.0", "-pix_fmt", "yuv420p", "-crf", "40"],
    ...[
      "-x264-params",
      `open-gop=1:keyint=${GOP}:min-keyint=${GOP}:scenecut=0:bframes=3:b-adapt=0:b-pyramid=strict:ref=4`,
    ],
    ...["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "-y", whole],
  ]);
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
  writeFileSync(target, withoutFirstFragment(readFileSync(whole)));
} finally {
  rmSync(folder, { recursive: true });
}

/** Header and second fragment; the first one, which starts with the only IDR picture, goes. */
function withoutFirstFragment(file) {
  const kept = [];
  let fragments = 0;
  for (let at = 0; at < file.length;) {
    const size = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const box = file.subarray(at, at + size);
    if (type === "moof") fragments++;
    if (type === "ftyp" || type === "moov" || (fragments === 2 && (type === "moof" || type === "mdat")))
      kept.push(box);
    if (type === "mdat" && fragments === 2) refuseIdr(box.subarray(8));
    at += size;
  }
  return Buffer.concat(kept);
}

/** NAL units with 4-byte lengths; 5 is a coded slice of an IDR picture (ISO/IEC 14496-10 table 7-1). */
function refuseIdr(media) {
  for (let at = 0; at + 4 < media.length; at += 4 + media.readUInt32BE(at))
    if ((media[at + 4] & 0x1f) === 5) throw new Error("there is an IDR picture in the second fragment");
}

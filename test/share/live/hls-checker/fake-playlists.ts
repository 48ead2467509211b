import { audioCut, beginOf, CONTINUITY, FIRST, PARTS, videoCut, WINDOW } from "./fake-timing.ts";

export type Kind = "video" | "audio" | "subtitles";

const FOLDERS: Record<Kind, string> = { video: "v", audio: "a", subtitles: "t" };
/** The longest part, s. */
const TARGETS: Record<Kind, string> = { video: "0.20000", audio: "0.21334", subtitles: "" };
/** Parts are listed of so many whole segments. */
const WITH_PARTS = 3;
/** CAN-SKIP-UNTIL, s. */
const SKIP = 6;

export function multivariantText(container: "fmp4" | "ts"): string {
  const stream =
    'BANDWIDTH=400000,AVERAGE-BANDWIDTH=300000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000';
  if (container === "ts")
    return `#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:${stream}\nv/index.m3u8\n`;
  return `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",LANGUAGE="en",NAME="English",DEFAULT=NO,AUTOSELECT=YES,URI="t/index.m3u8"
#EXT-X-STREAM-INF:${stream},AUDIO="aac",SUBTITLES="text"
v/index.m3u8
`;
}

/** @param published parts that are there */
export function playlistText(
  kind: Kind,
  published: number,
  epoch: number,
  skip: boolean,
  container: "fmp4" | "ts",
): string {
  const lowLatency = container === "fmp4";
  const parts = lowLatency && kind !== "subtitles";
  const whole = Math.floor(published / PARTS);
  const from = FIRST + Math.max(0, whole - WINDOW);
  const end = FIRST + whole;
  const cut = (msn: number, part: number): { duration: number } =>
    kind === "audio" ? audioCut(msn, part) : videoCut(msn, part);
  const lines = ["#EXTM3U", `#EXT-X-VERSION:9`, "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-TARGETDURATION:1"];
  if (lowLatency)
    lines.push(
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${SKIP}.0,HOLD-BACK=3.0${parts ? ",PART-HOLD-BACK=0.70000" : ""}`,
    );
  if (parts) lines.push(`#EXT-X-PART-INF:PART-TARGET=${TARGETS[kind]}`);
  lines.push(
    `#EXT-X-MEDIA-SEQUENCE:${from}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.floor((from - 1) / CONTINUITY)}`,
  );
  let edge = beginOf(kind, end);
  for (let part = 0; parts && part < published % PARTS; part++) edge += cut(end, part).duration;
  let skipped = 0;
  while (skip && beginOf(kind, from + skipped + 1) <= edge - SKIP) skipped++;
  if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
  let map = -1;
  for (let msn = from; msn <= end; msn++) {
    const count = msn === end ? published % PARTS : PARTS;
    if (msn - from < skipped) continue;
    if (msn === end && (!parts || count === 0)) break;
    if (msn % CONTINUITY === 0) lines.push("#EXT-X-DISCONTINUITY");
    const version = Math.floor(msn / CONTINUITY);
    if (version !== map && parts) lines.push(`#EXT-X-MAP:URI="init-${version}.mp4"`);
    map = version;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(epoch + beginOf(kind, msn) * 1000).toISOString()}`);
    if (parts && msn >= end - WITH_PARTS)
      for (let part = 0; part < count; part++) {
        const independent = part === 0 || kind === "audio" ? ",INDEPENDENT=YES" : "";
        lines.push(
          `#EXT-X-PART:DURATION=${cut(msn, part).duration.toFixed(5)},URI="${msn}.${part}.m4s"${independent}`,
        );
      }
    if (msn === end) break;
    const seconds = beginOf(kind, msn + 1) - beginOf(kind, msn);
    const extension = container === "ts" ? "ts" : kind === "subtitles" ? "vtt" : "m4s";
    lines.push(`#EXTINF:${seconds.toFixed(5)},`, `${msn}.${extension}`);
  }
  if (parts) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${end}.${published % PARTS}.m4s"`);
  if (lowLatency)
    for (const other of ["video", "audio", "subtitles"] as const)
      if (other !== kind) lines.push(report(other, published));
  return `${lines.join("\n")}\n`;
}

function report(kind: Kind, published: number): string {
  const msn = FIRST + Math.floor((published - 1) / PARTS);
  const uri = `URI="../${FOLDERS[kind]}/index.m3u8"`;
  if (kind === "subtitles")
    return `#EXT-X-RENDITION-REPORT:${uri},LAST-MSN=${FIRST + Math.floor(published / PARTS) - 1}`;
  return `#EXT-X-RENDITION-REPORT:${uri},LAST-MSN=${msn},LAST-PART=${(published - 1) % PARTS}`;
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** For tap's `skip` option: false when what a browser test needs is here, else the reason that the run prints. */
export function skipWithoutBrowser(): false | string {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM}`;
  return spawnSync("ffmpeg", ["-version"]).status === 0 ? false : "there is no ffmpeg";
}

export const CHROMIUM = "/usr/bin/chromium";

export interface Rendition {
  readonly init: Buffer;
  readonly segments: readonly Buffer[];
}
/** Pictures and two sound tracks for a while, in segments of one second. */
export interface Media {
  readonly video: Rendition;
  readonly audio: readonly Rendition[];
  /** Without the picture. */
  readonly radio?: boolean;
  /** Subtitles that are pictures: the document of one segment. */
  readonly overlay?: (segment: number) => object;
  /** Subtitles that are text: the cues of one segment. */
  readonly text?: (segment: number) => string;
}

const SECONDS = 80;

/** The picture is white in every second second. */
export const FLASHES = "drawbox=color=white:t=fill:enable='eq(mod(floor(t),2),0)'";

/**
 * Makes the media of one channel once per folder; a colour and a tone tell channels apart.
 * @param filter of ffmpeg, for the picture
 */
export function makeMedia(
  folder: string,
  colour: string,
  tone: number,
  filter = "drawgrid=w=80:h=90:color=white@0.3",
): Media {
  const make = (name: string, args: string[]): Rendition => {
    const out = join(folder, `${SECONDS}s`, name);
    if (!existsSync(join(out, "done.m3u8"))) {
      mkdirSync(out, { recursive: true });
      const { status, stderr } = spawnSync(
        "ffmpeg",
        [
          ...["-v", "error", "-f", "lavfi", ...args, "-t", String(SECONDS), "-f", "hls", "-hls_time", "1"],
          ...["-hls_list_size", "0", "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4"],
          ...["-hls_segment_filename", join(out, "%03d.m4s"), "-y", join(out, "done.m3u8")],
        ],
        { encoding: "utf8" },
      );
      if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
    }
    const segments = readdirSync(out)
      .filter((file) => file.endsWith(".m4s"))
      .sort();
    return {
      init: readFileSync(join(out, "init.mp4")),
      segments: segments.map((file) => readFileSync(join(out, file))),
    };
  };
  const sound = (name: string, hertz: number): Rendition =>
    make(name, ["-i", `sine=frequency=${hertz}:sample_rate=48000`, "-c:a", "aac", "-b:a", "64k"]);
  return {
    video: make("video", [
      ...["-i", `color=${colour}:size=640x360:rate=25,${filter}`],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-g", "25", "-pix_fmt", "yuv420p"],
    ]),
    audio: [sound("first", tone), sound("second", tone * 2)],
  };
}

const TEXT =
  '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Italian",LANGUAGE="it",DEFAULT=NO,AUTOSELECT=YES,URI="text.m3u8"';
const OVERLAY =
  '#EXT-X-SESSION-DATA:DATA-ID="com.tellyport.overlay.s1",VALUE="s1/index.m3u8 hearing-impaired",LANGUAGE="fr"';

/** The multivariant playlist; audio apart, as the box makes it. */
export function multivariantPlaylist({ overlay, text, radio }: Media): string {
  if (radio === true) return '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\naudio0.m3u8\n';
  return [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="fra",LANGUAGE="fra",DEFAULT=YES,AUTOSELECT=YES,URI="audio0.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="eng",LANGUAGE="eng",AUTOSELECT=YES,URI="audio1.m3u8"',
    ...(text === undefined ? [] : [TEXT]),
    ...(overlay === undefined ? [] : [OVERLAY]),
    `#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25,AUDIO="a"${text === undefined ? "" : ',SUBTITLES="s"'}`,
    "video.m3u8",
    "",
  ].join("\n");
}

/** Segments listed. */
const WINDOW = 6;

/**
 * A live media playlist: what `second` of the broadcast it is decides which segments are in the window.
 * @param window segments listed
 */
export function livePlaylist(name: string, count: number, second: number, window = WINDOW): string {
  const last = Math.min(Math.floor(second) + WINDOW, count - 1);
  const first = Math.max(0, last - window + 1);
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1", `#EXT-X-MEDIA-SEQUENCE:${first}`];
  const isText = name === "text";
  if (!isText) lines.push(`#EXT-X-MAP:URI="${name}-init.mp4"`);
  for (let i = first; i <= last; i++) lines.push("#EXTINF:1.0,", `${name}-${i}.${isText ? "vtt" : "m4s"}`);
  return lines.join("\n") + "\n";
}

import type { VideoTrack } from "../live/media-source.ts";

/** Pixels across. */
export const STILL_WIDTH = 320;
/** No broadcast is taller; what says so is not believed. */
const TALLEST = 640;
const LOWEST = 16;
/** 8K and a little: beyond it a picture costs more memory than a box may have. */
const MOST_PIXELS = 40_000_000;
/** mjpeg's quantiser, 2 (best) to 31: pictures of television come out at 8 to 15 KB. */
const QUALITY = 4;
/** The darkest and lightest tenth of the pixels, or of their colour differences, are no further apart than this: 0..255. */
const SINGLE_COLOUR = 6;

const DEMUXERS = { avc: "h264", hevc: "hevc", mpeg2: "mpegvideo" } as const;

type Shape = Pick<VideoTrack, "family" | "width" | "height" | "sar" | "interlaced" | "colour">;

/** Pixels of the still, which are square. Pure. */
export function stillSize({ width, height, sar }: Pick<Shape, "width" | "height" | "sar">): {
  width: number;
  height: number;
} {
  const across = sar[0] > 0 && sar[1] > 0 ? (width * sar[0]) / sar[1] : width;
  const lines = across > 0 ? (STILL_WIDTH * height) / across : LOWEST;
  const even = Math.round(lines / 2) * 2;
  return { width: STILL_WIDTH, height: Math.min(TALLEST, Math.max(LOWEST, even)) };
}

/** What the still is made of, when the stream does not say: HD without a description is BT.709. @see BT.709-6, BT.601-7 */
function matrixOf({ colour, height }: Pick<Shape, "colour" | "height">): string {
  return colour === null && height > 576 ? ":in_color_matrix=bt709" : "";
}

/**
 * One coded picture on standard input to one JPEG on standard output; what {@link isSingleColour} reads goes to standard error.
 * A picture with errors is refused: there will be another one.
 */
export function jpegArguments(track: Shape): string[] {
  const { width, height } = stillSize(track);
  const filters = [
    // One field has lines enough for a picture this small: nothing combs, and it is cheaper than any deinterlacing.
    ...(track.interlaced && track.height >= 2 * LOWEST ? ["field=type=top", "setfield=prog"] : []),
    // JPEG's colours are those of BT.601, in full range. @see ITU-T T.871 §7
    `scale=${width}:${height}:flags=area${matrixOf(track)}:out_color_matrix=bt601:out_range=pc`,
    "setsar=1",
    "format=yuvj420p",
    "signalstats",
    "metadata=mode=print:file='pipe\\:2'",
  ];
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "error", "-nostdin", "-xerror"],
    ...["-protocol_whitelist", "pipe", "-threads", "1", "-max_pixels", String(MOST_PIXELS)],
    ...["-f", DEMUXERS[track.family], "-i", "pipe:0", "-map", "0:v:0", "-frames:v", "1"],
    ...["-filter_threads", "1", "-vf", filters.join(","), "-threads", "1"],
    ...["-c:v", "mjpeg", "-q:v", String(QUALITY), "-f", "mjpeg", "pipe:1"],
  ];
}

/** Black, blue, or any colour alone; a few bright letters on it are no picture either. @param said with signalstats' figures */
export function isSingleColour(said: string): boolean {
  return ["Y", "U", "V"].every((plane) => {
    const low = figure(said, `${plane}LOW`);
    const high = figure(said, `${plane}HIGH`);
    return low !== null && high !== null && high - low <= SINGLE_COLOUR;
  });
}

function figure(said: string, name: string): number | null {
  const value = new RegExp(`lavfi\\.signalstats\\.${name}=([\\d.]+)`).exec(said)?.[1];
  return value === undefined ? null : Number(value);
}

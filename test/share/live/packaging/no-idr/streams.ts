import { makeTs, picture } from "../media-tools.ts";

/** x264 streams that have one IDR picture, at the beginning, and recovery points from there on. */

const make = (parameters: string, more: readonly string[] = [], seconds = 5): Buffer =>
  makeTs([
    ...picture(seconds, "320x192"),
    ...["-c:v", "libx264", "-preset", "veryfast", ...more, "-pix_fmt", "yuv420p"],
    ...["-x264-params", `keyint=25:min-keyint=25:scenecut=0:open-gop=1:threads=1:${parameters}`],
  ]);

const INTERLACED = ["-flags", "+ildct+ilme"];

/** Every kind that the syntax tells apart and x264 can make. */
export const STREAMS: readonly (readonly [string, () => Buffer])[] = [
  ["CABAC", () => make("bframes=3")],
  ["CAVLC", () => make("bframes=3:cabac=0")],
  ["CABAC, macroblock pairs", () => make("bframes=3:tff=1", INTERLACED)],
  [
    "CAVLC, macroblock pairs, temporal direct",
    () => make("bframes=3:bff=1:cabac=0:direct=temporal", INTERLACED),
  ],
  [
    "deep references, weights, slices",
    () => make("bframes=5:b-pyramid=normal:ref=8:weightp=2:weightb=1:direct=temporal:slices=3"),
  ],
  ["one leading picture", () => make("bframes=1")],
  ["short groups", () => make("bframes=2:ref=5:keyint=10:min-keyint=10")],
];

/** IDR pictures only. */
export const withIdr = (): Buffer => make("bframes=3:open-gop=0");

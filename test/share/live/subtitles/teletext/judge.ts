import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import {
  TeletextSubtitles,
  type TextDisplay,
} from "../../../../../src/share/live/subtitles/teletext/teletext-subtitles.ts";
import type { TeletextPage } from "../../../../../src/share/live/subtitles/teletext/subtitle-pages.ts";
import { demux } from "../../../../helpers/ts-to-media.ts";
import { withFolder } from "../../packaging/media-tools.ts";

/** ffmpeg with libzvbi, which decodes teletext for most programs there are. */

/** What ffmpeg makes of a page: one entry per display that has text, lines as they are but for the space around them. */
export interface Judged {
  /** ms from the first one's. */
  readonly at: number;
  readonly lines: readonly string[];
}

/** For tap's `skip` option. */
export function skipWithoutZvbi(): false | string {
  try {
    const decoders = execFileSync("ffmpeg", ["-v", "error", "-decoders"], { encoding: "utf8" });
    return decoders.includes("libzvbi") ? false : "ffmpeg has no libzvbi";
  } catch {
    return "ffmpeg is not here";
  }
}

/** @param format `ass` keeps colours as `{\c&Hbbggrr&}` @param map stream specifier */
export function judge(
  ts: Buffer | string,
  page: string,
  format: "text" | "ass" = "text",
  map = "0:s:0",
): Judged[] {
  const out = withFolder((folder) => {
    const path = typeof ts === "string" ? ts : join(folder, "made.ts");
    if (typeof ts !== "string") writeFileSync(path, ts);
    return execFileSync(
      "ffmpeg",
      // prettier-ignore
      ["-v", "error", "-txt_format", format, "-txt_page", page, "-i", path,
        "-map", map, "-c:s", "ass", "-f", "ass", "-"],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 60_000 },
    );
  });
  const judged = [...out.matchAll(/^Dialogue: [^,]*,(\d+):(\d+):([\d.]+),(?:[^,]*,){7}(.*)$/gm)].map(
    (match) => ({
      at: Math.round((Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])) * 1000),
      lines: (match[4] ?? "").split("\\N").map(unescaped),
    }),
  );
  return judged.map((entry) => ({ ...entry, at: entry.at - (judged[0]?.at ?? 0) }));
}

const unescaped = (line: string): string =>
  line
    .replaceAll("\u2060", "")
    .replaceAll("\\h", " ")
    .replace(/\\([\\{}])/g, "$1")
    .trim();

/** What ours makes of the same stream. */
export function decode(ts: Buffer, page: TeletextPage, service?: number): TextDisplay[] {
  const displays: TextDisplay[] = [];
  const subtitles = new TeletextSubtitles({ page, show: (display) => displays.push(display) });
  demux(
    ts,
    {
      streams: () => undefined,
      pcr: () => undefined,
      pes: ({ data, pts }) => subtitles.push(data, pts ?? 0),
      scrambling: () => undefined,
      ended: () => undefined,
    },
    { ...(service === undefined ? {} : { service }), select: ({ codec }) => codec === "teletext" },
  );
  return displays;
}

/** The text of a display, a string per line. */
export const textOf = (display: TextDisplay | undefined): string[] =>
  (display?.lines ?? []).map(({ spans }) => spans.map(({ text }) => text).join(""));

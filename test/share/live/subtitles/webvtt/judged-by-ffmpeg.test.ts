import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { teletextCues } from "../../../../../src/share/live/subtitles/webvtt/teletext-cues.ts";
import { CueTrack } from "../../../../../src/share/live/subtitles/webvtt/webvtt-segment.ts";
import { skipWithoutFfmpeg, withFolder } from "../../packaging/media-tools.ts";
import { decode } from "../teletext/judge.ts";
import * as build from "../teletext/teletext-builder.ts";
import { teletextStream } from "../teletext/teletext-stream.ts";

const skip = skipWithoutFfmpeg();
const SECOND = 90_000;

/** Teletext in, segments of two seconds out, as the live stream makes them. */
function segments(): string[] {
  const page = build.header({ magazine: 8, page: 0x88, national: 1 });
  const end = build.filling(8);
  const lines = [
    [
      page,
      build.boxed(8, 20, [...build.codes("Gr}~e & "), 3, ...build.codes("K{se")]),
      build.boxed(8, 22, "zweite"),
      end,
    ],
    [page, end],
    [page, build.boxed(8, 2, "oben"), build.boxed(8, 22, "[o]"), end],
    [page, end],
  ];
  const ts = teletextStream(
    lines.map((content, index) => ({ pts: (3 + 2.5 * index) * SECOND, lines: content })),
  );
  const track = new CueTrack();
  const pageOf = { magazine: 8, page: 0x88, language: "deu", hearingImpaired: false };
  for (const { at, lines } of decode(ts, pageOf)) track.display({ at, cues: teletextCues(lines) });
  return [1, 2, 3, 4, 5, 6].map((index) => track.segment(index * 2 * SECOND, (index + 1) * 2 * SECOND));
}

interface Packet {
  readonly pts_time: string;
  readonly duration_time: string;
}

t.test("WebVTT: ffprobe and ffmpeg read every segment, at the times of the media", { skip }, (t) => {
  const read = segments().map((text) =>
    withFolder((folder) => {
      const path = join(folder, "segment.vtt");
      writeFileSync(path, text);
      const run = (program: string, args: string[]): string => {
        const result = execFileSync(program, ["-v", "warning", ...args], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        });
        return result;
      };
      const probed = JSON.parse(run("ffprobe", ["-f", "webvtt", "-show_packets", "-of", "json", path])) as {
        readonly packets: readonly Packet[];
      };
      const srt = run("ffmpeg", ["-f", "webvtt", "-i", path, "-f", "srt", "-"]);
      return {
        packets: probed.packets.map((packet) => [Number(packet.pts_time), Number(packet.duration_time)]),
        text: srt
          .split(/\n\n+/)
          .map((cue) => cue.replaceAll("\r", "").split("\n").slice(2).join("/"))
          .filter((cue) => cue !== ""),
      };
    }),
  );
  t.same(
    read.map(({ packets }) => packets),
    [
      [[3, 1]],
      [[4, 1.5]],
      [],
      [
        [8, 2],
        [8, 2],
      ],
      [
        [10, 0.5],
        [10, 0.5],
      ],
      [],
    ],
  );
  t.same(
    read.map(({ text }) => text),
    [["Grüße & Käse/zweite"], ["Grüße & Käse/zweite"], [], ["oben", "ÄoÜ"], ["oben", "ÄoÜ"], []],
  );
  t.end();
});

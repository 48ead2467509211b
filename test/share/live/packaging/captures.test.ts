import t, { type Test } from "tap";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { packageFile, type Packaged } from "../../../helpers/ts-to-media.ts";
import type { Track } from "../../../../src/share/live/media-source.ts";
import { decode, probe, probeFile, skipWithoutFfmpeg, type Packet, type Probe } from "./media-tools.ts";

const skip = (name: string): false | string => skipWithoutFfmpeg() || skipWithout(name);

/** Time stamps of the broadcast's pictures from its first random access point on, without what leads up to that. */
function picturesOf(source: Probe, pid: number): { from: Packet; times: number[][] } | null {
  const all = source.packets.filter(
    // ffprobe gives the second field of a frame as a packet without time.
    ({ stream_index, pts }) => pts !== undefined && Number(source.streams[stream_index]?.id) === pid,
  );
  const index = all.findIndex(({ flags }) => flags.startsWith("K"));
  const from = all[index];
  if (from === undefined) return null;
  const next = all.findIndex(({ flags }, at) => at > index && flags.startsWith("K"));
  const kept = all.slice(index).filter(({ pts }, at) => pts >= from.pts || (next >= 0 && index + at > next));
  return { from, times: kept.map(({ pts, dts }) => [pts - from.pts, dts - from.dts]) };
}

/** Nothing is left out, and everything keeps its time. */
function checkTimes(t: Test, source: Probe, track: Track, ours: readonly Packet[], label: string): void {
  const first = ours[0];
  if (first === undefined) return;
  if (track.kind === "audio") {
    const late = ours.filter(({ pts }, index) => pts - first.pts !== index * track.frameSamples);
    t.same(late, [], `${label}: frames lie end to end`);
    return;
  }
  const times = picturesOf(source, track.id)?.times ?? [];
  // A recovery point that became an IDR picture is there twice, a tick apart, and the pictures between move up a place.
  const twice = new Set(ours.map(({ pts }) => pts - 1));
  const once = ours.filter(({ pts }) => !twice.has(pts));
  if (once.length < ours.length) {
    const shown = (all: readonly number[]): number[] => [...all].sort((a, b) => a - b);
    t.same(
      shown(once.map(({ pts }) => pts - first.pts)),
      shown(times.slice(0, once.length).map(([pts]) => pts ?? 0)),
      `${label}: the broadcast's time stamps`,
    );
    return;
  }
  // A recovery point that became an IDR picture is decoded in the place of the last picture that led to it.
  const second = ours[1]?.dts ?? 0;
  const later = times[1]?.[1] ?? 0;
  if (times.length > 1 && second - first.dts < later) {
    t.same(
      ours.slice(1).map(({ pts, dts }) => [pts - first.pts, dts - second]),
      times.slice(1, ours.length).map(([pts = 0, dts = 0]) => [pts, dts - later]),
      `${label}: the broadcast's time stamps`,
    );
    return;
  }
  const got = ours.map(({ pts, dts }) => [pts - first.pts, dts - first.dts]);
  // ffprobe reports the picture that the file's end cuts short, too.
  t.ok(got.length >= times.length - 2, `${label}: ${got.length} of ${times.length} pictures`);
  t.same(got, times.slice(0, got.length), `${label}: the broadcast's time stamps`);
}

/** Everything that is packaged of a service, against ffprobe's view of the broadcast and its decoders. */
async function check(t: Test, name: string, service: number): Promise<Packaged> {
  const path = capture(name) ?? "";
  const source = probeFile(path, ["-show_programs"]);
  // The capture without PCR is of ten seconds: its bit rate tells the time.
  const result = await packageFile(path, { service, bitrate: 2e6, cut: true });
  const recovery = result.idr === false;
  const said = source.programs?.find(({ program_id }) => program_id === service)?.streams ?? [];
  for (const { id, track } of result.renditions) {
    const label = `${service} ${id} ${track.codec}`;
    const theirs = said.find((stream) => Number(stream.id) === track.id);
    t.ok(theirs, `${label}: ffprobe knows PID ${track.id}`);
    const file = result.file(id);
    const ours = probe(file).streams[0];
    if (track.kind === "video") {
      const same = [
        "width",
        "height",
        "codec_name",
        "profile",
        "level",
        "color_primaries",
        "sample_aspect_ratio",
      ];
      for (const key of same) t.equal(ours?.[key], theirs?.[key], `${label}: ${key}`);
      t.same([track.width, track.height], [theirs?.width, theirs?.height], `${label}: size`);
      const order = theirs?.field_order ?? "progressive";
      t.equal(track.interlaced, order !== "progressive", `${label}: ${theirs?.field_order}`);
      const [over, under] = String(theirs?.avg_frame_rate).split("/").map(Number);
      t.ok(
        Math.abs(track.frameRate - (over ?? 0) / (under ?? 1)) < 0.01,
        `${label}: ${track.frameRate} frames/s`,
      );
    } else {
      const names = AS_MP4[String(theirs?.codec_name)] ?? [theirs?.codec_name];
      t.ok(names.includes(ours?.codec_name), `${label}: ${ours?.codec_name}`);
      for (const key of ["sample_rate", "channels"]) t.equal(ours?.[key], theirs?.[key], `${label}: ${key}`);
    }
    const decoded = decode(file);
    const errors = decoded.errors
      .split("\n")
      .filter((line) => line !== "" && !(recovery && OPEN_GOP.test(line)));
    if (!LOSSY.has(name)) t.same(errors, [], `${label}: decodes without a word`);
    const samples = probe(file).packets.length;
    t.ok(
      samples > 5 && decoded.frames >= samples - 1,
      `${label}: ${decoded.frames} frames of ${samples} samples`,
    );
    if (!LOSSY.has(name)) checkTimes(t, source, track, probe(file).packets, label);
  }
  return result;
}

/** What ffmpeg says when it begins at a recovery point: later pictures speak of references before it. */
const OPEN_GOP =
  /mmco: unref short failure|reference picture missing|Missing reference picture|number of reference frames|co located POCs|Last message repeated/;

/** Received with errors: the pictures show it, and stay. */
const LOSSY = new Set(["dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts"]);

/** What ffmpeg calls in MP4 what it calls otherwise in a transport stream: the object type has no layers, nor LATM. */
const AS_MP4: Record<string, string[]> = { mp2: ["mp3", "mp2"], aac_latm: ["aac"] };

const CAPTURES: readonly (readonly [string, readonly (readonly [number, string])[]])[] = [
  [
    "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
    [
      [8802, "avc ac-3 ac-3"],
      [8810, "avc ac-3"],
    ],
  ],
  ["dvbs-fr-canalsat-scrambled-and-clear-2s.ts", [[8810, "avc ac-3"]]],
  [
    "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
    [
      [1537, "ec-3 ec-3 ec-3"],
      [1545, "ec-3"],
    ],
  ],
  ["dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts", [[262, "avc ec-3"]]],
  [
    "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
    [
      [3401, "mpeg2 mp2 mp2 mp2"],
      [3404, "mp2"],
      [3410, "hevc"],
    ],
  ],
  ["dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts", [[4352, "mpeg2 mp2"]]],
  ["dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts", [[16657, "aac"]]],
];

for (const [name, services] of CAPTURES) {
  t.test(`packaging: ${name} as ffprobe sees it`, { skip: skip(name) }, async (t) => {
    for (const [service, families] of services) {
      const result = await check(t, name, service);
      t.equal(result.renditions.map(({ track }) => track.family).join(" "), families, `${service}: tracks`);
    }
  });
}

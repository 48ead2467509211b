import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { PTS_WRAP } from "../../../../../src/kernel/units.ts";
import type { AccessUnit, Track } from "../../../../../src/share/live/media-source.ts";
import { capture, skipWithout } from "../../../../helpers/captures.ts";
import { mediaOf, type MediaLog } from "../../../../helpers/ts-to-media.ts";
import { probe, skipWithoutFfmpeg, type Probe } from "../media-tools.ts";
import { complaints, hashes } from "./judges.ts";
import { multiplex } from "./multiplex.ts";
import { continuityErrors, readTs } from "./ts-reader.ts";

/** FFmpeg's names. */
const NAMES: Record<Track["family"], string> = {
  avc: "h264",
  hevc: "hevc",
  mpeg2: "mpeg2video",
  aac: "aac",
  "ac-3": "ac3",
  "ec-3": "eac3",
  mp2: "mp2",
};

/** Without what cannot be shown: sound before the first picture, or on a clock that has nothing to do with the picture's. */
function shown({ units, tracks }: MediaLog): AccessUnit[] {
  const leader = tracks[0]?.find(({ kind }) => kind === "video") ?? tracks[0]?.[0];
  const from = units.find(({ track, randomAccess }) => track === leader?.id && randomAccess)?.dts ?? 0;
  return units.filter(({ dts }) => dts >= from && dts < from + 60 * 90_000);
}

/** Each stream as ffprobe finds it has the packets that the track has units: as many, at the same times, of the same order. */
function checkPackets(t: Test, all: readonly AccessUnit[], probed: Probe, tracks: readonly Track[]): void {
  t.equal(probed.streams.length, tracks.length, "as many streams as tracks");
  tracks.forEach((track, index) => {
    const label = `${track.codec} ${track.id}`;
    const stream = probed.streams[index];
    const units = all.filter((unit) => unit.track === track.id);
    // Rai 3's second sound: announced, and six hours away.
    if (units.length === 0) {
      t.pass(`${label}: nothing comes`);
      return;
    }
    t.equal(stream?.["codec_name"], NAMES[track.family], `${label}: codec`);
    // The second field of a frame is a packet without time for ffprobe.
    const packets = probed.packets.filter(
      ({ stream_index, pts }) => stream_index === index && pts !== undefined,
    );
    t.ok(units.length > 5, `${label}: ${units.length} units`);
    const time = (value: number): number => ((Math.round(value) % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
    t.same(
      packets.map(({ pts, dts }) => [time(pts), time(dts)]),
      units.map(({ pts, dts }) => [time(pts), time(dts)]),
      `${label}: PTS and DTS of each`,
    );
    if (track.kind === "video") {
      t.same([stream?.["width"], stream?.["height"]], [track.width, track.height], `${label}: size`);
    } else t.equal(stream?.["channels"], track.channels, `${label}: channels`);
  });
}

/** Pictures behind a recovery point that refer to what came before it: FFmpeg makes of them what it can. */
const MENDED = 4;

/** FFmpeg decodes the same pictures from ours as from the broadcast, and finds the same frames of sound. */
function checkContents(t: Test, path: string, ts: Buffer, tracks: readonly Track[]): void {
  tracks.forEach((track, index) => {
    // Out of LATM, into ADTS.
    if (track.family === "aac") return;
    const theirs = hashes(readFileSync(path), `0:i:${track.id}`, track.kind);
    const ours = hashes(ts, `0:${index}`, track.kind);
    const other = [...ours].filter(([time, hash]) => theirs.get(time) !== hash);
    const most = track.kind === "video" ? MENDED : 0;
    t.ok(
      other.length <= most,
      `${track.codec} ${track.id}: ${other.length} of ${ours.size} are not the broadcast's`,
    );
  });
}

async function check(t: Test, name: string, service: number, lossy: boolean): Promise<void> {
  const path = capture(name) ?? "";
  const source = readFileSync(path);
  const log = await mediaOf(source, { service, bitrate: 2e6, cut: true });
  const tracks = log.tracks[0] ?? [];
  t.equal(log.tracks.length, 1, "the tracks do not change");
  const { ts, segments, pool } = multiplex(log);
  t.equal(pool.stats.inUseBytes, 0, "all memory is back");
  t.equal(continuityErrors(ts()), 0, "continuity");
  const read = readTs(ts());
  const units = shown(log);
  t.equal(read.pes.length, units.length, "a PES packet each");
  const first = tracks[0]?.kind === "video" ? units.filter(({ track }) => track === tracks[0]?.id) : [];
  const access = read.pes.filter(({ randomAccess, streamId }) => randomAccess && streamId === 0xe0);
  t.equal(access.length, first.filter(({ randomAccess }) => randomAccess).length, "random access indicators");
  const steps = read.pcrs.map(({ base }, at) => (at === 0 ? 0 : base - (read.pcrs[at - 1]?.base ?? 0)));
  t.ok(
    Math.max(...steps) <= 4050 && Math.min(...steps) >= 0,
    `PCRs up to ${Math.max(...steps) / 90} ms apart`,
  );
  t.ok(segments.every(({ independent, start, end }) => independent && end > start));
  const probed = probe(ts(), "ts");
  checkPackets(t, units, probed, tracks);
  // What FFmpeg says of the broadcast's own errors (and of pictures before a recovery point) it says of the source, too.
  const present = tracks.flatMap(({ id }, index) => (units.some(({ track }) => track === id) ? [index] : []));
  if (!lossy) checkContents(t, path, ts(), tracks);
  if (!lossy) t.same(complaints(ts(), present), [], "decodes without a word");
}

const CAPTURES: readonly (readonly [string, readonly number[]])[] = [
  ["dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts", [8802, 8810]],
  ["dvbs-fr-canalsat-scrambled-and-clear-2s.ts", [8810]],
  ["dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", [1537, 1542, 1544, 1545, 1546]],
  ["dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts", [262]],
  ["dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts", [3401, 3402, 3403, 3404, 3405, 3406, 3411, 3410]],
  ["dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts", [4352]],
  ["dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts", [16657]],
];
/** Received with errors: the pictures show it, and stay. */
const LOSSY = new Set(["dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts"]);

for (const [name, services] of CAPTURES) {
  t.test(
    `ts-segments: ${name}, every service as ffprobe sees it`,
    { skip: skipWithoutFfmpeg() || skipWithout(name) },
    async (t) => {
      for (const service of services)
        await t.test(`service ${service}`, (t) => check(t, name, service, LOSSY.has(name)));
    },
  );
}

import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { collector, mediaOf, type MediaLog } from "../../../helpers/ts-to-media.ts";
import type { AccessUnit, Track } from "../../../../src/share/live/media-source.ts";
import { isAudio, isVideo } from "../../../../src/share/live/packaging/elementary/parsers.ts";
import { Packager } from "../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import type { Profile } from "../../../../src/share/live/transcoding/index.ts";
import { decode, skipWithoutFfmpeg } from "../packaging/media-tools.ts";
import { lagBetween, samplesOf, transcode, type PacedSource, type Transcoded } from "./harness.ts";

const RATE = 48_000;

/** One sound track as fMP4, which begins with the first of these units. */
function soundFile(track: Track, units: readonly AccessUnit[]): Buffer {
  const result = collector(new SlabPool());
  const packager = new Packager({ clock: new FakeClock(), pool: result.pool, sink: result.sink });
  packager.tracks([track]);
  for (const unit of units) if (unit.track === track.id) packager.accessUnit(unit);
  packager.ended("no-data", "");
  return result.file("a0");
}

interface Sound {
  readonly track: Track;
  readonly units: readonly AccessUnit[];
}

/** How much later than before the sound is heard, ms: its curve, against that of what it was made of. */
function delayOfSound(before: Sound, after: Sound): number {
  const a = samplesOf(soundFile(before.track, before.units));
  const b = samplesOf(soundFile(after.track, after.units));
  const first = (sound: Sound): number => sound.units[0]?.pts ?? NaN;
  // Where both are on the timeline of the source.
  const moved = Math.round(((first(after) - first(before)) * RATE) / 90_000);
  const aligned = moved >= 0 ? a.subarray(moved) : a;
  const other = moved < 0 ? b.subarray(-moved) : b;
  const length = Math.min(20_000, aligned.length - 6000, other.length - 6000);
  return (lagBetween(aligned, other, 2400, 4000, length) / RATE) * 1000;
}

const quantile = (values: readonly number[], share: number): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN);

function tellLatency(t: Test, result: Transcoded & { readonly paced: PacedSource }) {
  for (const kind of ["video", "audio"] as const) {
    const units = new Set(result.of(kind));
    const late = result.units.flatMap((unit, index) =>
      units.has(unit) ? [result.paced.latency(unit, result.arrivals[index] ?? 0)] : [],
    );
    if (late.length > 0)
      t.comment(
        `${kind}: ${quantile(late, 0.5)} ms later, 95 in 100 within ${quantile(late, 0.95)}, at most ${quantile(late, 1)}`,
      );
  }
}

interface Case {
  readonly file: string;
  readonly service: number;
  readonly profile: Profile;
  /** Null: all of it. */
  readonly seconds: number | null;
  /** Received with errors, or begins in the middle of an open group: decoders have something to say of the picture. */
  readonly pictureMayComplain?: boolean;
}

const CASES: readonly Case[] = [
  {
    file: "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
    service: 4352,
    profile: { kind: "aac-audio" },
    seconds: null,
  },
  { file: "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts", service: 4352, profile: { kind: "h264" }, seconds: 4.4 },
  {
    file: "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
    service: 3401,
    profile: { kind: "h264" },
    seconds: null,
  },
  {
    file: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
    service: 262,
    profile: { kind: "aac-audio" },
    seconds: null,
    pictureMayComplain: true,
  },
  {
    file: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
    service: 8802,
    profile: { kind: "aac-audio" },
    seconds: null,
    pictureMayComplain: true,
  },
  {
    file: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    service: 16657,
    profile: { kind: "low" },
    seconds: 4,
  },
];

for (const { file, service, profile, seconds, pictureMayComplain } of CASES) {
  const skip = skipWithoutFfmpeg() || skipWithout(file);
  t.test(`transcoding: ${file} ${service} to ${profile.kind}`, { skip }, async (t) => {
    const media = await mediaOf(readFileSync(capture(file) ?? ""), {
      service,
      cut: true,
      select: (stream) => isVideo(stream) || isAudio(stream),
    });
    const result = await transcode(media, profile, seconds);
    const source = media.tracks[0] ?? [];
    t.equal(result.ended, "no-data");
    t.same(result.tracks.length, 1, "tracks are told once");
    t.same(
      result.tracks[0]?.map(({ id, kind }) => [id, kind]),
      source.map(({ id, kind }) => [id, kind]),
      "the same tracks under the same names",
    );
    t.same(result.discontinuities, [], "no discontinuity");
    tellLatency(t, result);
    t.comment(`cores: sound ${result.cpu.audio.toFixed(3)}, picture ${result.cpu.video.toFixed(3)}`);

    for (const { id, track } of result.packaged.renditions) {
      const { errors, frames } = decode(result.packaged.file(id));
      t.ok(frames > 10, `${id}: ${frames} frames`);
      if (!(track.kind === "video" && pictureMayComplain === true))
        t.equal(errors, "", `${id}: decodes without a word`);
    }
    checkSound(t, media, result);
    checkPicture(t, media, result, profile);
  });
}

function checkSound(t: Test, media: MediaLog, result: Transcoded): void {
  const isSound = ({ kind }: Track): boolean => kind === "audio";
  const track = media.tracks[0]?.find(isSound);
  const made = result.tracks[0]?.find(isSound);
  if (track === undefined || made === undefined) return;
  const before = { track, units: media.units.filter((unit) => unit.track === track.id) };
  const after = { track: made, units: result.units.filter((unit) => unit.track === track.id) };
  const jumps = (units: readonly AccessUnit[], frame: number): number =>
    units.slice(1).filter((unit, at) => Math.abs(unit.pts - (units[at]?.pts ?? 0) - frame) > 90).length;
  const lost = jumps(
    before.units,
    "frameSamples" in track ? (track.frameSamples * 90_000) / track.sampleRate : 0,
  );
  t.ok(jumps(after.units, 1920) <= lost, `nothing is missing but what was (${lost} times)`);
  const early = ((after.units[0]?.pts ?? 0) - (before.units[0]?.pts ?? 0)) / 90;
  t.ok(Math.abs(early) < 1, `it begins with the first, ${early.toFixed(2)} ms`);
  const delay = delayOfSound(before, after);
  t.comment(`sound is ${delay.toFixed(2)} ms late`);
  t.ok(Math.abs(delay) < 1, `sound is where it was, ${delay.toFixed(2)} ms off`);
}

function checkPicture(t: Test, media: MediaLog, result: Transcoded, profile: Profile): void {
  const id = media.tracks[0]?.find(({ kind }) => kind === "video")?.id;
  const before = media.units.filter(({ track }) => track === id);
  const after = result.units.filter(({ track }) => track === id);
  if (profile.kind === "aac-audio") {
    t.same(after, before.slice(0, after.length), "the picture is not touched");
    return;
  }
  const times = new Set(before.map(({ pts }) => Number(pts)));
  t.same(
    after.filter(({ pts }) => !times.has(pts)).map(({ pts }) => pts),
    [],
    "each picture has the time that it had",
  );
  const groups = after.filter(({ randomAccess }) => randomAccess).map(({ pts }) => pts / 90_000);
  t.ok(
    groups.slice(1).every((time, at) => time - (groups[at] ?? 0) < 1.05),
    "an IDR every second",
  );
  t.ok(after.every(({ randomAccess, idr }) => randomAccess === idr));
}

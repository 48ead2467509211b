import t, { type Test } from "tap";
import type { MediaLog } from "../../../helpers/ts-to-media.ts";
import { mediaOf } from "../../../helpers/ts-to-media.ts";
import type { Profile } from "../../../../src/share/live/transcoding/index.ts";
import { makeTs, probe, skipWithoutFfmpeg } from "../packaging/media-tools.ts";
import { brightnessOf, samplesOf, transcode, type Transcoded } from "./harness.ts";

const skip = skipWithoutFfmpeg();
const SECONDS = 5;
const RATE = 48_000;

/** Once a second the picture flashes for a frame and the sound beeps for as long, at the same instant. */
const CLAPPER = [
  ...["-f", "lavfi", "-i", `color=black:size=352x288:rate=25:duration=${SECONDS}`],
  ...["-f", "lavfi", "-i"],
  `aevalsrc='if(lt(mod(t+0.6,1),0.04),0.7*sin(2*PI*1000*t),0)':s=48000:d=${SECONDS}`,
  ...["-vf", "drawbox=color=white:t=fill:enable='lt(mod(t+0.601,1),0.04)',format=yuv420p"],
];

interface Claps {
  /** Seconds. */
  readonly flashes: readonly number[];
  readonly beeps: readonly number[];
}

/** When the flashes and beeps of what was packaged are shown and heard, as ffmpeg decodes it. */
function clapsOf({ packaged }: Transcoded): Claps {
  const video = packaged.file("v0");
  const timeOf = (file: Buffer): number[] => {
    const { streams, packets } = probe(file);
    const [over, under] = String(streams[0]?.time_base).split("/").map(Number);
    return packets.map(({ pts }) => (pts * (over ?? 0)) / (under ?? 1)).sort((a, b) => a - b);
  };
  const times = timeOf(video);
  const levels = brightnessOf(video);
  const bright = levels.map((level) => level > 128);
  const flashes = times.filter((_, at) => bright[at] === true && bright[at - 1] !== true);
  const sound = packaged.file("a0");
  const from = timeOf(sound)[0] ?? 0;
  const samples = samplesOf(sound);
  const beeps: number[] = [];
  for (let at = 0; at < samples.length; at++) {
    if (Math.abs(samples[at] ?? 0) < 4000) continue;
    beeps.push(from + at / RATE);
    at += RATE / 2;
  }
  return { flashes, beeps };
}

/** The sound's distance from the picture, ms: one for each second that has both. */
function offsets({ flashes, beeps }: Claps): number[] {
  return flashes.flatMap((flash) => {
    const beep = beeps.find((time) => Math.abs(time - flash) < 0.4);
    return beep === undefined ? [] : [Math.round((beep - flash) * 10_000) / 10];
  });
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"];

const SOURCES: readonly (readonly [string, readonly string[], readonly Profile[]])[] = [
  [
    "MPEG-2 and MP2",
    ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-c:a", "mp2", "-b:a", "192k"],
    [{ kind: "aac-audio" }, { kind: "h264" }],
  ],
  ["H.264 and AC-3", [...H264, "-c:a", "ac3", "-b:a", "192k"], [{ kind: "aac-audio" }, { kind: "low" }]],
  [
    "H.264 and E-AC-3 at 44.1 kHz",
    [...H264, "-c:a", "eac3", "-ar", "44100", "-b:a", "192k"],
    [{ kind: "medium" }],
  ],
  ["H.264 and AAC", [...H264, "-c:a", "aac", "-b:a", "128k"], [{ kind: "low" }]],
];

async function check(t: Test, media: MediaLog, profile: Profile): Promise<void> {
  const result = await transcode(media, profile, SECONDS);
  t.equal(result.ended, "no-data", `${profile.kind}: the source's end is the end`);
  t.equal(result.tracks.length, 1, `${profile.kind}: tracks are told once`);
  const families = profile.kind === "aac-audio" ? media.tracks[0]?.[0]?.family : "avc";
  t.same(
    result.tracks[0]?.map(({ family }) => family),
    [families, "aac"],
  );
  const found = offsets(clapsOf(result));
  t.ok(found.length >= SECONDS - 2, `${profile.kind}: ${found.length} claps`);
  t.comment(`${profile.kind}: the beep comes ${found.join(", ")} ms after the flash`);
  const wrong = found.filter((offset) => Math.abs(offset) > 12);
  t.same(wrong, [], `${profile.kind}: the beep is with its flash`);
}

for (const [name, codecs, profiles] of SOURCES) {
  t.test(`transcoding: sound and picture of ${name} stay together`, { skip }, async (t) => {
    const media = await mediaOf(makeTs([...CLAPPER, ...codecs]));
    await Promise.all(profiles.map((profile) => check(t, media, profile)));
  });
}

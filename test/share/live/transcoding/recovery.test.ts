import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import type { AccessUnit } from "../../../../src/share/live/media-source.ts";
import { ticks } from "../../../../src/kernel/units.ts";
import { Transcoding } from "../../../../src/share/live/transcoding/index.ts";
import { spawnFfmpeg } from "../../../../src/share/live/transcoding/spawn-ffmpeg.ts";
import { VideoTranscoder } from "../../../../src/share/live/transcoding/video-transcoder.ts";
import { mediaOf } from "../../../helpers/ts-to-media.ts";
import { H264, makeTs, picture, skipWithoutFfmpeg, sound } from "../packaging/media-tools.ts";
import { alive, PacedSource, play, runner, silent, transcoding, type Transcoded } from "./harness.ts";

const skip = skipWithoutFfmpeg();

const MPEG2 = ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-b:v", "2M", "-c:a", "mp2", "-b:a", "192k"];
const recording = () => mediaOf(makeTs([...picture(10, "352x288"), ...sound(10), ...MPEG2]));
const other = () => mediaOf(makeTs([...picture(4), ...sound(4), ...H264, "-c:a", "ac3", "-b:a", "192k"]));

const sleep = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

/** Waits until something is so. @returns ms that it took */
async function until(test: () => boolean, timeout: number): Promise<number> {
  const from = performance.now();
  while (!test() && performance.now() - from < timeout) await sleep(20);
  return performance.now() - from;
}

/** Starts a transcode and waits for its first picture and sound. */
async function running(kind: "h264" | "aac-audio", seconds = 60) {
  await transcoding.abilities();
  const began = runner.runs.length;
  const pids = (of: "audio" | "video"): number[] => runner.pids(of, began);
  const paced = new PacedSource(await recording(), { seconds });
  const result = await play(transcoding.source(paced, { kind }));
  await until(() => result.of("video").length > 5 && result.of("audio").length > 5, 10_000);
  return { pids, paced, result };
}

/** How long the stream may pause: three seconds, and as much longer as the processors have more to do than they can. */
const pauseAllowed = (): number => 3000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());

/** The longest time between units of a kind that came since, ms. */
function longestPause(result: Transcoded, kind: "audio" | "video", since: number): number {
  const units = new Set(result.of(kind));
  const times = result.arrivals.filter((at, index) => at >= since && units.has(result.units[index]!));
  return Math.max(...times.map((at, index) => at - (times[index - 1] ?? since)));
}

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  t.test(`transcoding: the stream goes on after ${signal}`, { skip }, async (t) => {
    const { pids, result } = await running("h264");
    await sleep(1000);
    const [audio, video] = [pids("audio").at(-1) ?? 0, pids("video").at(-1) ?? 0];
    const since = performance.now();
    const seen = result.units.length;
    process.kill(audio, signal);
    process.kill(video, signal);
    const back = () => result.discontinuities.length > 0 && pids("video").length === 2;
    await until(back, 8000);
    await sleep(1500);
    result.source.stop();
    for (const kind of ["audio", "video"] as const) {
      const pause = longestPause(result, kind, since);
      t.comment(`${kind}: the longest pause is ${Math.round(pause)} ms`);
      t.ok(pause < pauseAllowed(), `${kind} goes on`);
    }
    t.equal(result.ended, null);
    t.equal(result.tracks.length, 1, "the same tracks");
    t.equal(result.discontinuities.length, 1, "one discontinuity");
    const resumed = result.discontinuities[0] ?? 0;
    t.ok(resumed >= seen && result.units[resumed]?.idr === true, "which begins with an IDR picture");
    t.equal(result.units[resumed]?.track, result.of("video")[0]?.track);
    const times = result.of("audio").map(({ pts }) => pts);
    const gaps = times.slice(1).filter((pts, index) => Math.abs(pts - (times[index] ?? 0) - 1920) > 1);
    t.same(gaps, [], "of the sound nothing is missing, to the sample");
    t.notOk(alive(audio) || alive(video), "neither process is left");
  });
}

t.test(
  "transcoding: a picture that passes notices nothing of what happens to the sound",
  { skip },
  async (t) => {
    const { pids, result } = await running("aac-audio");
    process.kill(pids("audio").at(-1) ?? 0, "SIGKILL");
    await sleep(2000);
    result.source.stop();
    const times = result.of("audio").map(({ pts }) => pts);
    const gaps = times.slice(1).filter((pts, index) => Math.abs(pts - (times[index] ?? 0) - 1920) > 1);
    t.equal(pids("audio").length, 2, "it was started again");
    t.same(gaps, [], "sound goes on to the sample");
    t.same(result.discontinuities, []);
    const dts = result.of("video").map((unit) => unit.dts);
    t.ok(
      dts.slice(1).every((time, index) => time - (dts[index] ?? 0) === 3600),
      "no picture is missing",
    );
  },
);

t.test(
  "transcoding: every process is gone after stop, even one that does nothing any more",
  { skip },
  async (t) => {
    const { pids, result } = await running("h264");
    const all = [...pids("audio"), ...pids("video")];
    t.equal(all.length, 2);
    t.ok(all.every(alive));
    process.kill(all[1] ?? 0, "SIGSTOP");
    const from = result.units.length;
    result.source.stop();
    const took = await until(() => !all.some(alive), 5000);
    t.comment(`gone after ${Math.round(took)} ms`);
    t.notOk(all.some(alive), "within five seconds");
    t.equal(result.units.length, from, "and nothing came any more");
  },
);

t.test("transcoding: ffmpeg ends with the process that started it", { skip }, async (t) => {
  const script = fileURLToPath(new URL("./orphans.child.js", import.meta.url));
  const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pids = JSON.parse(line.toString()) as number[];
  t.equal(pids.length, 2);
  t.ok(pids.every(alive), "they run");
  parent.kill("SIGKILL");
  await once(parent, "exit");
  const took = await until(() => !pids.some(alive), 5000);
  t.comment(`gone after ${Math.round(took)} ms`);
  t.notOk(pids.some(alive), "and are gone within five seconds");
});

t.test("transcoding: a break of the source is a break of what comes out", { skip }, async (t) => {
  const { paced, result } = await running("h264");
  await sleep(500);
  const subtitle = { track: "s", at: ticks(90_000), format: "text", lines: [] } as const;
  paced.sink?.subtitle?.(subtitle);
  t.same(result.subtitles, [subtitle], "subtitles pass");
  const before = result.units.length;
  // Three seconds are lost, and the next picture is the beginning of a group.
  paced.shift = 3 * 90_000;
  paced.sink?.discontinuity();
  await until(() => result.discontinuities.length > 0, 5000);
  await sleep(800);
  const at = result.discontinuities[0] ?? 0;
  t.equal(result.discontinuities.length, 1);
  t.ok(at >= before, "what was under way came first");
  const video = result.of("video").map(({ pts }) => pts);
  t.ok(
    video.slice(1).every((pts, index) => pts > (video[index] ?? 0)),
    "time goes on",
  );
  t.equal(
    video.slice(1).filter((pts, index) => pts - (video[index] ?? 0) > 3 * 90_000 - 1).length,
    1,
    "with one jump",
  );
  t.ok(result.units[at]?.idr && result.units[at].track === result.of("video")[0]?.track, "to an IDR picture");
  result.source.stop();
});

t.test("transcoding: what dies again and again ends the stream, and says so", { skip }, async (t) => {
  const broken = spawnFfmpeg({ path: "false", clock: systemClock });
  const transcoding = new Transcoding({
    environment: process.env,
    clock: systemClock,
    log: silent,
    createRunner: () => ({
      run: (args, events) => (args.includes("0:a:0") ? broken : runner).run(args, events),
      stop: () => broken.stop(),
    }),
  });
  const paced = new PacedSource(await recording(), { seconds: 30 });
  const result = await play(transcoding.source(paced, { kind: "aac-audio" }));
  await result.over;
  t.equal(result.ended, "transcoder-failed");
  t.ok(paced.stopped, "the source is let go");
});

t.test("transcoding: where one encoder does not work, the next one does", { skip }, async (t) => {
  const media = await recording();
  const track = media.tracks[0]?.find(({ kind }) => kind === "video");
  if (track?.kind !== "video") return void t.fail("there is no picture");
  const made: AccessUnit[] = [];
  let broken = 0;
  const began = runner.runs.length;
  const workshop = {
    runner,
    clock: systemClock,
    log: silent,
    profile: "low",
    encoders: ["h264_nvenc", "libx264"],
    devices: { render: null },
    threads: 1,
  } as const;
  const transcoder = new VideoTranscoder(track, "low", workshop, {
    track: () => undefined,
    unit: (unit) => made.push(unit),
    broken: () => broken++,
    finished: () => undefined,
    gaveUp: () => undefined,
  });
  const units = media.units.filter((unit) => unit.track === track.id);
  for (const unit of units.slice(0, 20)) transcoder.unit(unit);
  await until(() => broken > 0, 10_000);
  for (const unit of units.slice(20, 70)) transcoder.unit(unit);
  await until(() => made.length > 20, 10_000);
  transcoder.stop();
  t.ok(made.length > 20, `${made.length} pictures`);
  t.ok(made[0]?.idr);
  t.equal(broken, 1);
  const used = runner.runs.slice(began).map(({ args }) => args[args.indexOf("-c:v") + 1]);
  t.same(used, ["h264_nvenc", "libx264"]);
});

t.test("transcoding: nothing happens when 33 bits are full", { skip }, async (t) => {
  const media = await recording();
  const paced = new PacedSource(media, { seconds: 4 });
  paced.shift = 2 ** 34 - (media.units[0]?.dts ?? 0) - 2 * 90_000;
  const result = await play(transcoding.source(paced, { kind: "h264" }));
  await result.over;
  const video = result.of("video").map(({ pts }) => pts);
  t.ok(video.length > 95, `${video.length} pictures`);
  t.ok((video[0] ?? 0) < 2 ** 34 && (video.at(-1) ?? 0) > 2 ** 34, "on both sides of it");
  const steps = video.slice(1).map((pts, index) => [pts - 2 ** 34, pts - (video[index] ?? 0)]);
  t.same(
    // The end cuts off what is shown before the last one.
    steps.slice(0, -1).filter(([, step]) => step !== 3600),
    [],
    "one after the other",
  );
  t.same(result.discontinuities, []);
});

t.test("transcoding: other tracks take the place of those before", { skip }, async (t) => {
  const { pids, paced, result } = await running("h264");
  const next = await other();
  paced.stop();
  const shift = Math.max(...result.units.map(({ pts }) => pts)) + 90_000 - (next.units[0]?.pts ?? 0);
  paced.sink?.tracks(next.tracks[0] ?? []);
  const second = new PacedSource(next, { seconds: 3.5 });
  second.shift = shift;
  const sink = paced.sink;
  if (sink !== null) await second.start({ ...bound(sink), tracks: () => undefined });
  await until(() => result.ended !== null, 10_000);
  t.equal(result.ended, "no-data");
  t.equal(result.tracks.length, 2, "they are told");
  const [before, after] = result.tracks.map((tracks) => tracks.find(({ kind }) => kind === "video"));
  t.not(before?.config.equals(after?.config ?? Buffer.alloc(0)), "with another configuration");
  const units = result.units.slice(result.announcedAt[1]);
  t.ok(units[0]?.idr);
  t.ok(units.length > 150, `${units.length} units`);
  t.equal(pids("video").length, 2);
});

function bound(sink: NonNullable<PacedSource["sink"]>): NonNullable<PacedSource["sink"]> {
  return {
    tracks: (tracks) => sink.tracks(tracks),
    accessUnit: (unit) => sink.accessUnit(unit),
    discontinuity: () => sink.discontinuity(),
    ended: (code, message) => sink.ended(code, message),
  };
}

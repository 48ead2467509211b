import t, { type Test } from "tap";
import { capture, skipWithout } from "../helpers/captures.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { checkHls, type CheckReport } from "../helpers/hls-checker/check-hls.ts";
import { StallWatch } from "../helpers/stall-watch.ts";
import { pairPhone, type Phone } from "../helpers/phone.ts";
import { ffprobeFrames } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";

const BBC = "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts";
/** Each; `scripts/test --long hls` looks at every capture and every fault for ten minutes. */
const SECONDS = 20;

/** Waits until the box knows what a channel sends. */
async function listed(box: Daemon, channel: string): Promise<void> {
  await eventually(`${channel} is listed with what it sends`, async () => {
    const { body } = await box.local<{ channels: { number: number; name: string; codecs: unknown }[] }>(
      "GET",
      "/api/v1/channels",
    );
    return body.channels.some(
      ({ number, name, codecs }) => (String(number) === channel || name === channel) && codecs !== null,
    );
  });
}

/** Of a stretch so much must be left that something is proved. */
const MOST_STALLS = 2;
/** On a machine that other work has to itself now and then, one of so many stretches is quiet. */
const TRIES = 3;

/** A stretch in which the machine mostly ran, read from its beginning; null when none of them was one. */
async function quietStretch(
  t: Test,
  phone: Phone,
  channel: string,
): Promise<{ report: CheckReport; watch: StallWatch } | null> {
  for (let i = 0; i < TRIES; i++) {
    const playback = await phone.play(channel, "--low-latency");
    const watch = new StallWatch();
    const report = await checkHls(playback.hls, { seconds: SECONDS, lowLatency: true, allow });
    watch.stop();
    await playback.stop();
    for (const { at, lasted } of watch.stalls)
      t.comment(
        `the machine stood still for ${lasted.toFixed(0)} ms at ${at.toFixed(0)} ms: nothing is held against it`,
      );
    if (watch.stalls.length <= MOST_STALLS) return { report, watch };
  }
  return null;
}

async function watched(t: Test, box: Daemon, channel: string): Promise<void> {
  await listed(box, channel);
  const stretch = await quietStretch(t, await pairPhone(t, box), channel);
  if (stretch === null) {
    // What is skipped within a test is not counted by the runner.
    console.error(`SKIPPED HLS, ${channel}: the machine stood still again and again`);
    t.test("what it gives", { skip: "the machine stood still again and again" }, () => undefined);
    return;
  }
  const { report, watch } = stretch;
  t.same(
    report.findings.filter(({ at }) => !watch.explains(at)),
    [],
    `${channel}: nothing is wrong`,
  );
  for (const rule of [
    "P-01",
    "P-02",
    "P-04",
    "P-06",
    "L-01",
    "L-02",
    "L-05",
    "L-06",
    "L-07",
    "L-08",
    "F-01",
    "V-06",
  ])
    t.ok((report.counts[rule] ?? 0) > 0, `${rule} was looked at ${report.counts[rule] ?? 0} times`);
  t.ok(report.parts > SECONDS, `${report.parts} parts`);
  t.ok(report.segments > SECONDS / 4, `${report.segments} segments`);
}

/** Until the first part of the sound is there, the picture's playlist has nothing to report of it; ms. */
const allow = ({ rule, at }: { rule: string; at: number }): boolean => rule === "L-08" && at < 3000;

// Both at a time: each waits most of its time.
t.jobs = 2;

t.test("HLS: a channel of the mock, as a player reads it", { buffered: true }, async (t) => {
  await watched(t, await startDaemon(t), "1");
});

t.test(
  "HLS: a real broadcast, as a player reads it",
  { buffered: true, skip: skipWithout(BBC) },
  async (t) => {
    await watched(t, await startDaemon(t, { tuner: `file:${capture(BBC)!}` }), "BBC NEWS");
  },
);

t.test(
  "HLS: MPEG-TS segments for a player that wants them",
  { skip: skipWithoutProgram("ffprobe") },
  async (t) => {
    const box = await startDaemon(t);
    await listed(box, "1");
    const phone = await pairPhone(t, box);
    const playback = await phone.play("1", "--container", "ts");
    const report = await checkHls(playback.hls, { seconds: 15 });
    t.same(report.findings, []);
    for (const rule of ["TS-01", "TS-04", "TS-06", "TS-07", "TS-08"])
      t.ok((report.counts[rule] ?? 0) > 0, `${rule} was looked at`);
    const { streams } = await ffprobeFrames(playback.hls, 4);
    t.ok(streams.length >= 2 && streams.every(({ frames }) => frames > 25), JSON.stringify(streams));
  },
);

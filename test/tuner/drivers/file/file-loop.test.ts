import t from "tap";
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileClock } from "../../../../src/tuner/drivers/file/file-clock.ts";
import { indexFile } from "../../../../src/tuner/drivers/file/file-index.ts";
import { planLoop, type LoopPlan } from "../../../../src/tuner/drivers/file/loop-plan.ts";
import { findPackets, closeRanks, type Stride } from "../../../../src/tuner/mpegts/resync.ts";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { generateCapture, withStride } from "./generated-capture.ts";
import { playFile } from "./player.ts";
import { StreamJudge } from "./stream-judge.ts";

const TURNS = 3;
const BROKEN = "broken-sat-animalplanet-tei-cc-pcr-1s.ts";
const CAPTURES = [
  BROKEN,
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts",
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
  "dvbt-tw-cts-si-epg-chinese.ts",
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
  "format-m2ts192-mpeg2-2s.m2ts",
];

async function plan(path: string): Promise<{ plan: LoopPlan; stride: Stride; first: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, 100_000));
    await file.read(head, 0, head.length, 0);
    const found = findPackets(head, 0, head.length, { atEnd: head.length === size });
    if (found === null) throw new Error(`no packets in ${path}`);
    const index = await indexFile(file, size, found.stride, found.offset);
    return { plan: planLoop(index, fileClock(index, null)), stride: found.stride, first: found.offset };
  } finally {
    await file.close();
  }
}

/** Continuity errors that the file itself has in one turn. */
async function errorsWithin(path: string, stride: Stride, from: number, to: number): Promise<number> {
  const bytes = (await readFile(path)).subarray(from, to);
  const count = Math.ceil(bytes.length / stride);
  closeRanks(bytes, 0, count, stride);
  const judge = new StreamJudge();
  judge.take(bytes.subarray(0, Math.min(count * 188, bytes.length - (bytes.length % 188))));
  return judge.continuityErrors;
}

for (const name of CAPTURES) {
  t.test(`file: ${name} loops without a seam`, { skip: skipWithout(name) }, async (t) => {
    const path = capture(name)!;
    const { plan: loop, stride, first } = await plan(path);
    const perTurn = (loop.to - loop.from) / stride;
    const own =
      (await errorsWithin(path, stride, first, loop.to)) +
      TURNS * (await errorsWithin(path, stride, loop.from, loop.to));
    const judge = new StreamJudge();
    const wanted = (loop.to - first) / stride + TURNS * perTurn;
    await playFile(new FakeClock(), path, {
      take: (chunk) => judge.take(chunk),
      until: () => judge.packets >= wanted,
    });
    t.ok(judge.packets >= wanted, `${judge.packets} of ${Math.ceil(wanted)} packets`);
    // What was played of one turn more may have the file's own errors again.
    const more = judge.packets > wanted ? await errorsWithin(path, stride, loop.from, loop.to) : 0;
    t.ok(
      judge.continuityErrors <= own + more,
      `${judge.continuityErrors} errors, ${own} to ${own + more} are the file's`,
    );
    if (name === BROKEN) return;
    t.same(judge.pcrSteps, [], "PCR goes on evenly");
    t.same(
      judge.dtsSteps.filter((step) => step.ms <= 0),
      [],
      "DTS never goes back",
    );
  });
}

t.test(
  "file: captures with video are cut at a random access point",
  { skip: skipWithout(...CAPTURES) },
  async (t) => {
    for (const name of CAPTURES.filter((each) => /h264|mpeg2/.test(each) && !/tnt5w/.test(each))) {
      const { plan: loop } = await plan(capture(name)!);
      t.equal(loop.cut, "random-access", name);
      const { size } = await stat(capture(name)!);
      t.ok(loop.to - loop.from > size * 0.4, `${name}: most of the file is in the loop`);
    }
  },
);

t.test("file: the loop's length is exact, and carries on across the 33-bit wrap", async (t) => {
  const dir = await temporaryFolder(t);
  for (const [name, startsAt] of [
    ["plain", 0],
    ["wrap within", 2 ** 33 - 90_000],
    ["wrap later", 2 ** 33 - 700_000],
  ] as const) {
    const path = join(dir, `${name.replace(" ", "-")}.ts`);
    await writeFile(path, generateCapture({ seconds: 3, startsAt }));
    const { plan: loop } = await plan(path);
    // 25 pictures a second, cut at pictures: whole numbers of 40 ms.
    t.equal(loop.duration % (3600 * 300), 0, `${name}: ${loop.duration / 27_000} ms`);
    t.equal(loop.cut, "random-access");
    const judge = new StreamJudge();
    const clock = new FakeClock();
    await playFile(clock, path, { take: (chunk) => judge.take(chunk), limit: 15 });
    t.equal(judge.continuityErrors, 0, `${name}: continuity`);
    t.same([judge.pcrSteps, judge.dtsSteps], [[], []], `${name}: clocks`);
    const passed = judge.pcrPassed.get(0x101)! / 90;
    t.ok(
      Math.abs(passed - clock.monotonic()) < 250,
      `${name}: ${passed} ms of clock in ${clock.monotonic()} ms`,
    );
  }
});

t.test("file: every service of a multiplex keeps its own clock through the loop", async (t) => {
  const path = join(await temporaryFolder(t), "two.ts");
  await writeFile(
    path,
    generateCapture({
      seconds: 3,
      services: [
        { id: 1, name: "One" },
        { id: 2, name: "Two" },
      ],
    }),
  );
  const judge = new StreamJudge();
  await playFile(new FakeClock(), path, { take: (chunk) => judge.take(chunk), limit: 12 });
  t.equal(judge.pcrPassed.size, 2);
  t.same([judge.continuityErrors, judge.pcrSteps, judge.dtsSteps], [0, [], []]);
});

t.test("file: packets of 192 and 204 bytes play like those of 188", async (t) => {
  const dir = await temporaryFolder(t);
  const plain = generateCapture({ seconds: 3 });
  for (const stride of [192, 204] as const) {
    const path = join(dir, `${stride}.ts`);
    await writeFile(path, withStride(plain, stride));
    const judge = new StreamJudge();
    const played = await playFile(new FakeClock(), path, {
      take: (chunk) => judge.take(chunk),
      limit: 8,
    });
    t.same(
      [played.syncLosses, judge.continuityErrors, judge.pcrSteps, judge.dtsSteps],
      [0, 0, [], []],
      `${stride}`,
    );
    t.ok(judge.packets > 3000, `${judge.packets} packets`);
  }
});

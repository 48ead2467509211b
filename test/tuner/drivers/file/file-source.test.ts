import t from "tap";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFileSource } from "../../../../src/tuner/drivers/file/index.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { generateCapture } from "./generated-capture.ts";
import { playFile } from "./player.ts";
import { StreamJudge } from "./stream-judge.ts";

t.test("file: what is no capture is refused with a typed error", async (t) => {
  const dir = await temporaryFolder(t);
  await mkdir(join(dir, "folder"));
  await writeFile(join(dir, "empty"), "");
  await writeFile(join(dir, "text.ts"), "GREAT GATSBY, a novel of G. Gatsby\n".repeat(5000));
  const clock = new FakeClock();
  for (const [name, code] of [
    ["nowhere", "source-missing"],
    ["empty", "source-empty"],
    ["text.ts", "source-not-ts"],
    ["folder", "source-not-ts"],
  ] as const)
    await t.rejects(createFileSource({ paths: [join(dir, name)], clock }), { code }, name);
});

t.test("file: several files are several multiplexes, for the tuners asked for", async (t) => {
  const dir = await temporaryFolder(t);
  for (const folder of ["a", "b"]) await mkdir(join(dir, folder));
  const paths = ["a/x.ts", "b/x.ts", "a/y.ts"].map((path) => join(dir, path));
  for (const path of paths) await writeFile(path, generateCapture({ seconds: 1 }));
  const source = await createFileSource({ paths, clock: new FakeClock(), tuners: 3 });
  t.same(
    source.multiplexes.map((multiplex) => multiplex.id),
    ["file:x.ts", "file:x.ts#2", "file:y.ts"],
  );
  t.equal(source.drivers.length, 3);
  t.ok(source.drivers.every((driver) => source.multiplexes.every((multiplex) => driver.accepts(multiplex))));
});

t.test("file: a capture cut in the middle of a packet plays what is whole", async (t) => {
  const path = join(await temporaryFolder(t), "cut.ts");
  const whole = generateCapture({ seconds: 3 });
  await writeFile(path, whole.subarray(0, whole.length - 100));
  const judge = new StreamJudge();
  const played = await playFile(new FakeClock(), path, {
    take: (chunk) => judge.take(chunk),
    limit: 8,
  });
  t.equal(played.failure, null);
  t.same([judge.continuityErrors, judge.pcrSteps], [0, []]);
});

t.test("file: garbage in the middle is passed over and counted", async (t) => {
  const path = join(await temporaryFolder(t), "garbage.ts");
  const whole = generateCapture({ seconds: 4 });
  const middle = 188 * 900;
  await writeFile(
    path,
    Buffer.concat([whole.subarray(0, middle), Buffer.alloc(5001, 0x47), whole.subarray(middle)]),
  );
  const judge = new StreamJudge();
  const played = await playFile(new FakeClock(), path, {
    take: (chunk) => judge.take(chunk),
    until: () => judge.packets > 1800,
  });
  t.ok(played.syncLosses >= 1);
  t.ok(judge.packets > 1800);
});

t.test("file: packets go out at the pace of the PCR", async (t) => {
  const path = join(await temporaryFolder(t), "pace.ts");
  await writeFile(path, generateCapture({ seconds: 3 }));
  const clock = new FakeClock();
  const times: { at: number; passed: number }[] = [];
  const judge = new StreamJudge();
  await playFile(clock, path, {
    take: (chunk) => {
      judge.take(chunk);
      times.push({ at: clock.monotonic(), passed: (judge.pcrPassed.get(0x101) ?? 0) / 90 });
    },
    limit: 10,
  });
  const skew = times.map(({ at, passed }) => at - passed);
  t.ok(times.length > 150, `${times.length} chunks`);
  t.ok(Math.max(...skew) - Math.min(...skew) < 120, `${Math.max(...skew) - Math.min(...skew)} ms of jitter`);
});

t.test("file: a jump of the clock neither stalls nor bursts", async (t) => {
  const dir = await temporaryFolder(t);
  for (const jump of [90_000 * 3600, -90_000 * 1000]) {
    const path = join(dir, `jump${jump}.ts`);
    await writeFile(path, generateCapture({ seconds: 4, startsAt: 90_000 * 5000, jump }));
    const clock = new FakeClock();
    const perQuarter = new Map<number, number>();
    await playFile(clock, path, {
      take: (chunk) => {
        const quarter = Math.floor(clock.monotonic() / 250);
        perQuarter.set(quarter, (perQuarter.get(quarter) ?? 0) + chunk.length / 188);
      },
      limit: 12,
    });
    const counts = Array.from({ length: 40 }, (_, i) => perQuarter.get(i + 2) ?? 0);
    // 25 pictures a second of 26 packets.
    t.ok(
      Math.min(...counts) > 100 && Math.max(...counts) < 240,
      `${jump}: ${Math.min(...counts)} to ${Math.max(...counts)}`,
    );
  }
});

t.test("file: without PCR the given bit rate paces", async (t) => {
  const path = join(await temporaryFolder(t), "rate.ts");
  await writeFile(path, generateCapture({ seconds: 3, pcr: false }));
  for (const [bitrate, expected] of [
    [1_000_000, 1_000_000],
    [undefined, 26 * 25 * 188 * 8],
  ] as const) {
    const clock = new FakeClock();
    let bytes = 0;
    await playFile(clock, path, {
      take: (chunk) => (bytes += chunk.length),
      limit: 8,
      ...(bitrate !== undefined && { bitrate }),
    });
    const rate = (bytes * 8) / (clock.monotonic() / 1000);
    t.ok(Math.abs(rate - expected) < expected * 0.06, `${Math.round(rate)} bit/s of ${expected}`);
  }
});

t.test("file: a loop with a jump plays the file as it is, again and again", async (t) => {
  const path = join(await temporaryFolder(t), "jump.ts");
  const whole = generateCapture({ seconds: 2 });
  await writeFile(path, whole);
  const played: Buffer[] = [];
  let bytes = 0;
  await playFile(new FakeClock(), path, {
    loop: "jump",
    take: (chunk) => {
      played.push(Buffer.from(chunk));
      bytes += chunk.length;
    },
    until: () => bytes > whole.length * 2,
  });
  t.ok(
    Buffer.concat(played)
      .subarray(0, whole.length * 2)
      .equals(Buffer.concat([whole, whole])),
  );
});

t.test("file: a file that is taken away fails as a device that is gone", async (t) => {
  const path = join(await temporaryFolder(t), "gone.ts");
  await writeFile(path, generateCapture({ seconds: 1 }));
  const source = await createFileSource({ paths: [path], clock: new FakeClock() });
  await rm(path);
  const sink = {
    packets: () => undefined,
    overflow: () => undefined,
    syncLoss: () => undefined,
    failed: () => undefined,
  };
  await t.rejects(source.drivers[0]!.tune(source.multiplexes[0]!, sink, new AbortController().signal), {
    code: "device-gone",
  });
});

import t from "tap";
import type { FakeTuner } from "../helpers/fake-tuner.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

const only = (drivers: readonly FakeTuner[], multiplex: string): FakeTuner =>
  drivers.find((driver) => driver.multiplex?.id === multiplex)!;

/** Runs until every sink has packets that it did not have before. @returns how long it took, ms */
async function untilPacketsAgain(
  pool: Pick<ReturnType<typeof fakeTuners>, "run">,
  sinks: readonly Recorder[],
): Promise<number> {
  const before = sinks.map((sink) => sink.packets.length);
  let took = 0;
  while (took < 20_000 && sinks.some((sink, i) => sink.packets.length === before[i])) {
    await pool.run(100);
    took += 100;
  }
  return took;
}

t.test("fail-over: three viewers of an unplugged tuner go on with another within 3 s", async (t) => {
  const pool = fakeTuners({ drivers: 2, multiplexes: 2, options: { surveyPeriodMs: 1e9 } });
  const { tuners, drivers, run, subscribe } = pool;
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const sinks = [new Recorder(), new Recorder(), new Recorder()];
  const held = [
    await subscribe(11, sinks[0]!),
    await subscribe(12, sinks[1]!),
    await subscribe(11, sinks[2]!),
  ];
  await run(1000);
  const used = only(drivers, "mux-1");
  used.unplug();
  t.ok((await untilPacketsAgain(pool, sinks)) <= 3000);
  t.not(only(drivers, "mux-1"), used);
  t.same(
    sinks.map(({ end, interruptions, told }) => [end, interruptions, told.length]),
    [1, 2, 3].map(() => [null, 1, 2]),
    "each was told of the break once, and of its streams again",
  );
  t.match(
    tuners.snapshot().find((tuner) => tuner.id === used.id),
    { state: "failed", error: "device-gone" },
  );
  used.plugIn();
  await run(3000);
  const second = new Recorder();
  const other = await subscribe(21, second, { weight: "guest" });
  t.equal(only(drivers, "mux-2"), used, "plugged in again, it serves within 3 s");
  await run(1000);
  t.equal(tuners.snapshot().find((tuner) => tuner.id === used.id)!.state, "streaming");
  for (const subscription of [...held, other]) subscription.close();
  const packets = sinks.map((sink) => sink.packets.length);
  await run(500);
  t.same(
    sinks.map((sink) => sink.packets.length),
    packets,
    "who has let go after a move gets no more",
  );
  t.ok(tuners.snapshot().every((tuner) => tuner.consumers.length === 0));
  await tuners.stop?.();
});

t.test("fail-over: without another tuner they are told at once, with what is free", async (t) => {
  const { tuners, drivers, run, subscribe } = fakeTuners({
    drivers: 2,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const lost = [new Recorder(), new Recorder()];
  const kept = new Recorder();
  for (const sink of lost) await subscribe(11, sink);
  await subscribe(21, kept);
  await run(500);
  only(drivers, "mux-1").unplug();
  await run(100);
  t.same(
    lost.map(({ end, detail, interruptions }) => [end, detail, interruptions]),
    [1, 2].map(() => ["device-gone", { free: ["99.2.21", "99.2.22"] }, 0]),
  );
  t.equal(kept.end, null);
  await tuners.stop?.();
});

t.test("fail-over: the heavier takes a lighter one's tuner, and that one is told by whom", async (t) => {
  const pool = fakeTuners({ drivers: 2, multiplexes: 2, options: { surveyPeriodMs: 1e9 } });
  const { tuners, drivers, run, subscribe } = pool;
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const recording = new Recorder();
  const viewer = new Recorder();
  await subscribe(11, recording, { weight: "recording" });
  await subscribe(21, viewer);
  await run(500);
  only(drivers, "mux-1").unplug();
  t.ok((await untilPacketsAgain(pool, [recording])) <= 3000);
  t.equal(recording.end, null);
  t.equal(viewer.end, "displaced");
  t.same(viewer.detail, { by: "recording", free: ["99.1.11", "99.1.12"] });
  await tuners.stop?.();
});

t.test("fail-over: a tuner that falls silent is left within 3 s when another is free", async (t) => {
  const pool = fakeTuners({ drivers: 2, multiplexes: 1, options: { surveyPeriodMs: 1e9 } });
  const { tuners, drivers, run, subscribe, silent } = pool;
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(1000);
  const used = only(drivers, "mux-1");
  silent.add(used);
  await run(100);
  t.ok((await untilPacketsAgain(pool, [sink])) < 3000);
  t.match(sink, { end: null, interruptions: 1 });
  t.not(only(drivers, "mux-1"), used);
  await tuners.stop?.();
});

t.test("fail-over: a displaced viewer goes on with a tuner that only the other could not use", async (t) => {
  const pool = fakeTuners({
    drivers: 2,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
    acceptsBy: { "fake-1": ({ id }) => id === "mux-1" },
  });
  const { tuners, drivers, run, subscribe } = pool;
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const blocker = new Recorder();
  const viewer = new Recorder();
  // The viewer sits on the only tuner that can do both, for the other was unplugged when it came.
  drivers[1]!.unplug();
  await subscribe(11, viewer);
  t.equal(only(drivers, "mux-1"), drivers[0]);
  drivers[1]!.plugIn();
  await run(3000);
  await subscribe(21, blocker, { weight: "owner" });
  await run(2500);
  t.equal(viewer.end, null);
  t.ok(viewer.interruptions >= 1);
  t.equal(only(drivers, "mux-1"), drivers[1]);
  t.equal(only(drivers, "mux-2"), drivers[0]);
  await tuners.stop?.();
});

t.test("fail-over: who lets go while it is being moved holds nothing after", async (t) => {
  let silence = false;
  const { tuners, drivers, run, subscribe } = fakeTuners({
    drivers: 2,
    multiplexes: 1,
    behaviour: () => (silence ? "silence" : "lock"),
    options: { surveyPeriodMs: 1e9, lingerMs: 500 },
  });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  const held = await subscribe(11, sink);
  await run(500);
  silence = true;
  only(drivers, "mux-1").unplug();
  await run(500);
  t.equal(tuners.snapshot().filter((tuner) => tuner.consumers.length > 0).length, 1, "it is being moved");
  held.close();
  await run(1000);
  t.ok(tuners.snapshot().every((tuner) => tuner.multiplex === null));
  t.equal(sink.end, null, "who withdraws is not told");
  await tuners.stop?.();
});

t.test("hot-plug: drivers come and go at run time", async (t) => {
  const pool = fakeTuners({ drivers: 2, multiplexes: 1, options: { surveyPeriodMs: 1e9 } });
  const { tuners, drivers, run, subscribe, changed, changes } = pool;
  tuners.start?.(new AbortController().signal);
  t.equal(changes.size, 1);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(500);
  const used = only(drivers, "mux-1");
  const spare = drivers.find((driver) => driver !== used)!;
  drivers.splice(drivers.indexOf(used), 1);
  changed();
  t.ok((await untilPacketsAgain(pool, [sink])) <= 3000);
  t.equal(used.calls.at(-1), "close");
  t.same(
    tuners.snapshot().map((tuner) => tuner.id),
    [spare.id],
  );
  drivers.splice(0);
  changed();
  await run(100);
  t.equal(sink.end, "device-gone");
  t.same(tuners.snapshot(), []);
  t.equal(
    tuners.availability({ originalNetworkId: 99, transportStreamId: 1, serviceId: 11 }, "viewer"),
    "no-signal",
  );
  drivers.push(used);
  changed();
  const again = new Recorder();
  await subscribe(11, again);
  t.equal(only(drivers, "mux-1"), used);
  await tuners.stop?.();
  t.equal(changes.size, 0);
});

t.test("hot-plug: a source's multiplexes come and go at run time", async (t) => {
  const { tuners, multiplexes, run, subscribe, changed } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const sink = new Recorder();
  await subscribe(21, sink);
  const [second] = multiplexes.splice(1, 1);
  changed();
  t.equal(sink.end, "service-not-on-air");
  t.equal(tuners.services().length, 2);
  multiplexes.push(second!);
  changed();
  await run(6000);
  t.equal(tuners.services().length, 4);
  await tuners.stop?.();
});

import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import type { VisitRequest } from "../../src/tuner/ports.ts";
import { AUDIO, VIDEO } from "./drivers/file/generated-capture.ts";
import { fakeTuners, multiplex, Recorder, second } from "./feeding.ts";
import { moved, withoutFirstService } from "./pmt-changes.ts";

const TABLES = [0x00, 0x01, 0x10, 0x11, 0x12, 0x14];
const sorted = (pids: ReadonlySet<number> | "all" | undefined): unknown =>
  pids instanceof Set ? [...pids].sort((a, b) => a - b) : pids;

const visitOf = (index: number): VisitRequest => ({
  multiplex: multiplex(index),
  weight: "scan",
  consumer: "scan",
  signal: new AbortController().signal,
  enough: ({ tables }) => tables.hasPat && tables.hasSdt,
  longestMs: ms(2000),
});

async function started(options: Parameters<typeof fakeTuners>[0]) {
  const pool = fakeTuners({ ...options, options: { surveyPeriodMs: 1e9, ...options.options } });
  pool.tuners.start?.(new AbortController().signal);
  await pool.run(12_000);
  return pool;
}

t.test("session: another transport stream than the known one is tuned again once, then told", async (t) => {
  const { tuners, drivers, substitute, subscribe } = await started({ drivers: 1, multiplexes: 2 });
  substitute.set("mux-1", second(2));
  drivers[0]!.calls.length = 0;
  await t.rejects(subscribe(11, new Recorder()), { code: "wrong-multiplex" });
  t.same(
    drivers[0]!.calls.filter((call) => call.startsWith("tune")),
    ["tune mux-1", "tune mux-1"],
  );
  t.equal(tuners.services().length, 4, "what it said was not believed");
  t.match(tuners.snapshot()[0], { state: "idle", error: null }, "and is no fault of the tuner's");
  substitute.clear();
  const sink = new Recorder();
  await subscribe(11, sink);
  t.equal(sink.told.length, 1);
  await tuners.stop?.();
});

t.test("session: a front end that went elsewhere is brought back, and the viewer goes on", async (t) => {
  const { tuners, drivers, substitute, subscribe, run } = await started({ drivers: 1, multiplexes: 2 });
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(1000);
  substitute.set("mux-1", second(2));
  drivers[0]!.calls.length = 0;
  for (let i = 0; i < 20 && drivers[0]!.calls.length === 0; i++) await run(100);
  substitute.clear();
  t.same(drivers[0]!.calls, ["tune mux-1"]);
  const before = sink.packets.length;
  await run(1000);
  t.ok(sink.packets.length > before);
  t.match(sink, { end: null, interruptions: 1 });
  await tuners.stop?.();
});

t.test("session: a network that has changed is believed after three surveys", async (t) => {
  const { tuners, substitute, run } = await started({
    drivers: 1,
    multiplexes: 2,
    options: { surveyPeriodMs: 10_000, retryMs: 5000 },
  });
  substitute.set("mux-2", second(3));
  const streams = (): number[] => [
    ...new Set(tuners.services().map((service) => service.key.transportStreamId)),
  ];
  await run(12_000);
  t.same(streams().sort(), [1, 2]);
  await run(30_000);
  t.same(streams().sort(), [1, 3]);
  await tuners.stop?.();
});

t.test("session: what is left of the multiplex before is passed over", async (t) => {
  const { tuners, substitute, settle, run } = fakeTuners({ drivers: 1, multiplexes: 0 });
  await settle(tuners.visit(visitOf(1)));
  substitute.set("mux-2", second(1));
  const visit = tuners.visit(visitOf(2));
  await run(200);
  substitute.clear();
  const { tables } = await settle(visit);
  t.same([...tables.programs.keys()], [21, 22]);
  t.same(
    tables.services().map((service) => service.name),
    ["Service 2.1", "Service 2.2"],
  );
  await tuners.stop?.();
});

t.test(
  "session: a driver with filters is asked for what is needed: new PIDs before old ones go",
  async (t) => {
    const { tuners, drivers, subscribe, run, substitute } = await started({
      drivers: 1,
      multiplexes: 1,
      options: { lingerMs: 60_000 },
    });
    const driver = drivers[0]!;
    driver.filtering = true;
    const sinks = [new Recorder(), new Recorder()];
    const one = await subscribe(11, sinks[0]!);
    const pmts = [0x1000, 0x1001];
    t.same(sorted(driver.filters.at(-1)), [...TABLES, VIDEO, AUDIO, ...pmts]);
    const two = await subscribe(12, sinks[1]!);
    t.same(sorted(driver.filters.at(-1)), [...TABLES, VIDEO, AUDIO, VIDEO + 16, AUDIO + 16, ...pmts]);
    await run(1000);
    for (const sink of sinks) t.ok(sink.packets.length > 20 && sink.pcrs > 10);
    two.close();
    t.same(sorted(driver.filters.at(-1)), [...TABLES, VIDEO, AUDIO, ...pmts]);
    // The audio moves to another PID: both are asked for, then the old one is not.
    const elsewhere = moved(second(1), AUDIO, 0x777);
    driver.filters.length = 0;
    driver.filters.push("all");
    substitute.set("mux-1", elsewhere);
    driver.filtering = false;
    await run(2000);
    t.same(driver.filters.slice(1).map(sorted), [
      [...TABLES, VIDEO, AUDIO, 0x777, ...pmts],
      [...TABLES, VIDEO, 0x777, ...pmts],
    ]);
    one.close();
    t.same(sorted(driver.filters.at(-1)), [...TABLES, ...pmts]);
    await tuners.stop?.();
  },
);

t.test("session: what was not received meanwhile is no continuity error", async (t) => {
  const { tuners, drivers, subscribe, run } = await started({
    drivers: 1,
    multiplexes: 1,
    options: { lingerMs: 60_000 },
  });
  drivers[0]!.filtering = true;
  const first = await subscribe(11, new Recorder());
  const errors = (): number => tuners.snapshot()[0]!.counters.continuityErrors;
  // The second that is fed again and again is a break in itself: what follows lies between two of them.
  let before = errors();
  for (let i = 0; i < 20 && errors() === before; i++) await run(100);
  before = errors();
  first.close();
  await run(200);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(300);
  t.ok(sink.packets.length > 0);
  t.equal(errors(), before);
  await tuners.stop?.();
});

t.test("session: it may ask for the whole multiplex", async (t) => {
  const { tuners, drivers, subscribe } = await started({
    drivers: 1,
    multiplexes: 1,
    options: { wholeMultiplex: true },
  });
  await subscribe(11, new Recorder());
  t.ok(drivers[0]!.filters.length > 0);
  t.ok(drivers[0]!.filters.every((filter) => filter === "all"));
  await tuners.stop?.();
});

t.test("session: the snapshot counts errors by PID, and tells how long the lock took", async (t) => {
  const { tuners, drivers, subscribe, run } = await started({ drivers: 1, multiplexes: 1 });
  await subscribe(11, new Recorder());
  await run(1000);
  const errors = (): Record<number, readonly [number, number, number]> =>
    Object.fromEntries(
      (tuners.snapshot()[0]!.pids ?? []).map((one) => [
        one.pid,
        [one.continuityErrors, one.transportErrors, one.scrambled] as const,
      ]),
    );
  const packets = [0, 1, 2].map((cc) => packetOf(VIDEO, cc));
  const before = errors()[VIDEO]!;
  drivers[0]!.feed(packets[0]!);
  const stepped = errors()[VIDEO]![0];
  drivers[0]!.feed(Buffer.concat([packets[1]!, packetOf(VIDEO, 9), broken(packetOf(VIDEO, 10))]));
  drivers[0]!.feed(scrambled(packetOf(AUDIO, 3)));
  t.equal(errors()[VIDEO]![0] - stepped, 1, "a jump of the continuity counter");
  t.equal(errors()[VIDEO]![1] - before[1], 1);
  t.equal(errors()[AUDIO]![2], 1);
  t.equal(errors()[VIDEO + 16], undefined, "of what nobody takes nothing is told");
  const { timings } = tuners.snapshot()[0]!;
  t.ok(timings !== undefined && timings.lock !== null && timings.lock >= 0);
  t.ok(timings!.pmt! >= timings!.pat! && timings!.pat! >= timings!.lock!);
  await tuners.stop?.();
});

t.test(
  "session: a service that the PAT leaves out for a moment goes on; one that stays away ends",
  async (t) => {
    const { tuners, subscribe, run, substitute } = await started({ drivers: 1, multiplexes: 1 });
    const sink = new Recorder();
    await subscribe(11, sink);
    await run(1000);
    substitute.set("mux-1", withoutFirstService(second(1)));
    await run(1000);
    t.equal(sink.end, null);
    substitute.clear();
    await run(1500);
    const before = sink.packets.length;
    await run(2000);
    t.equal(sink.end, null);
    t.ok(sink.packets.length > before);
    substitute.set("mux-1", withoutFirstService(second(1)));
    await run(4000);
    t.equal(sink.end, "service-not-on-air");
    await tuners.stop?.();
  },
);

// ---------------------------------------------------------------- packets

function packetOf(pid: number, counter: number): Buffer {
  const packet = Buffer.alloc(188, 0xff);
  packet[0] = 0x47;
  packet.writeUInt16BE(pid, 1);
  packet[3] = 0x10 | counter;
  return packet;
}

function broken(packet: Buffer): Buffer {
  packet[1] = packet[1]! | 0x80;
  return packet;
}

function scrambled(packet: Buffer): Buffer {
  packet[3] = packet[3]! | 0x80;
  return packet;
}

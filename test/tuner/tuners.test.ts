import t from "tap";
import { fakeTuners, Recorder, second } from "./feeding.ts";
import { retyped, reversioned } from "./pmt-changes.ts";
import { VIDEO, AUDIO } from "./drivers/file/generated-capture.ts";

const key = (serviceId: number) => ({
  originalNetworkId: 99,
  transportStreamId: Math.floor(serviceId / 10),
  serviceId,
});

t.test("tuners: the survey fills the line-up by itself and lets the tuners go", async (t) => {
  const { tuners, drivers, run, events } = fakeTuners({ drivers: 2, multiplexes: 3 });
  t.same(tuners.services(), []);
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  t.same(
    tuners
      .services()
      .map((service) => [service.name, service.multiplex.id, service.kind, service.onAir, service.provider])
      .sort(),
    [1, 2, 3].flatMap((m) => [1, 2].map((n) => [`Service ${m}.${n}`, `mux-${m}`, "tv", true, "Test"])),
  );
  t.ok(tuners.snapshot().every((tuner) => tuner.state === "idle" && tuner.multiplex === null));
  t.ok(drivers.every((driver) => driver.calls.at(-1) === "close"));
  t.ok(events.some((event) => event.kind === "lineup"));
  await tuners.stop?.();
});

t.test("tuners: two services of one multiplex use one tuner and one scan", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({ drivers: 2, multiplexes: 2 });
  tuners.start?.(new AbortController().signal);
  await run(10_000);
  const before = tuners.snapshot().map((tuner) => tuner.counters.packets);
  const sinks = [new Recorder(), new Recorder(), new Recorder()];
  const first = await subscribe(11, sinks[0]!);
  const others = [await subscribe(12, sinks[1]!), await subscribe(11, sinks[2]!)];
  await run(3000);
  const [used, ...rest] = tuners.snapshot().filter((tuner) => tuner.multiplex !== null);
  t.equal(rest.length, 0, "one tuner");
  t.equal(used!.state, "streaming");
  t.equal(used!.multiplex, "mux-1");
  t.equal(used!.counters.packetsScanned, used!.counters.packets, "each packet was looked at once");
  t.ok(used!.counters.packets > Math.max(...before));
  t.equal(used!.consumers.length, 3);
  t.same(used!.services, [
    { id: 11, name: "Service 1.1" },
    { id: 12, name: "Service 1.2" },
  ]);
  for (const [i, sink] of sinks.entries()) {
    const shift = i === 1 ? 16 : 0;
    t.equal(sink.told.length, 1);
    t.same([...new Set(sink.packets.map((packet) => packet.pid))].sort(), [VIDEO + shift, AUDIO + shift]);
    t.ok(sink.pcrs > 20);
    t.equal(sink.end, null);
  }
  t.same(
    sinks[0]!.packets.slice(-20),
    sinks[2]!.packets.slice(-20),
    "two consumers of a service get the same",
  );
  t.ok(first.timings.lock >= 0 && first.timings.pmt >= first.timings.lock);
  for (const subscription of [first, ...others]) subscription.close();
  await tuners.stop?.();
});

t.test("tuners: a multiplex lingers after its last viewer, and a zap back is warm", async (t) => {
  const { tuners, drivers, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 1,
    options: { lingerMs: 5000 },
  });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  (await subscribe(11, new Recorder())).close();
  await run(3000);
  const tunes = drivers[0]!.calls.length;
  const back = await subscribe(12, new Recorder());
  t.same(back.timings, { lock: 0, pmt: 0 });
  t.equal(drivers[0]!.calls.length, tunes, "nothing was tuned");
  back.close();
  await run(6000);
  t.equal(tuners.snapshot()[0]!.state, "idle");
  await tuners.stop?.();
});

t.test("tuners: a heavier request displaces, an equal one is refused and told what is free", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({ drivers: 1, multiplexes: 2 });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const viewer = new Recorder();
  const watched = await subscribe(11, viewer);
  t.equal(tuners.availability(key(12), "viewer"), "shares-tuner");
  t.equal(tuners.availability(key(21), "viewer"), "busy");
  watched.reweigh?.("owner");
  t.equal(tuners.availability(key(21), "owner"), "busy", "an owner joined");
  watched.reweigh?.("viewer");
  t.equal(tuners.availability(key(21), "owner"), "would-displace");
  await t.rejects(subscribe(21, new Recorder()), {
    code: "no-tuner-free",
    detail: { free: ["99.1.11", "99.1.12"] },
  });
  t.equal(viewer.end, null);
  const owner = new Recorder();
  const held = await subscribe(21, owner, { weight: "owner" });
  t.equal(viewer.end, "displaced");
  await run(1000);
  t.ok(owner.packets.length > 0);
  t.same(
    tuners.snapshot().map((tuner) => tuner.multiplex),
    ["mux-2"],
  );
  held.close();
  t.equal(tuners.availability(key(11), "guest"), "free", "a lingering session gives way unseen");
  await tuners.stop?.();
});

t.test("tuners: the survey gives way to viewers at once, and comes back later", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    options: { surveyPeriodMs: 20_000, lingerMs: 500 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  await run(15_000);
  // Find the moment of the next round.
  while (!tuners.snapshot()[0]!.consumers.includes("survey")) await run(100);
  const other = tuners.snapshot()[0]!.multiplex === "mux-1" ? 21 : 11;
  const viewer = await subscribe(other, new Recorder());
  t.ok(viewer.timings.pmt < 1500, `${viewer.timings.pmt} ms`);
  viewer.close();
  await run(1000);
  await run(500);
  t.same(tuners.snapshot()[0]!.consumers, ["survey"]);
  await tuners.stop?.();
});

t.test("tuners: a multiplex without lock is a typed failure, and its services have no signal", async (t) => {
  let broken = false;
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    behaviour: (multiplex) => (broken && multiplex.id === "mux-2" ? "no-lock" : "lock"),
    options: { surveyPeriodMs: 1e9, retryMs: 30_000 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  t.equal(tuners.services().length, 4);
  broken = true;
  await t.rejects(subscribe(21, new Recorder()), { code: "no-lock" });
  t.equal(tuners.availability(key(21), "owner"), "no-signal");
  t.equal(tuners.availability(key(11), "owner"), "free");
  t.match(tuners.snapshot()[0], { state: "idle", error: null }, "no fault of the tuner's");
  t.equal(tuners.services().length, 4, "they are remembered");
  broken = false;
  await run(40_000);
  t.equal(tuners.availability(key(21), "owner"), "free", "looked for again");
  await tuners.stop?.();
});

t.test("tuners: a tuner that never answers fails within the lock deadline of two tries", async (t) => {
  const { tuners, clock, subscribe, run } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    behaviour: (multiplex) => (multiplex.id === "mux-2" && silence ? "silence" : "lock"),
  });
  let silence = false;
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  silence = true;
  const from = clock.monotonic();
  await t.rejects(subscribe(22, new Recorder()), { code: "no-lock" });
  t.ok(clock.monotonic() - from <= 13_000, `${clock.monotonic() - from} ms`);
  await tuners.stop?.();
});

t.test("tuners: silence is met by tuning again, then opening anew, then a typed end", async (t) => {
  const { tuners, drivers, silent, run, subscribe } = fakeTuners({ drivers: 1, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(1000);
  drivers[0]!.calls.length = 0;
  silent.add(drivers[0]!);
  await run(3500);
  t.same(drivers[0]!.calls, ["tune mux-1"]);
  t.equal(tuners.snapshot()[0]!.state, "degraded");
  t.equal(sink.end, null);
  await run(3500);
  t.same(drivers[0]!.calls.slice(0, 3), ["tune mux-1", "close", "tune mux-1"]);
  await run(3500);
  t.equal(sink.end, "no-data");
  t.match(tuners.snapshot()[0], { state: "failed", error: "no-data" });
  await tuners.stop?.();
});

t.test("tuners: a signal that goes is told as that, and another tuner that has one goes on", async (t) => {
  const { tuners, drivers, silent, run, subscribe } = fakeTuners({ drivers: 2, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(1000);
  const receiving = drivers.filter(({ multiplex }) => multiplex !== null);
  t.equal(receiving.length, 1);
  const pullOut = (driver: (typeof drivers)[number]): void => {
    driver.hasSignal = false;
    silent.add(driver);
  };
  pullOut(receiving[0]!);
  await run(5000);
  const other = drivers.find((driver) => driver !== receiving[0])!;
  t.equal(other.multiplex?.id, "mux-1");
  t.equal(sink.end, null);
  pullOut(other);
  await run(30_000);
  t.equal(sink.end, "no-lock");
  t.match(
    tuners.snapshot().map(({ error }) => error),
    ["no-lock", "no-lock"],
  );
  await tuners.stop?.();
});

t.test("tuners: data that comes back after a new tune goes on to the same consumer", async (t) => {
  const { tuners, drivers, silent, run, subscribe } = fakeTuners({ drivers: 1, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  silent.add(drivers[0]!);
  await run(3500);
  silent.clear();
  const before = sink.packets.length;
  await run(1000);
  t.ok(sink.packets.length > before);
  t.equal(sink.told.length, 1, "the streams are the same");
  t.equal(tuners.snapshot()[0]!.state, "streaming");
  await tuners.stop?.();
});

t.test("tuners: a busy device sends the request on to the next tuner", async (t) => {
  let tunes = 0;
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 2,
    multiplexes: 1,
    behaviour: () => (busy && tunes++ === 0 ? "device-busy" : "lock"),
  });
  let busy = false;
  tuners.start?.(new AbortController().signal);
  await run(6000);
  busy = true;
  const sink = new Recorder();
  await subscribe(11, sink);
  t.equal(tunes, 2);
  t.equal(sink.told.length, 1);
  await tuners.stop?.();
});

t.test("tuners: a service that is not known, or not sent, is not on air", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({ drivers: 1, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  await t.rejects(subscribe(19, new Recorder()), { code: "service-not-on-air" });
  t.equal(tuners.availability(key(19), "owner"), "no-signal");
  await tuners.stop?.();
});

t.test("tuners: the request's signal withdraws it before and after", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    behaviour: (multiplex) => (silence && multiplex.id === "mux-2" ? "silence" : "lock"),
    options: { lingerMs: 1000 },
  });
  let silence = false;
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  silence = true;
  const before = new AbortController();
  const pending = subscribe(21, new Recorder(), { signal: before.signal });
  const refused = t.rejects(pending, { code: "request-cancelled" });
  before.abort();
  await refused;
  const after = new AbortController();
  const sink = new Recorder();
  await subscribe(11, sink, { signal: after.signal });
  after.abort();
  t.same(tuners.snapshot()[0]!.consumers, []);
  t.equal(sink.end, null, "who withdraws is not told");
  await tuners.stop?.();
});

t.test("tuners: a PMT that changes in something that matters is told, and only then", async (t) => {
  const { tuners, run, subscribe, substitute } = fakeTuners({ drivers: 1, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await run(1000);
  substitute.set("mux-1", reversioned(second(1)));
  await run(2000);
  t.equal(sink.told.length, 1, "a new version with the same streams");
  substitute.set("mux-1", retyped(second(1), AUDIO, 0x0f));
  await run(2000);
  t.equal(sink.told.length, 2);
  t.equal(sink.told[1]!.streams.find((stream) => stream.pid === AUDIO)!.codec, "aac-adts");
  await tuners.stop?.();
});

t.test("tuners: scrambling is said after half a second, and when it is over", async (t) => {
  const { tuners, run, subscribe, substitute } = fakeTuners({ drivers: 1, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  const scrambled = Buffer.from(second(1));
  for (let at = 0; at < scrambled.length; at += 188)
    if ((scrambled.readUInt16BE(at + 1) & 0x1fff) === VIDEO) scrambled[at + 3] = scrambled[at + 3]! | 0x80;
  substitute.set("mux-1", scrambled);
  await run(2000);
  t.same(sink.scramblings, [true]);
  substitute.clear();
  await run(2000);
  t.same(sink.scramblings, [true, false]);
  await tuners.stop?.();
});

t.test("tuners: stopping ends every consumer and leaves no timer", async (t) => {
  const { tuners, run, subscribe, clock } = fakeTuners({ drivers: 2, multiplexes: 2 });
  tuners.start?.(new AbortController().signal);
  await run(8000);
  const sink = new Recorder();
  await subscribe(11, sink);
  await tuners.stop?.();
  t.equal(sink.end, "stopping");
  t.equal(clock.pending, 0);
});

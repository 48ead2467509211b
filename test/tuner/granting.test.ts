import t from "tap";
import type { WeightClass } from "../../src/tuner/ports.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

const key = (serviceId: number) => ({
  originalNetworkId: 99,
  transportStreamId: Math.floor(serviceId / 10),
  serviceId,
});

t.test("granting: a refusal says why, since when, and what is free instead", async (t) => {
  const { tuners, run, subscribe, clock, drivers } = fakeTuners({
    drivers: 2,
    multiplexes: 3,
    options: { surveyPeriodMs: 1e9 },
    acceptsBy: { "fake-0": ({ id }) => id !== "mux-3", "fake-1": ({ id }) => id === "mux-3" },
  });
  tuners.start?.(new AbortController().signal);
  await run(16_000);
  const from = clock.now();
  await subscribe(11, new Recorder());
  await run(5000);
  const refused = await subscribe(21, new Recorder()).then(
    () => null,
    (error: unknown) => error,
  );
  t.match(refused, {
    code: "no-tuner-free",
    retryAfterMs: 10_000,
    detail: { reason: "busy", free: ["99.1.11", "99.1.12", "99.3.31", "99.3.32"] },
  });
  const since = (refused as { detail: { since: number } }).detail.since;
  t.ok(since >= from && since < from + 1000, `${since - from} ms after it was taken`);
  const failedFrom = clock.now();
  drivers[1]!.unplug();
  await t.rejects(subscribe(31, new Recorder()), { code: "device-gone" });
  const gone = await subscribe(31, new Recorder()).then(
    () => null,
    (error: unknown) => error,
  );
  t.match(gone, { code: "device-gone", retryAfterMs: 1000, detail: { reason: "device-gone" } });
  t.ok((gone as { detail: { since: number } }).detail.since >= failedFrom);
  await tuners.stop?.();
});

t.test("granting: a tuner that does not answer is no reason when the others are busy", async (t) => {
  const { tuners, run, subscribe, drivers } = fakeTuners({
    drivers: 2,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  await subscribe(11, new Recorder());
  drivers.find((driver) => driver.multiplex === null)!.unplug();
  await t.rejects(subscribe(21, new Recorder()), {
    code: "no-tuner-free",
    detail: { reason: "busy", free: ["99.1.11", "99.1.12"] },
  });
  await tuners.stop?.();
});

t.test("granting: the displaced learn by whom, and what they can watch at once", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const sinks = [new Recorder(), new Recorder()];
  for (const sink of sinks) await subscribe(11, sink);
  await subscribe(21, new Recorder(), { weight: "localTv" });
  for (const sink of sinks)
    t.match(sink, {
      end: "displaced",
      detail: { by: "localTv", free: ["99.2.21", "99.2.22"] },
      interruptions: 0,
    });
  await tuners.stop?.();
});

t.test("granting: who waits for a lock and is displaced is told as one who watches", async (t) => {
  let silence = false;
  const { tuners, run, subscribe, settle } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    behaviour: ({ id }) => (silence && id === "mux-1" ? "silence" : "lock"),
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  silence = true;
  const request = { weight: "viewer" as WeightClass, consumer: "waiting", sink: new Recorder() };
  const waiting = tuners.subscribe({ ...request, service: key(11) });
  const told = t.rejects(waiting, {
    code: "displaced",
    detail: { by: "recording", free: ["99.2.21", "99.2.22"] },
  });
  await run(500);
  await subscribe(21, new Recorder(), { weight: "recording" });
  await settle(told);
  await tuners.stop?.();
});

t.test("granting: a request that was withdrawn displaces nobody and holds nothing", async (t) => {
  const { tuners, run, subscribe, drivers } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(12_000);
  const viewer = new Recorder();
  await subscribe(11, viewer);
  const tunes = drivers[0]!.calls.length;
  const gone = new AbortController();
  gone.abort();
  const late = tuners.subscribe({
    service: key(21),
    weight: "owner",
    consumer: "gone",
    sink: new Recorder(),
    signal: gone.signal,
  });
  await t.rejects(late, { code: "request-cancelled" });
  await run(2000);
  t.equal(viewer.end, null);
  t.equal(drivers[0]!.calls.length, tunes);
  t.same(tuners.snapshot()[0]!.consumers, ["consumer of 11"]);
  await tuners.stop?.();
});

t.test("granting: guests hold one tuner, and share whatever runs", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 3,
    multiplexes: 3,
    options: { surveyPeriodMs: 1e9, lingerMs: 1000 },
  });
  tuners.start?.(new AbortController().signal);
  await run(8000);
  const first = await subscribe(11, new Recorder(), { weight: "guest" });
  t.equal(tuners.availability(key(21), "guest"), "busy");
  t.equal(tuners.availability(key(21), "viewer"), "free");
  await t.rejects(subscribe(21, new Recorder(), { weight: "guest" }), {
    code: "tuner-limit",
    detail: { reason: "limit", free: ["99.1.11", "99.1.12"] },
  });
  await subscribe(21, new Recorder());
  await t.resolves(subscribe(22, new Recorder(), { weight: "guest" }), "it costs no tuner");
  first.close();
  await t.resolves(subscribe(31, new Recorder(), { weight: "guest" }), "what only lingers does not count");
  await tuners.stop?.();
});

t.test(
  "linger: anybody may take a tuner that only lingers, at once; else it is free 300 ms after",
  async (t) => {
    const { tuners, run, subscribe, drivers } = fakeTuners({
      drivers: 1,
      multiplexes: 2,
      options: { surveyPeriodMs: 1e9, lingerMs: 5000 },
    });
    tuners.start?.(new AbortController().signal);
    await run(12_000);
    (await subscribe(11, new Recorder(), { weight: "recording" })).close();
    t.equal(tuners.availability(key(21), "guest"), "free");
    const guest = await subscribe(21, new Recorder(), { weight: "guest" });
    t.ok(guest.timings.lock <= 100, `${guest.timings.lock} ms`);
    guest.close();
    await run(4900);
    t.equal(drivers[0]!.multiplex?.id, "mux-2");
    await run(300);
    t.equal(drivers[0]!.multiplex, null);
    t.equal(drivers[0]!.calls.at(-1), "close");
    await tuners.stop?.();
  },
);

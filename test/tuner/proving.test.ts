import t from "tap";
import { fakeTuners, Recorder } from "./feeding.ts";

const key = (serviceId: number) => ({
  originalNetworkId: 99,
  transportStreamId: Math.floor(serviceId / 10),
  serviceId,
});

t.test(
  "proving: no channel is promised while every device is gone, and one that is back is well again",
  async (t) => {
    let gone = false;
    const { tuners, drivers, run, subscribe } = fakeTuners({
      drivers: 2,
      multiplexes: 2,
      behaviour: () => (gone ? "device-gone" : "lock"),
      options: { surveyPeriodMs: 1e9, retryMs: 1e9, lingerMs: 500 },
    });
    tuners.start?.(new AbortController().signal);
    await run(8000);
    t.equal(tuners.availability(key(11), "viewer"), "free");
    const sink = new Recorder();
    await subscribe(11, sink);
    await run(1000);
    gone = true;
    for (const driver of drivers) if (driver.multiplex !== null) driver.unplug();
    await run(3000);
    t.equal(sink.end, "device-gone");
    await t.rejects(subscribe(21, new Recorder()), { code: "device-gone" });
    const availabilities = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await run(1000);
      availabilities.add(tuners.availability(key(11), "viewer"));
      availabilities.add(tuners.availability(key(21), "owner"));
    }
    t.same([...availabilities], ["no-signal"], "also while the tuners are tried");
    t.match(tuners.snapshot(), [{ error: "device-gone" }, { error: "device-gone" }]);
    gone = false;
    for (const driver of drivers) driver.plugIn();
    await run(40_000);
    t.match(tuners.snapshot(), [
      { state: "idle", error: null },
      { state: "idle", error: null },
    ]);
    t.equal(tuners.availability(key(11), "viewer"), "free");
    await tuners.stop?.();
  },
);

t.test("proving: a device that finds no signal is there", async (t) => {
  let behaviour: "lock" | "device-gone" | "no-lock" = "lock";
  const { tuners, drivers, run, subscribe } = fakeTuners({
    drivers: 1,
    multiplexes: 1,
    behaviour: () => behaviour,
    options: { surveyPeriodMs: 1e9, retryMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  const sink = new Recorder();
  await subscribe(11, sink);
  behaviour = "device-gone";
  drivers[0]?.unplug();
  await run(3000);
  t.match(tuners.snapshot(), [{ error: "device-gone" }]);
  behaviour = "no-lock";
  drivers[0]?.plugIn();
  await run(60_000);
  t.match(tuners.snapshot(), [{ state: "idle", error: null }]);
  await tuners.stop?.();
});

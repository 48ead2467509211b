import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import type { VisitRequest } from "../../src/tuner/ports.ts";
import { fakeTuners, multiplex, Recorder } from "./feeding.ts";

const visitOf = (index: number, rest: Partial<VisitRequest> = {}): VisitRequest => ({
  multiplex: multiplex(index),
  weight: "scan",
  consumer: "scan",
  signal: new AbortController().signal,
  enough: ({ tables }) => tables.hasPat && tables.hasSdt,
  longestMs: 5000,
  ...rest,
});

t.test(
  "receiver: a visit to a multiplex in no list gives its tables, and leaves the line-up alone",
  async (t) => {
    const { tuners, run, settle, drivers, events } = fakeTuners({
      drivers: 1,
      multiplexes: 1,
      options: { surveyPeriodMs: 1e9 },
    });
    tuners.start?.(new AbortController().signal);
    await run(6000);
    events.length = 0;
    const visited = await settle(tuners.visit(visitOf(7)));
    t.equal(visited.tuner, "fake-0");
    t.same([...visited.tables.programs.keys()], [71, 72]);
    t.equal(visited.signal.locked, true);
    t.ok(visited.lockedAt > ms(0));
    t.same(
      tuners.services().map((service) => service.multiplex.id),
      ["mux-1", "mux-1"],
    );
    t.notOk(events.some((event) => event.kind === "lineup" || event.kind === "guide"));
    t.equal(tuners.snapshot()[0]!.state, "idle", "the tuner is free at once");
    await run(100);
    t.equal(drivers[0]!.calls.at(-1), "close");
    await tuners.stop?.();
  },
);

t.test("receiver: a visit shares what runs, by whatever name it goes", async (t) => {
  const { tuners, run, settle, subscribe, drivers } = fakeTuners({ drivers: 2, multiplexes: 1 });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  await subscribe(11, new Recorder());
  const tunes = drivers.flatMap((driver) => driver.calls).length;
  const renamed = { id: "found-1", delivery: multiplex(1).delivery };
  const visit = tuners.visit(visitOf(1, { multiplex: renamed, enough: () => false, longestMs: 1000 }));
  await run(500);
  const held = tuners.snapshot().find((tuner) => tuner.multiplex !== null)!;
  t.same(held.consumers, ["consumer of 11", "scan"]);
  t.equal((await settle(visit)).tables.programs.size, 2, "the longest stay ends it");
  t.equal(drivers.flatMap((driver) => driver.calls).length, tunes, "nothing was tuned");
  t.same(tuners.snapshot().find((tuner) => tuner.multiplex !== null)!.consumers, ["consumer of 11"]);
  await tuners.stop?.();
});

t.test(
  "receiver: a visit weighs what it says: it takes from the light and gives way to viewers",
  async (t) => {
    const { tuners, run, settle, subscribe } = fakeTuners({
      drivers: 1,
      multiplexes: 2,
      options: { survey: true, surveyPeriodMs: 1e9, lingerMs: 500 },
    });
    tuners.start?.(new AbortController().signal);
    await run(12_000);
    const guide = tuners.visit(visitOf(1, { weight: "guide", consumer: "guide", enough: () => false }));
    const displaced = t.rejects(guide, { code: "displaced" });
    await run(500);
    const scan = tuners.visit(visitOf(2, { enough: () => false }));
    await displaced;
    await run(500);
    const taken = t.rejects(scan, { code: "displaced" });
    const viewer = await subscribe(11, new Recorder());
    await taken;
    await t.rejects(tuners.visit(visitOf(2)), { code: "no-tuner-free" });
    viewer.close();
    await t.resolves(settle(tuners.visit(visitOf(2))), "a tuner that lingers is free for it");
    await tuners.stop?.();
  },
);

t.test("receiver: a visit ends with its reason: no lock, withdrawn, not supported", async (t) => {
  const { tuners, run, settle } = fakeTuners({
    drivers: 1,
    multiplexes: 1,
    behaviour: ({ id }) => (id === "mux-8" ? "no-lock" : id === "mux-9" ? "silence" : "lock"),
    accepts: ({ id }) => id !== "mux-6",
  });
  await t.rejects(settle(tuners.visit(visitOf(8))), { code: "no-lock" });
  const abort = new AbortController();
  const visit = tuners.visit(visitOf(9, { signal: abort.signal }));
  const withdrawn = t.rejects(visit, { code: "request-cancelled" });
  await run(500);
  abort.abort();
  await withdrawn;
  t.equal(tuners.snapshot()[0]!.state, "idle");
  await t.rejects(tuners.visit(visitOf(1, { signal: abort.signal })), { code: "request-cancelled" });
  await t.rejects(tuners.visit(visitOf(6)), { code: "unsupported" });
  await tuners.stop?.();
});

t.test("receiver: other multiplexes: theirs are known, the others' sessions end", async (t) => {
  const { tuners, run, settle, subscribe, events } = fakeTuners({
    drivers: 2,
    multiplexes: 0,
    options: { surveyPeriodMs: 1e9 },
  });
  tuners.start?.(new AbortController().signal);
  t.same(tuners.multiplexes(), []);
  await settle(tuners.visit(visitOf(1)));
  await settle(tuners.visit(visitOf(2)));
  t.same(tuners.services(), []);
  events.length = 0;
  tuners.setMultiplexes([multiplex(1), multiplex(2)]);
  t.equal(tuners.services().length, 4, "what the visits found is known at once");
  t.ok(events.some((event) => event.kind === "lineup"));
  await run(6000);
  const one = new Recorder();
  const two = new Recorder();
  await subscribe(11, one);
  await subscribe(21, two);
  tuners.setMultiplexes([multiplex(2), multiplex(3)]);
  t.same([one.end, two.end], ["service-not-on-air", null]);
  await run(6000);
  t.same(
    tuners
      .services()
      .map((service) => service.multiplex.id)
      .sort(),
    ["mux-2", "mux-2", "mux-3", "mux-3"],
    "the survey followed",
  );
  tuners.setMultiplexes([{ ...multiplex(2), delivery: { system: "mock", index: 99 } }]);
  t.equal(two.end, "service-not-on-air", "the same name, received otherwise, is another");
  t.same(tuners.services(), []);
  await tuners.stop?.();
});

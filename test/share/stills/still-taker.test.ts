import t from "tap";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { notMade, type Made } from "../../../src/share/stills/still.ts";
import { FakeSource, service, settle, videoTrack } from "../fakes.ts";
import { keyOf, scene, still } from "./taking.ts";

t.test(
  "still taker: keeps the newest picture of what was replayed, and lets the service go at once",
  async (t) => {
    const { clock, taker, sources, store, idOf, made } = scene(t);
    taker.start();
    clock.advance(4999);
    t.equal(sources.length, 0);
    clock.advance(1);
    t.equal(sources[0]?.weight, "idleScan", "the lightest there is");
    await settle();
    t.equal(sources[0]?.stopped, true);
    t.equal(sources[0]?.signal?.aborted, true);
    t.equal(made[0]?.data.toString(), "K2", "its own copy");
    t.equal(store.get(idOf(1))?.body.toString(), "K2");
    t.equal(store.takenAt(idOf(1)), clock.now());
  },
);

t.test("still taker: waits for a picture when none was replayed, and no longer than 1.5 s", async (t) => {
  const { clock, taker, sources, store, idOf } = scene(t, { replay: [] });
  taker.start();
  clock.advance(5000);
  await settle();
  sources[0]?.sink?.tracks([videoTrack()]);
  sources[0]?.unit("x");
  sources[0]?.unit("K of another track", 7);
  await settle();
  t.equal(sources[0]?.stopped, false);
  sources[0]?.unit("K3");
  await settle();
  t.equal(sources[0]?.stopped, true);
  t.equal(store.get(idOf(1))?.body.toString(), "K3");
  clock.advance(300_000);
  t.equal(sources.length, 2);
  await settle();
  clock.advance(1499);
  await settle();
  t.equal(sources[1]?.stopped, false);
  clock.advance(1);
  await settle();
  t.equal(sources[1]?.stopped, true);
});

t.test("still taker: never tunes", async (t) => {
  const services = [1, 2, 3, 4, 5].map((id) => service(id));
  const { clock, taker, sources, tuners, state } = scene(t, { services });
  for (const [id, state] of [
    [1, "free"],
    [2, "would-displace"],
    [3, "busy"],
    [4, "no-signal"],
    [5, "free"],
  ] as const)
    tuners.states.set(keyOf(id), state);
  taker.start();
  await clock.advanceAsync(20 * 60_000, 5000);
  t.equal(sources.length, 0, "only what shares a tuner");
  for (const { key } of services) tuners.states.set(keyOf(key.serviceId), "shares-tuner");
  state.received = new Set(["another"]);
  await clock.advanceAsync(60_000, 5000);
  t.equal(sources.length, 0, "a multiplex that only lingers is left alone");
  state.received = new Set(["mock-1"]);
  await clock.advanceAsync(5000, 5000);
  t.equal(sources.length, 1);
});

t.test("still taker: lets go at once when its tuner was lost, so that no other one is kept", async (t) => {
  const { clock, taker, sources, store, idOf } = scene(t, { replay: [] });
  taker.start();
  clock.advance(5000);
  await settle();
  sources[0]?.sink?.discontinuity();
  await settle();
  t.equal(sources[0]?.stopped, true);
  t.equal(store.get(idOf(1)), undefined);
  clock.advance(60_000);
  t.equal(sources.length, 2);
  sources[1]?.sink?.ended("displaced", "a viewer came");
  await settle();
  t.equal(sources[1]?.stopped, true);
  t.equal(store.count, 0);
});

t.test("still taker: one at a time, five seconds apart, who waited longest first", async (t) => {
  const services = [1, 2, 3].map((id) => service(id));
  const open: ((made: Made) => void)[] = [];
  const make = (): Promise<Made> => new Promise((resolve) => open.push(resolve));
  const { clock, taker, taken, tuners } = scene(t, { services, make });
  tuners.states.set(keyOf(1), "free");
  taker.start();
  clock.advance(5000);
  await settle();
  clock.advance(3000);
  await settle();
  t.same(taken(), [2], "while one is made there is no other");
  open.shift()?.(notMade("single-colour"));
  await settle();
  t.same(taken(), [2]);
  clock.advance(59_999);
  await settle();
  t.same(taken(), [2], "3 s of work are 5 in 100 of a minute");
  clock.advance(1);
  await settle();
  t.same(taken(), [2, 3]);
  open.shift()?.(still(Buffer.from("a")));
  await settle();
  tuners.states.set(keyOf(1), "shares-tuner");
  const rest: number[] = [];
  for (let turn = 0; turn < 70; turn++) {
    clock.advance(5000);
    await settle();
    rest.push(open.length);
    open.shift()?.(still(Buffer.from("a")));
    await settle();
  }
  t.same(taken().slice(2), [1, 2, 3, 1, 2], "each once in five minutes");
  t.ok(rest.every((count) => count <= 1));
});

t.test("still taker: not while the box is busy", async (t) => {
  const { clock, taker, sources, state } = scene(t);
  state.busy = true;
  taker.start();
  await clock.advanceAsync(60_000, 5000);
  t.equal(sources.length, 0);
  state.busy = false;
  await clock.advanceAsync(5000, 5000);
  t.equal(sources.length, 1);
});

t.test("still taker: leaves radio, data, encrypted and hidden channels alone", async (t) => {
  const services = [
    service(1, { kind: "radio" }),
    service(2, { kind: "data" }),
    service(3, { scrambled: true }),
    service(4, { visible: false }),
  ];
  const { clock, taker, sources } = scene(t, { services });
  taker.start();
  await clock.advanceAsync(60_000, 5000);
  t.equal(sources.length, 0);
});

t.test(
  "still taker: an empty picture is not kept and tried again, and so is a failure of any kind",
  async (t) => {
    let outcome: Made | Error = notMade("single-colour");
    const { clock, taker, sources, store, idOf } = scene(t, {
      make: () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)),
    });
    taker.start();
    await clock.advanceAsync(5000, 5000);
    t.equal(store.count, 0);
    outcome = new Error("no memory");
    await clock.advanceAsync(55_000, 5000);
    t.equal(sources.length, 1);
    await clock.advanceAsync(5000, 5000);
    t.equal(sources.length, 2);
    outcome = still(Buffer.from("seen"));
    FakeSource.failWith = new TellyportError("no-tuner-free", "gone meanwhile");
    await clock.advanceAsync(120_000, 5000);
    t.equal(sources.length, 3);
    t.equal(store.count, 0);
    FakeSource.failWith = null;
    await clock.advanceAsync(240_000, 5000);
    t.equal(sources.length, 4);
    t.equal(store.get(idOf(1))?.body.toString(), "seen");
    t.ok(sources.every(({ stopped }) => stopped));
  },
);

t.test("still taker: a failure leaves the picture that there is", async (t) => {
  let outcome = still(Buffer.from("first"));
  const { clock, taker, store, idOf } = scene(t, { make: () => Promise.resolve(outcome) });
  taker.start();
  await clock.advanceAsync(5000, 5000);
  outcome = notMade("undecodable");
  await clock.advanceAsync(310_000, 5000);
  t.equal(store.get(idOf(1))?.body.toString(), "first");
});

t.test("still taker: stopped in mid-air, it leaves nothing", async (t) => {
  for (const stage of ["waiting", "looking", "making"] as const) {
    const signals: AbortSignal[] = [];
    const { clock, taker, sources, store } = scene(t, {
      replay: stage === "looking" ? [] : ["K1"],
      make: (picture, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          signal.addEventListener("abort", () => resolve(still(picture.data)));
        }),
    });
    const before = clock.pending;
    taker.start();
    clock.advance(stage === "waiting" ? 100 : 5000);
    await settle();
    await taker.stop();
    t.ok(
      sources.every(({ stopped }) => stopped),
      stage,
    );
    t.ok(signals.every(({ aborted }) => aborted));
    t.equal(signals.length, stage === "making" ? 1 : 0);
    t.equal(store.count, 0, "nothing is kept");
    t.equal(clock.pending, before, "no timer is left");
    clock.advance(3_600_000);
    await settle();
    t.equal(sources.length, stage === "waiting" ? 0 : 1);
  }
});

t.test("still taker: forgets channels that go", async (t) => {
  const { clock, taker, store, tuners, channels, idOf } = scene(t, { services: [service(1), service(2)] });
  taker.start();
  await clock.advanceAsync(10_000, 5000);
  t.equal(store.count, 2);
  const id = idOf(2);
  // The list keeps who is off the air, as it may come back; the oldest of more than it remembers are forgotten.
  tuners.list = [service(1), ...Array.from({ length: 2000 }, (_, at) => service(100 + at))];
  channels.refresh();
  t.equal(channels.get(id), undefined);
  t.equal(store.get(id), undefined);
  t.equal(store.count, 1);
});

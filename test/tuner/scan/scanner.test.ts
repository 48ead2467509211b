import t from "tap";
import { scan, type ScanProgress, type ScanRequest } from "../../../src/tuner/scan/scanner.ts";
import { enough } from "../../../src/tuner/scan/enough.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { dvbt, FakeReceiver, named } from "./scan-fakes.ts";
import type { Broadcast } from "../../../src/tuner/scan/same-multiplex.ts";

const one = (id: number, name = `Service ${id}!`) => ({ id, name, lcn: id });

async function run(receiver: FakeReceiver, request: ScanRequest, abort = new AbortController()) {
  const clock = new FakeClock();
  const told: ScanProgress[] = [];
  let done = false;
  const promise = scan(request, {
    receiver,
    clock,
    signal: abort.signal,
    progress: (p) => told.push(p),
  }).finally(() => (done = true));
  for (let i = 0; !done && i < 2000; i++) await clock.advanceAsync(100, 100);
  return { results: await promise, told, clock };
}

t.test("scan: follows the network from one multiplex, each frequency once", async (t) => {
  const far = [dvbt(474), dvbt(498), dvbt(522)].map((delivery, i) => ({
    transportStreamId: i + 1,
    delivery,
  }));
  // Another description of the first, half a megahertz off, as tables often are.
  const again = { transportStreamId: 1, delivery: dvbt(474.166) };
  const receiver = new FakeReceiver({
    "dvbt-474.000": { transportStreamId: 1, services: [one(1), one(2)], network: [...far.slice(1), again] },
    "dvbt-498.000": { transportStreamId: 2, services: [{ ...one(3), type: 2 }], network: far },
  });
  const { results, told } = await run(receiver, { multiplexes: [named(dvbt(474))] });
  t.same(receiver.visits.sort(), ["dvbt-474.000", "dvbt-498.000", "dvbt-522.000"]);
  t.same(
    results.map(({ multiplex, outcome, services }) => [multiplex.id, outcome, services.length]),
    [
      ["dvbt-474.000", "ok", 2],
      ["dvbt-498.000", "ok", 1],
      ["dvbt-522.000", "no-lock", 0],
    ],
  );
  t.match(told.at(-1), { percent: 100, done: 3, total: 3, found: { tv: 2, radio: 1, data: 0 }, current: [] });
  t.ok(
    told.every((progress, i) => progress.percent >= (told[i - 1]?.percent ?? 0)),
    "the percentage never goes back",
  );
  t.equal(told.filter(({ percent }) => percent === 100).length, 1, "100 is said at the end only");
});

t.test("scan: what two transmitters send is counted once", async (t) => {
  const twin = { transportStreamId: 1, services: [one(1), one(2)] };
  const receiver = new FakeReceiver({ "dvbt-474.000": twin, "dvbt-498.000": { ...twin, cnr: 30 } });
  const { told } = await run(receiver, { multiplexes: [named(dvbt(474)), named(dvbt(498))] });
  t.match(told.at(-1), { percent: 100, done: 2, found: { tv: 2, radio: 0, data: 0 } });
});

t.test("scan: says that it waits for a tuner, and when it has one", async (t) => {
  const receiver = new FakeReceiver({ "dvbt-474.000": { transportStreamId: 1, services: [one(1)] } }, 1);
  receiver.busy = 1;
  let looks = 0;
  const visit = receiver.visit.bind(receiver);
  receiver.visit = (request) => {
    if (++looks === 3) receiver.busy = 0;
    return visit(request);
  };
  const { told } = await run(receiver, { multiplexes: [named(dvbt(474))] });
  t.ok(
    told.some(({ waiting, current }) => waiting && current.length === 0),
    "while none is free",
  );
  t.match(told.at(-1), { percent: 100, waiting: false, found: { tv: 1 } });
});

t.test("scan: without following only what was asked for", async (t) => {
  const receiver = new FakeReceiver({
    "dvbt-474.000": {
      transportStreamId: 1,
      services: [one(1)],
      network: [{ transportStreamId: 2, delivery: dvbt(498) }],
    },
  });
  const { results } = await run(receiver, { multiplexes: [named(dvbt(474))], follow: false });
  t.equal(results.length, 1);
});

t.test("scan: from a satellite only what is at the same place in the sky", async (t) => {
  const carrier = (frequencyKHz: number, orbital: string | null): Broadcast => ({
    system: "dvbs2",
    frequencyKHz,
    symbolRate: 27_500_000,
    polarisation: "H",
    orbital,
  });
  const receiver = new FakeReceiver({
    "dvbs2-11804H": {
      transportStreamId: 1,
      services: [one(1)],
      // The home transponder's own entry says where it is: 5.0W.
      network: [
        { transportStreamId: 1, delivery: carrier(11_804_000, "5.0W") },
        { transportStreamId: 2, delivery: carrier(11_900_000, "5.0W") },
        { transportStreamId: 3, delivery: carrier(11_950_000, "19.2E") },
      ],
    },
  });
  await run(receiver, { multiplexes: [named(carrier(11_804_000, null))] });
  t.same(receiver.visits, ["dvbs2-11804H", "dvbs2-11900H"], "on the only dish there is, so without its name");
});

t.test("scan: several tuners at once, and no more than there are", async (t) => {
  const multiplexes = Array.from({ length: 10 }, (_, i) => named(dvbt(474 + 8 * i)));
  const receiver = new FakeReceiver({}, 3);
  const { results } = await run(receiver, { multiplexes });
  t.equal(receiver.mostBusy, 3);
  t.equal(results.length, 10);
  t.same(new Set(receiver.visits).size, 10);
  t.equal(receiver.visits.length, 10, "a refused visit is made up for, a failed one is not repeated");
});

t.test("scan: waits for a tuner, and gives up after its patience", async (t) => {
  const receiver = new FakeReceiver({}, 0);
  const { results, clock } = await run(receiver, { multiplexes: [named(dvbt(474))], patienceMs: 5000 });
  t.match(results, [{ outcome: "no-tuner-free" }]);
  t.ok(clock.monotonic() >= 5000 && clock.monotonic() < 8000);
  t.equal(clock.pending, 0);
});

t.test("scan: who is displaced comes again, three times", async (t) => {
  const receiver = new FakeReceiver({ "dvbt-474.000": "displaced" });
  const { results } = await run(receiver, { multiplexes: [named(dvbt(474))] });
  t.match(results, [{ outcome: "displaced" }]);
  t.equal(receiver.visits.length, 4);
});

t.test("scan: cancelled it ends at once with what it has", async (t) => {
  const abort = new AbortController();
  const receiver = new FakeReceiver({}, 1);
  const multiplexes = Array.from({ length: 50 }, (_, i) => named(dvbt(474 + 8 * i)));
  const clock = new FakeClock();
  const results = await scan(
    { multiplexes },
    { receiver, clock, signal: abort.signal, visited: () => receiver.visits.length === 3 && abort.abort() },
  );
  t.ok(results.length <= 3);
  t.equal(receiver.busy, 0);
  t.equal(clock.pending, 0);
});

t.test("scan: known multiplexes keep their names and details", async (t) => {
  const known = { id: "main", delivery: { ...dvbt(474), modulation: "QAM/64" } as Broadcast };
  const receiver = new FakeReceiver({ "dvbt-474.000": { transportStreamId: 1, services: [one(1)] } });
  const { results } = await run(receiver, { multiplexes: [named(dvbt(474.1))], known: [known] });
  t.match(results, [{ multiplex: known, outcome: "ok" }]);
});

t.test("scan: what is enough", (t) => {
  const all = { hasPat: true, hasSdt: true, hasNit: true, hasEveryPmt: true, batPending: false };
  t.equal(enough(all, 0), true);
  for (const missing of ["hasPat", "hasSdt", "hasNit"] as const)
    t.equal(enough({ ...all, [missing]: false }, 11_000), false, `${missing} is waited for to the end`);
  t.equal(enough({ ...all, hasEveryPmt: false }, 1000), false);
  t.equal(enough({ ...all, hasEveryPmt: false }, 2600), true, "a service off air sends no PMT");
  t.equal(enough({ ...all, batPending: true }, 9000), false);
  t.equal(enough({ ...all, batPending: true }, 10_600), true);
  t.end();
});

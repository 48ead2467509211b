import Fastify from "fastify";
import t from "tap";
import { ms, pid } from "../../../../src/kernel/units.ts";
import { createMockSource, mockRoutes, type MockSource } from "../../../../src/tuner/drivers/mock/index.ts";
import type { MockOptions } from "../../../../src/tuner/drivers/mock/index.ts";
import type { Multiplex, PacketSink, TunerDriver } from "../../../../src/tuner/ports.ts";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { LOOPS_FOLDER } from "./mock-fixtures.ts";
import { StreamCheck } from "./stream-check.ts";

const FOREVER = new AbortController().signal;

class Sink implements PacketSink {
  readonly check = new StreamCheck();
  chunks: Buffer[] = [];
  overflows = 0;
  failure: string | null = null;
  /** Longest time between two chunks, ms. */
  widest = 0;
  #last: number | null = null;

  packets(chunk: Buffer, at: number): void {
    if (this.#last !== null) this.widest = Math.max(this.widest, at - this.#last);
    this.#last = at;
    this.chunks.push(Buffer.from(chunk));
    this.check.push(chunk);
  }
  overflow(): void {
    this.overflows++;
  }
  syncLoss(): void {
    throw new Error("the mock never loses its packets");
  }
  failed(code: string): void {
    this.failure = code;
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

interface House {
  clock: FakeClock;
  source: MockSource;
  driver: (n: number) => TunerDriver;
  multiplex: (n: number) => Multiplex;
  /** Tunes; the clock goes on until it has happened. @returns what went wrong, or null */
  tune: (n: number, multiplex: number, sink?: PacketSink, signal?: AbortSignal) => Promise<string | null>;
}

function house(faults?: MockOptions): House {
  const clock = new FakeClock();
  const source = createMockSource({
    clock,
    loopsFolder: LOOPS_FOLDER,
    ...(faults !== undefined && { faults }),
  });
  const driver = (n: number): TunerDriver => source.drivers[n] ?? fail();
  const multiplex = (n: number): Multiplex => source.multiplexes[n - 1] ?? fail();
  const fail = (): never => {
    throw new Error("not there");
  };
  return {
    clock,
    source,
    driver,
    multiplex,
    async tune(n, mux, sink = new Sink(), signal = FOREVER) {
      let outcome: string | null | undefined;
      void driver(n)
        .tune(multiplex(mux), sink, signal)
        .then(
          () => (outcome = null),
          (error: unknown) => (outcome = isTellyportError(error) ? error.code : String(error)),
        );
      for (let waited = 0; outcome === undefined && waited < 10_000; waited += 10)
        await clock.advanceAsync(10);
      return outcome === undefined ? "never" : outcome;
    },
  };
}

t.test("mock: two tuners, four multiplexes; what is not the mock's is refused", async (t) => {
  const { source, driver, tune } = house();
  t.same(
    source.drivers.map((one) => one.id),
    ["mock-0", "mock-1"],
  );
  t.same(
    source.multiplexes.map((one) => one.id),
    ["mock-1", "mock-2", "mock-3", "mock-4"],
  );
  const foreign: Multiplex = { id: "mock-1", delivery: { system: "file", path: "x" } };
  t.ok(driver(0).accepts(source.multiplexes[3] ?? foreign), "also the one that never locks");
  t.notOk(driver(0).accepts(foreign));
  await t.rejects(driver(0).tune(foreign, new Sink(), FOREVER), { code: "unsupported" });
  t.equal(await tune(0, 1), null);
  await driver(0).close();
});

t.test("mock: locks after 150 ms, then packets in real time and in order", async (t) => {
  const { clock, driver, multiplex } = house();
  const sink = new Sink();
  let locked = false;
  const tuning = driver(0)
    .tune(multiplex(1), sink, FOREVER)
    .then(() => (locked = true));
  t.notOk(driver(0).signal().locked);
  await clock.advanceAsync(140);
  t.notOk(locked);
  await clock.advanceAsync(20);
  t.ok(locked);
  await tuning;
  t.ok(driver(0).signal().locked);
  await clock.advanceAsync(10_000, 20);
  t.ok(Math.abs(sink.check.elapsed - 10) < 0.1, `${sink.check.elapsed} s of broadcast in 10 s`);
  t.equal(sink.check.continuityErrors, 0);
  t.equal(sink.check.pcr.size, 4);
  t.ok(sink.widest <= 60, `a chunk every ${sink.widest} ms at most`);
  t.equal(sink.overflows, 0);
  await driver(0).close();
  const { packets } = sink.check;
  await clock.advanceAsync(200);
  t.equal(sink.check.packets, packets, "closed is closed");
  t.equal(clock.pending, 0, "no timer left");
});

t.test("mock: all tuners on a multiplex get the same packets, whenever they came", async (t) => {
  const { clock, driver, tune } = house();
  const [early, late] = [new Sink(), new Sink()];
  t.equal(await tune(0, 1, early), null);
  await clock.advanceAsync(500);
  t.equal(await tune(1, 1, late), null);
  await clock.advanceAsync(1000);
  const all = early.bytes;
  const tail = late.bytes;
  t.ok(tail.length > 0 && tail.length < all.length);
  t.ok(all.subarray(all.length - tail.length).equals(tail));
  await driver(0).close();
  await driver(1).close();
  t.equal(clock.pending, 0);
});

t.test("mock: the broadcast goes on while nobody listens", async (t) => {
  const { clock, source, driver, tune } = house();
  const before = source.control.onAir("mock-1", 0x1101);
  // Whole groups of pictures, or the order of decoding would show.
  clock.advance(47 * 1280);
  const after = source.control.onAir("mock-1", 0x1101);
  t.equal((after.counter - before.counter + 256) % 256, (47 * 32) % 256);
  const sink = new Sink();
  await tune(0, 1, sink);
  const first = clock.now();
  await clock.advanceAsync(100);
  const line = sink.check.pcr.get(0x101);
  await driver(0).close();
  clock.advance(30_000);
  const again = new Sink();
  await tune(0, 1, again);
  await clock.advanceAsync(100);
  const gone = ((again.check.pcr.get(0x101)?.last ?? 0) - (line?.last ?? 0)) / 90;
  t.ok(Math.abs(gone - (clock.now() - first - 100)) <= 40, `the PCR went on by ${gone} ms`);
  await driver(0).close();
});

t.test("mock: only the PIDs that are asked for", async (t) => {
  const { clock, driver, tune } = house();
  const sink = new Sink();
  await tune(0, 2, sink);
  driver(0).filter(new Set([pid(0), pid(0x201)]));
  sink.check.pids.clear();
  const check = new StreamCheck();
  sink.chunks = [];
  await clock.advanceAsync(1000);
  check.push(sink.bytes);
  t.same([...check.pids].sort(), [0, 0x201]);
  t.equal(check.continuityErrors, 0);
  driver(0).filter("all");
  sink.chunks = [];
  await clock.advanceAsync(1000);
  const everything = new StreamCheck();
  everything.push(sink.bytes);
  t.ok(everything.pids.size > 10);
  await driver(0).close();
});

t.test("mock: the fourth multiplex never locks", async (t) => {
  const { clock, tune } = house();
  const before = clock.monotonic();
  t.equal(await tune(0, 4), "no-lock");
  t.ok(Math.abs(clock.monotonic() - before - 1500) <= 20, `after ${clock.monotonic() - before} ms`);
  t.equal(clock.pending, 0);
});

t.test("mock: tuning can be given up, and tuning again replaces it", async (t) => {
  const { clock, driver, multiplex, tune } = house();
  const user = new AbortController();
  const given = driver(0).tune(multiplex(1), new Sink(), user.signal);
  user.abort();
  await t.rejects(given, { code: "request-cancelled" });
  await t.rejects(driver(0).tune(multiplex(1), new Sink(), user.signal), { code: "request-cancelled" });
  const first = driver(0).tune(multiplex(4), new Sink(), FOREVER);
  const rejected = t.rejects(first, { code: "request-cancelled" });
  t.equal(await tune(0, 1), null);
  await rejected;
  const second = new Sink();
  t.equal(await tune(0, 2, second), null, "from one multiplex to another");
  await clock.advanceAsync(500);
  t.ok(second.check.pids.has(0x408));
  await driver(0).close();
  t.equal(clock.pending, 0);
});

t.test("mock: a stalled process is told of its loss", async (t) => {
  const { clock, driver, tune } = house();
  const sink = new Sink();
  await tune(0, 1, sink);
  await clock.advanceAsync(100);
  const stalled = sink.check.packets;
  // The machine slept: time went on, timers did not fire.
  const timers = clock.monotonic.bind(clock);
  clock.monotonic = () => ms(timers() + 5000);
  await clock.advanceAsync(100);
  t.equal(sink.overflows, 1);
  t.ok(sink.check.packets - stalled < 200, "not five seconds at once");
  t.ok(sink.check.continuityErrors > 0, "and the counters show it too");
  await driver(0).close();
});

t.test("mock: on-air report", async (t) => {
  const { clock, source, driver, tune } = house();
  const sink = new Sink();
  await tune(0, 1, sink);
  await clock.advanceAsync(3000);
  const report = source.control.onAir("mock-1", 0x1102);
  t.equal(report.frames, 256);
  t.equal(report.frameMs, 40);
  t.equal(report.entries.length, 64);
  t.same(report.entries[0], { counter: report.counter, at: report.at });
  t.ok(report.at <= clock.now() && report.at > clock.now() - 80);
  for (const [index, entry] of report.entries.entries()) {
    const older = report.entries[index + 1];
    if (older !== undefined) t.ok(entry.at > older.at && entry.at - older.at < 80.1);
  }
  const values = new Set(report.entries.map((entry) => entry.counter));
  t.equal(values.size, 64, "no value twice");
  clock.setWall(clock.now() + 3_600_000);
  const later = source.control.onAir("mock-1", 0x1102);
  t.equal(later.counter, report.counter, "the wall clock may jump");
  t.ok(Math.abs(later.at - report.at - 3_600_000) < 1);
  for (const [multiplex, service] of [
    ["mock-1", 0x1104],
    ["mock-1", 1],
    ["mock-4", 1],
    ["nowhere", 1],
  ] as const)
    t.throws(() => source.control.onAir(multiplex, service), { code: "service-not-on-air" });
  await driver(0).close();
});

t.test("mock fault: lock delay", async (t) => {
  const { clock, source, tune } = house({ lockDelayMs: 300 });
  const timed = async (): Promise<number> => {
    const before = clock.monotonic();
    t.equal(await tune(0, 1), null);
    return clock.monotonic() - before;
  };
  t.ok(Math.abs((await timed()) - 300) <= 20);
  source.control.setFault({ kind: "lock-delay", multiplex: "mock-1", ms: 900 });
  t.ok(Math.abs((await timed()) - 900) <= 20);
  source.control.clear("lock-delay");
  t.ok(Math.abs((await timed()) - 300) <= 20);
  await source.drivers[0]?.close();
});

t.test("mock fault: no lock, before tuning and while locked", async (t) => {
  const { clock, source, driver, tune } = house({ noLock: ["mock-2"] });
  t.equal(await tune(0, 2), "no-lock");
  const sink = new Sink();
  t.equal(await tune(0, 1, sink), null);
  source.control.setFault({ kind: "no-lock", multiplex: "mock-1" });
  t.notOk(driver(0).signal().locked);
  const { packets } = sink.check;
  await clock.advanceAsync(300);
  t.equal(sink.check.packets, packets);
  t.equal(sink.failure, null, "a signal may come back");
  source.control.clear();
  await clock.advanceAsync(300);
  t.ok(sink.check.packets > packets);
  t.ok(driver(0).signal().locked);
  t.equal(await tune(1, 2), null);
  await driver(0).close();
  await driver(1).close();
});

t.test("mock fault: no data", async (t) => {
  const { clock, source, driver, tune } = house({ noData: ["mock-3"] });
  const sink = new Sink();
  t.equal(await tune(0, 3, sink), null);
  await clock.advanceAsync(500);
  t.equal(sink.check.packets, 0);
  t.ok(driver(0).signal().locked);
  source.control.clear("no-data");
  await clock.advanceAsync(500);
  t.ok(sink.check.packets > 0);
  await driver(0).close();
});

t.test("mock fault: packet loss and continuity errors, the same for the same seed", async (t) => {
  const lossy = async (faults: MockOptions): Promise<Sink> => {
    const { clock, driver, tune } = house(faults);
    const sink = new Sink();
    await tune(0, 2, sink);
    await clock.advanceAsync(5000, 20);
    await driver(0).close();
    return sink;
  };
  const clean = await lossy({});
  const first = await lossy({ packetLoss: 0.02 });
  const share = 1 - first.check.packets / clean.check.packets;
  t.ok(share > 0.01 && share < 0.03, `${share} lost`);
  t.ok(first.check.continuityErrors > 50);
  t.ok((await lossy({ packetLoss: 0.02 })).bytes.equals(first.bytes));
  const other = await lossy({ commands: [{ kind: "packet-loss", ratio: 0.02, seed: 7 }] });
  t.notOk(other.bytes.equals(first.bytes));
  const skipped = await lossy({
    commands: [{ kind: "continuity-errors", multiplex: "mock-2", ratio: 0.01 }],
  });
  t.equal(skipped.check.packets, clean.check.packets, "nothing is lost");
  const errors = skipped.check.continuityErrors / clean.check.packets;
  t.ok(errors > 0.005 && errors < 0.02, `${errors} skipped`);
  const elsewhere = await lossy({ commands: [{ kind: "packet-loss", multiplex: "mock-1", ratio: 0.5 }] });
  t.ok(elsewhere.bytes.equals(clean.bytes), "another multiplex is another multiplex");
});

t.test("mock fault: PMT change and clock jump happen once", async (t) => {
  const { clock, source, driver, tune } = house();
  const sink = new Sink();
  await tune(0, 1, sink);
  await clock.advanceAsync(500);
  source.control.setFault({ kind: "pmt-change", service: 0x1101, audioShift: 0x10 });
  await clock.advanceAsync(500);
  t.ok(sink.check.pids.has(0x112));
  t.equal(sink.check.continuityErrors, 0);
  source.control.setFault({ kind: "clock-jump", multiplex: "mock-1", seconds: -20 });
  await clock.advanceAsync(500);
  for (const line of sink.check.pcr.values()) t.equal(line.backwards, 1);
  t.same(source.control.faults(), [], "nothing lasts");
  t.throws(() => source.control.setFault({ kind: "pmt-change", service: 1 }), { code: "body-invalid" });
  await driver(0).close();
});

t.test("mock fault: unplugged, until it is plugged in again", async (t) => {
  const { clock, source, driver, tune } = house();
  const sink = new Sink();
  t.equal(await tune(0, 1, sink), null);
  source.control.setFault({ kind: "unplugged", tuner: "mock-0" });
  t.equal(sink.failure, "device-gone");
  t.notOk(driver(0).signal().locked);
  const { packets } = sink.check;
  await clock.advanceAsync(200);
  t.equal(sink.check.packets, packets);
  t.equal(await tune(0, 1), "device-gone");
  t.equal(await tune(1, 1), null, "the other tuner is there");
  source.control.clear("unplugged");
  t.equal(await tune(0, 1), null);
  t.throws(() => source.control.setFault({ kind: "unplugged", tuner: "mock-7" }), { code: "body-invalid" });
  t.throws(() => source.control.setFault({ kind: "no-data", multiplex: "x" }), { code: "body-invalid" });
  await driver(0).close();
  await driver(1).close();
});

t.test("mock: loops that are not there are a typed error", (t) => {
  t.throws(() => createMockSource({ clock: new FakeClock(), loopsFolder: "/nowhere" }), {
    code: "source-missing",
  });
  t.end();
});

t.test("mock routes: on air and faults, over the local socket only", async (t) => {
  const { source } = house();
  const app = Fastify();
  t.teardown(() => app.close());
  const access: unknown[] = [];
  app.addHook("onRoute", (route) => {
    access.push((route.config as { access?: { kind: string } } | undefined)?.access?.kind);
  });
  await app.register(mockRoutes(source));
  const onAir = await app.inject("/api/v1/mock/on-air?multiplex=mock-1&service=4353");
  t.equal(onAir.statusCode, 200);
  t.equal(onAir.json().entries.length, 64);
  t.equal((await app.inject("/api/v1/mock/on-air?multiplex=mock-1")).statusCode, 400);
  const post = (payload: object) => app.inject({ method: "POST", url: "/api/v1/mock/faults", payload });
  const fault = { kind: "packet-loss", multiplex: "mock-1", ratio: 0.5 };
  t.same((await post(fault)).json(), { faults: [fault] }, "nothing of it is taken away");
  t.equal((await post({ kind: "clock-jump", seconds: 3 })).statusCode, 200);
  t.equal((await post({ kind: "pmt-change", service: 0x1101, audioShift: 16 })).statusCode, 200);
  t.equal((await post({ kind: "unplugged" })).json().faults.length, 2);
  t.equal((await post({ kind: "fire" })).statusCode, 400);
  t.equal((await post({ kind: "packet-loss", ratio: 3 })).statusCode, 400);
  const cleared = await app.inject({ method: "DELETE", url: "/api/v1/mock/faults" });
  t.same(cleared.json(), { faults: [] });
  t.ok(access.length >= 3 && access.every((kind) => kind === "local"));
});

import t from "tap";
import { ms } from "../../src/kernel/units.ts";
import { HistoryBudget, PacketHistory } from "../../src/tuner/packet-history.ts";
import type { PesPacket } from "../../src/tuner/ports.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

const PACKETS = 10;
const chunk = (n: number): Buffer => Buffer.alloc(PACKETS * 188, n & 255);
const bytesOf = (history: PacketHistory): Buffer => {
  const all: Buffer[] = [];
  history.replay((packets) => all.push(Buffer.from(packets)));
  return Buffer.concat(all);
};

t.test("packet history: gives back what came last, in order and with its times", (t) => {
  const history = new PacketHistory(new HistoryBudget(4 * 1024 * 1024, 1000));
  const given: Buffer[] = [];
  for (let n = 0; n < 1000; n++) {
    history.add(chunk(n), ms(n));
    given.push(chunk(n));
  }
  const kept = bytesOf(history);
  t.ok(kept.length > 0);
  t.ok(Buffer.concat(given).subarray(-kept.length).equals(kept));
  const times: number[] = [];
  history.replay((packets, at) => {
    t.equal(packets.length % 188, 0);
    times.push(at);
  });
  t.same(
    times,
    [...times].sort((a, b) => a - b),
  );
  t.ok(times.every((at) => at >= 0 && at < 1000));
  t.end();
});

t.test("packet history: none is older than allowed, and all of them fit into the budget", (t) => {
  const budget = new HistoryBudget(1024 * 1024, 4000);
  const one = new PacketHistory(budget);
  for (let n = 0; n < 2000; n++) one.add(chunk(n), ms(n * 10));
  one.replay((_, at) => t.ok(at >= 2000 * 10 - 4000 - 1000 * 10));
  const alone = budget.used;
  t.ok(alone > 0 && alone <= 1024 * 1024);
  const two = new PacketHistory(budget);
  for (let n = 0; n < 2000; n++) {
    one.add(chunk(n), ms(20_000 + n / 10));
    two.add(chunk(n), ms(20_000 + n / 10));
    if (budget.used > 1024 * 1024) t.fail(`${budget.used} bytes in use`);
  }
  t.ok(Math.abs(one.slabs - two.slabs) <= 1, "equal shares");
  one.close();
  for (let n = 0; n < 2000; n++) two.add(chunk(n), ms(21_000 + n / 10));
  t.ok(budget.used > 0.8 * 1024 * 1024, "what one gave up is the other's");
  two.clear();
  t.equal(bytesOf(two).length, 0);
  two.close();
  t.equal(budget.used, 0);
  t.end();
});

const QUIET = { surveyPeriodMs: 1e9, guide: false } as const;

/** The survey has been round, and lets the tuner alone. */
async function surveyed(pool: ReturnType<typeof fakeTuners>): Promise<void> {
  pool.tuners.start?.(new AbortController().signal);
  await pool.run(12_000);
}

/** Keeps the bytes too. */
class Keeper extends Recorder {
  readonly data: string[] = [];
  override pes(packet: PesPacket): void {
    super.pes(packet);
    this.data.push(`${packet.pid} ${packet.pts} ${packet.damaged} ${packet.data.toString("latin1")}`);
  }
}

t.test(
  "packet history: who comes later gets what came before, without a gap and without a repetition",
  async (t) => {
    const pool = fakeTuners({
      drivers: 1,
      multiplexes: 1,
      options: { ...QUIET, historyBytes: 8 * 1024 * 1024, historyMs: 60_000 },
    });
    const { tuners, subscribe, run, drivers } = pool;
    await surveyed(pool);
    const [anyone, early, late, alongside] = [new Keeper(), new Keeper(), new Keeper(), new Keeper()];
    await subscribe(11, anyone);
    await subscribe(12, early);
    t.same(drivers[0]!.filters.at(-1), "all", "packets of every service are there for the next");
    await run(3300);
    const held = await subscribe(12, late);
    const here = late.data.length;
    t.ok(here >= early.data.length - 3 && here > 50, `${here} packets at once of ${early.data.length}`);
    await subscribe(11, alongside);
    await run(2000);
    for (const [full, joined] of [
      [early, late],
      [anyone, alongside],
    ] as const) {
      const suffix = full.data.slice(-joined.data.length);
      t.same(
        joined.data.map((line) => line.length),
        suffix.map((line) => line.length),
      );
      t.ok(
        joined.data.every((line, index) => line === suffix[index]),
        "byte for byte what the one got who was there",
      );
    }
    t.match(late, { end: null, interruptions: 0 });
    held.close();
    await tuners.stop?.();
  },
);

t.test("packet history: a service alone on its PIDs is taken up in the middle of a packet", async (t) => {
  // Chunks end anywhere: a packet in the making when the history ends is finished by what comes.
  const whole = fakeTuners({ drivers: 1, multiplexes: 1, options: QUIET });
  await surveyed(whole);
  const reference = new Keeper();
  await whole.subscribe(12, reference);
  await whole.run(4000);
  await whole.tuners.stop?.();

  for (const after of [700, 900, 1100]) {
    const pool = fakeTuners({
      drivers: 1,
      multiplexes: 1,
      options: { ...QUIET, historyBytes: 8 * 1024 * 1024, historyMs: 60_000 },
    });
    await surveyed(pool);
    await pool.subscribe(11, new Recorder());
    await pool.run(after);
    const sink = new Keeper();
    await pool.subscribe(12, sink);
    await pool.run(1000);
    t.ok(sink.data.length > 20);
    t.ok(
      sink.data.every((line) => reference.data.includes(line)),
      "every packet is whole",
    );
    await pool.tuners.stop?.();
  }
});

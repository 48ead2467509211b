import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Scan, ScanRequest } from "../../../src/protocol/api.ts";
import {
  FIRST_SCAN_FILE,
  FirstScan,
  LOOK_EVERY,
  MOST_ATTEMPTS,
  type FirstScanFailure,
  type FirstScanWish,
} from "../../../src/tuner/scan/first-scan.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { ms } from "../../../src/kernel/units.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { eventually } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

const WISH: FirstScanWish = { atFirstStart: true, country: "", region: "", system: "any" };

async function setUp(t: Teardown, wish: Partial<FirstScanWish> = {}, state?: string) {
  const clock = new FakeClock();
  const stateDir = state ?? (await temporaryFolder(t));
  const asked: ScanRequest[] = [];
  const lines: string[] = [];
  const failures: FirstScanFailure[] = [];
  const say = (_fields: object, event: string): void => void lines.push(event);
  const world = {
    tuners: 0,
    trusted: true,
    finishes: false,
    refuses: false,
    scannedAt: null as string | null,
  };
  const idle = { state: "idle" } as Scan;
  const first = new FirstScan({
    wish: { ...WISH, ...wish },
    scan: {
      state: () => ({ ...idle, scannedAt: world.scannedAt }),
      begin: (request) => {
        asked.push(request);
        if (world.refuses) throw new TellyportError("scan-target-unknown", "There is no such country.");
        if (world.finishes) world.scannedAt = "2026-01-01T00:00:00Z";
        return idle;
      },
      ended: () => Promise.resolve({ ...idle, error: world.scannedAt === null ? "unsupported" : null }),
    },
    tuners: () => world.tuners,
    clock,
    clockTrusted: () => world.trusted,
    log: { info: say, warn: say, error: say, debug: say },
    failed: (why) => failures.push(why),
    stateDir,
    tablesFolder: stateDir,
  });
  const looks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      clock.advance(ms(LOOK_EVERY));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  /** Looks until something is so. */
  const until = (what: string, is: () => boolean): Promise<true> =>
    eventually(what, async () => {
      await looks(1);
      return is() && true;
    });
  return { first, clock, asked, lines, failures, world, looks, until, stateDir };
}

t.test("first scan: waits for a tuner and for a clock, and is not begun when one was", async (t) => {
  const { first, asked, world, looks, until } = await setUp(t, { country: "FR", system: "dvbt" });
  first.start();
  await looks(3);
  t.same(asked, [], "no tuner");
  Object.assign(world, { tuners: 1, trusted: false });
  await looks(3);
  t.same(asked, [], "no clock");
  Object.assign(world, { trusted: true, finishes: true });
  await until("it begins", () => asked.length > 0);
  await looks(3);
  t.same(asked, [{ country: "FR", system: "dvbt" }], "once");
  first.stop();
});

t.test("first scan: a clock that nobody sets is not waited for for ever", async (t) => {
  const { first, asked, world, clock, until } = await setUp(t);
  Object.assign(world, { tuners: 1, trusted: false });
  first.start();
  clock.advance(ms(121_000));
  await until("it begins", () => asked.length > 0);
  t.pass("without a clock");
  first.stop();
});

t.test("first scan: what a power cut ended is begun again, and no more than a few times", async (t) => {
  const one = await setUp(t);
  one.world.tuners = 1;
  one.first.start();
  await one.until("it gives up", () => one.lines.includes("first-scan-failed"));
  t.equal(one.asked.length, MOST_ATTEMPTS, "none of them has finished");
  t.match(
    one.failures,
    [{ error: /begun 3 times/, code: "unsupported" }],
    "owners hear of it, once, and of what ended the last",
  );
  t.same(JSON.parse(readFileSync(join(one.stateDir, FIRST_SCAN_FILE), "utf8")), { attempts: MOST_ATTEMPTS });
  const next = await setUp(t, {}, one.stateDir);
  next.world.tuners = 1;
  next.first.start();
  await next.until("it gives up at once", () => next.lines.includes("first-scan-failed"));
  t.same(next.asked, [], "counted across starts");
  t.notOk(next.failures[0]?.code, "what ended those is not known any more");
});

t.test(
  "first scan: a region's table, or the country where there is none; and not where it is not wished",
  async (t) => {
    const one = await setUp(t, { country: "DE", region: "de-Berlin" });
    writeFileSync(join(one.stateDir, "de-Berlin"), "[X]\n");
    one.world.tuners = 1;
    one.first.start();
    await one.until("it begins", () => one.asked.length > 0);
    t.same(one.asked[0], { initial: "[X]\n" });
    one.first.stop();
    const other = await setUp(t, { country: "DE", region: "none" });
    other.world.tuners = 1;
    other.first.start();
    await other.until("it begins", () => other.asked.length > 0);
    t.same(other.asked[0], { country: "DE" });
    t.match(other.lines.slice(0, 2), ["first-scan-table-missing", "first-scan-begins"]);
    other.first.stop();
    const unwished = await setUp(t, { atFirstStart: false });
    unwished.world.tuners = 1;
    unwished.first.start();
    await unwished.looks(2);
    t.same(unwished.asked, []);
  },
);

t.test("first scan: one that cannot be begun is told to the owner, and not tried again", async (t) => {
  const { first, asked, failures, world, looks, until } = await setUp(t, { country: "XX" });
  Object.assign(world, { tuners: 1, refuses: true });
  first.start();
  await until("it fails", () => failures.length > 0);
  await looks(3);
  t.same(failures, [{ error: "There is no such country.", code: "scan-target-unknown" }]);
  t.equal(asked.length, 1);
});

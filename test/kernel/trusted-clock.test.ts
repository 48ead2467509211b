import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { bootId, systemClockEvidence } from "../../src/kernel/clock-evidence.ts";
import { createLog } from "../../src/kernel/log.ts";
import { SAVE_EVERY, type ClockEvidence } from "../../src/kernel/time-keeper.ts";
import { TrustedClock, type ClockStep } from "../../src/kernel/trusted-clock.ts";
import { eventually } from "../helpers/daemon.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const RELEASE = Date.UTC(2026, 10, 20);
/** True time of the tests. */
const TODAY = Date.UTC(2027, 2, 1, 12);
const silent = createLog({ level: "silent" });

/** Of a machine that was switched on long ago, unless said otherwise. */
type Evidence = Omit<ClockEvidence, "uptime"> & Partial<ClockEvidence>;

/** No battery, and the kernel was told nothing. */
const POOR: Evidence = { word: "unsynchronised", ownClock: false };

interface Machine {
  readonly system: FakeClock;
  readonly stateDir: string;
  evidence: Evidence;
  boot: string | null;
  /** Waits until what is kept is other than it was when this was asked, or a daemon began, before. */
  written(): Promise<void>;
  /** Starts a daemon; its steps are kept. */
  start(been?: readonly number[]): Promise<{ clock: TrustedClock; steps: ClockStep[] }>;
}

async function machine(t: Teardown, wall: number, evidence = POOR): Promise<Machine> {
  const stateDir = await temporaryFolder(t);
  const system = new FakeClock(wall);
  const kept = (): string => {
    try {
      return readFileSync(join(stateDir, "clock.json"), "utf8");
    } catch {
      return "";
    }
  };
  let seen = "";
  const one: Machine = {
    system,
    stateDir,
    evidence,
    boot: null,
    async written() {
      await eventually("it is written down", () => kept() !== seen, 45_000, 5);
      seen = kept();
    },
    async start(been = []) {
      const clock = await TrustedClock.open({
        clock: system,
        evidence: () => ({ uptime: DAY, ...one.evidence }),
        boot: one.boot,
        log: silent,
        stateDir,
        releasedAt: RELEASE,
        been,
      });
      const steps: ClockStep[] = [];
      clock.onStepped((step) => steps.push(step));
      await clock.start();
      seen = kept();
      // What it is writing is written before the folder goes.
      t.teardown(() => clock.stop());
      return { clock, steps };
    },
  };
  return one;
}

t.test(
  "clock: after a power cut a clock that is believed is believed at once, and does not step",
  async (t) => {
    const one = await machine(t, TODAY, { word: "unsynchronised", ownClock: true });
    await one.start();
    one.system.advance(4 * MINUTE); // and the power goes: nothing is written
    const { clock, steps } = await one.start();
    t.equal(
      clock.now(),
      one.system.now(),
      "not ahead by what may have passed since it was last written down",
    );
    t.equal(clock.state, "synchronised");
    t.same(steps, []);
  },
);

t.test("clock-less boot: 1970 is not believed, and time goes on from the release", async (t) => {
  const box = await machine(t, 7_000, { word: "synchronised", ownClock: true });
  const { clock, steps } = await box.start();
  t.equal(clock.now(), RELEASE);
  t.same(clock.report(), { state: "unsynchronised", doubt: "behind", broadcastAhead: null });
  box.system.advance(HOUR);
  t.equal(clock.now(), RELEASE + HOUR, "by the time since the start, whatever the system says");
  t.equal(clock.state, "unsynchronised");
  t.same(steps, []);
});

t.test("clock-less boot: a certificate of one's own was made before now", async (t) => {
  const box = await machine(t, 7_000);
  const { clock } = await box.start([RELEASE + 40 * DAY]);
  t.equal(clock.now(), RELEASE + 40 * DAY);
});

t.test("clock-less boot: after an hour the network tells the time, in one step", async (t) => {
  const box = await machine(t, 7_000);
  const { clock, steps } = await box.start();
  box.system.advance(HOUR);
  box.evidence = { word: "synchronised", ownClock: false };
  box.system.setWall(TODAY);
  t.equal(clock.now(), RELEASE + HOUR, "until it was looked at, nothing changes");
  box.system.advance(5_000);
  t.equal(clock.now(), TODAY + 5_000);
  t.equal(clock.state, "synchronised");
  const end = RELEASE + HOUR + 5_000;
  t.same(steps, [{ from: end, to: TODAY + 5_000, era: { start: RELEASE, end } }]);
  box.system.advance(DAY);
  t.equal(clock.now(), TODAY + DAY + 5_000);
  t.equal(steps.length, 1);
});

t.test(
  "clock-less boot: a plausible time that somebody set is believed without the kernel's word",
  async (t) => {
    const box = await machine(t, 7_000);
    const { clock, steps } = await box.start();
    box.system.setWall(TODAY);
    box.system.advance(5_000);
    t.equal(clock.state, "synchronised");
    t.equal(steps.length, 1);
  },
);

t.test("clock-less boot: 2099 is refused without the kernel's word", async (t) => {
  const box = await machine(t, 7_000, { word: "unknown", ownClock: false });
  const { clock, steps } = await box.start();
  box.system.setWall(Date.UTC(2099, 0, 1));
  box.system.advance(MINUTE);
  t.equal(clock.now(), RELEASE + MINUTE);
  t.equal(clock.report().doubt, "implausible");
  box.evidence = { word: "synchronised", ownClock: false };
  box.system.advance(MINUTE);
  t.equal(clock.state, "synchronised", "the kernel vouches for it");
  t.equal(steps.length, 1);
});

t.test("clock: a running box is not pushed to 2099 either, and comes back by itself", async (t) => {
  const box = await machine(t, TODAY, { word: "unknown", ownClock: true });
  const { clock, steps } = await box.start();
  t.equal(clock.state, "synchronised");
  box.system.setWall(Date.UTC(2099, 0, 1));
  box.system.advance(MINUTE);
  t.equal(clock.now(), TODAY + MINUTE);
  t.same(clock.report(), { state: "unsynchronised", doubt: "implausible", broadcastAhead: null });
  box.system.setWall(TODAY + 3 * MINUTE);
  box.system.advance(5_000);
  t.equal(clock.state, "synchronised");
  t.match(steps, [{ to: TODAY + 3 * MINUTE + 5_000, era: {} }]);
});

t.test(
  "clock: a time that may be that of the last shutdown waits for somebody to vouch or set it",
  async (t) => {
    const box = await machine(t, TODAY, POOR);
    const { clock } = await box.start();
    t.same(clock.report().doubt, "unconfirmed");
    box.system.advance(HOUR);
    t.equal(clock.state, "unsynchronised");
    box.evidence = { word: "synchronised", ownClock: false };
    box.system.advance(5_000);
    t.equal(clock.state, "synchronised");
    const pc = await machine(t, TODAY, { word: "unsynchronised", ownClock: true });
    t.equal((await pc.start()).clock.state, "synchronised", "a machine with a clock of its own needs nobody");
  },
);

t.test(
  "clock: where the kernel may not be asked, a time that may be that of the last shutdown waits, but not for long",
  async (t) => {
    const early = { word: "unknown", ownClock: false, uptime: 20_000 } as const;
    const box = await machine(t, TODAY, early);
    const { clock, steps } = await box.start();
    t.equal(clock.report().doubt, "unconfirmed");
    const made = clock.now();
    box.system.advance(MINUTE);
    box.system.setWall(TODAY + 3 * DAY); // chrony or ntpd was told the time
    box.system.advance(5_000);
    t.equal(clock.state, "synchronised");
    t.match(steps, [{ to: TODAY + 3 * DAY + 5_000, era: { start: made } }], "what was made before moves");

    const alone = await machine(t, TODAY, early);
    const waits = await alone.start();
    alone.system.advance(14 * MINUTE);
    alone.evidence = { ...early, uptime: 14 * MINUTE };
    alone.system.advance(5_000);
    t.equal(waits.clock.state, "unsynchronised");
    alone.evidence = { ...early, uptime: 15 * MINUTE };
    alone.system.advance(5_000);
    t.equal(waits.clock.now(), alone.system.now(), "nobody may ever come to say");

    const late = await machine(t, TODAY, { ...early, uptime: DAY });
    t.equal((await late.start()).clock.state, "synchronised", "it was set long ago, or nobody does");
    const pc = await machine(t, TODAY, { ...early, ownClock: true });
    t.equal((await pc.start()).clock.state, "synchronised");
  },
);

t.test(
  "clock: what was believed since the machine was switched on is believed by the next process",
  async (t) => {
    const box = await machine(t, 7_000, POOR);
    box.boot = "first";
    const one = await box.start();
    box.system.setWall(TODAY);
    box.system.advance(5_000);
    t.equal(one.clock.state, "synchronised");
    await one.clock.stop();
    const two = await box.start();
    t.equal(two.clock.state, "synchronised");
    await two.clock.stop();
    box.boot = "second";
    t.equal((await box.start()).clock.state, "unsynchronised");
  },
);

t.test(
  "clock-less boot: time goes on from the last writing, past all that can have been made since",
  async (t) => {
    const box = await machine(t, TODAY, { word: "synchronised", ownClock: false });
    const { clock } = await box.start();
    for (let i = 0; i < 3; i++) {
      box.system.advance(SAVE_EVERY);
      await box.written();
    }
    box.system.advance(9 * MINUTE);
    const cut = clock.now(); // the power goes: nothing more is written
    box.evidence = POOR;
    box.system.setWall(7_000);
    const again = await box.start();
    t.equal(again.clock.now(), TODAY + 4 * SAVE_EVERY);
    t.ok(again.clock.now() > cut);
    await again.clock.stop();
    const third = await box.start();
    t.equal(third.clock.now(), TODAY + 4 * SAVE_EVERY, "an end in good order is known to the millisecond");
  },
);

t.test("clock-less boot: a power cut while unsynchronised does not end the era", async (t) => {
  const box = await machine(t, 7_000);
  await box.start();
  box.system.advance(SAVE_EVERY);
  await box.written();
  box.system.setWall(9_000);
  const { clock, steps } = await box.start();
  t.equal(clock.now(), RELEASE + 2 * SAVE_EVERY);
  box.evidence = { word: "synchronised", ownClock: false };
  box.system.setWall(TODAY);
  box.system.advance(5_000);
  const end = RELEASE + 2 * SAVE_EVERY + 5_000;
  t.same(steps, [{ from: end, to: TODAY + 5_000, era: { start: RELEASE, end } }]);
  await box.written();
  t.match(JSON.parse(readFileSync(join(box.stateDir, "clock.json"), "utf8")), { era: null });
  const synchronisedAtOnce = await machine(t, 7_000);
  await (await synchronisedAtOnce.start()).clock.stop();
  synchronisedAtOnce.evidence = { word: "synchronised", ownClock: false };
  synchronisedAtOnce.system.setWall(TODAY);
  t.match((await synchronisedAtOnce.start()).steps, [{ from: RELEASE, to: TODAY, era: { start: RELEASE } }]);
});

t.test("clock: steps of a running box are followed and told; small ones are followed", async (t) => {
  const box = await machine(t, TODAY, { word: "synchronised", ownClock: true });
  const { clock, steps } = await box.start();
  box.system.setWall(TODAY - 4 * MINUTE);
  box.system.advance(5_000);
  t.equal(clock.now(), TODAY - 4 * MINUTE + 5_000);
  t.same(steps, []);
  box.system.setWall(TODAY - DAY);
  box.system.advance(5_000);
  t.equal(clock.now(), TODAY - DAY + 5_000);
  t.match(steps, [{ from: TODAY - 4 * MINUTE + 10_000, to: TODAY - DAY + 5_000, era: null }]);
  box.system.setWall(TODAY);
  box.system.advance(5_000);
  t.equal(steps.length, 2);
  t.equal(clock.state, "synchronised");
  box.system.setWall(7_000);
  box.system.advance(MINUTE);
  t.equal(clock.now(), TODAY + MINUTE + 5_000, "but never back before the release");
  t.equal(clock.state, "unsynchronised");
});

t.test(
  "clock: a kernel that vouches for an hour is right, and a floor in the future was wrong",
  async (t) => {
    const box = await machine(t, TODAY, { word: "synchronised", ownClock: false });
    writeFileSync(
      join(box.stateDir, "clock.json"),
      JSON.stringify({ time: TODAY + 10 * YEAR, ended: true, era: null }),
    );
    const { clock } = await box.start();
    t.equal(clock.now(), TODAY + 10 * YEAR);
    box.system.advance(50 * MINUTE);
    t.equal(clock.report().doubt, "behind");
    box.evidence = POOR;
    box.system.advance(5_000);
    box.evidence = { word: "synchronised", ownClock: false };
    box.system.advance(50 * MINUTE);
    t.equal(clock.state, "unsynchronised", "an hour without a break");
    box.system.advance(11 * MINUTE);
    t.equal(clock.state, "synchronised");
  },
);

t.test("clock: a document that is damaged costs only what it knew", async (t) => {
  for (const text of ["rubbish", "{}", "[]", '{"time":-1}', '{"time":1e300}', '{"time":4e13}', "null"]) {
    const box = await machine(t, 7_000);
    writeFileSync(join(box.stateDir, "clock.json"), text);
    t.equal((await box.start()).clock.now(), RELEASE, text);
  }
});

t.test("clock: broadcast time is compared with, and never taken", async (t) => {
  const box = await machine(t, TODAY, { word: "synchronised", ownClock: true });
  const { clock } = await box.start();
  let utc = TODAY + 3 * HOUR;
  let at = box.system.monotonic();
  clock.compareWith(() => ({ utc, at }));
  box.system.advance(5_000);
  t.equal(clock.report().broadcastAhead, 3 * HOUR);
  t.equal(clock.now(), TODAY + 5_000);
  t.equal(clock.state, "synchronised");
  box.system.advance(3 * MINUTE);
  t.equal(clock.report().broadcastAhead, null, "one that came long ago says nothing");
  utc = TODAY + 3 * MINUTE + 59 * MINUTE;
  at = box.system.monotonic();
  box.system.advance(5_000);
  t.equal(clock.report().broadcastAhead, null);
  const poor = await machine(t, 7_000);
  const other = (await poor.start()).clock;
  other.compareWith(() => ({ utc: TODAY, at: poor.system.monotonic() }));
  poor.system.advance(MINUTE);
  t.equal(other.now(), RELEASE + MINUTE);
});

t.test("clock: this machine answers", async (t) => {
  const evidence = (await systemClockEvidence())();
  t.ok(["synchronised", "unsynchronised", "unknown"].includes(evidence.word), evidence.word);
  t.type(evidence.ownClock, "boolean");
  t.ok(evidence.uptime > 0 && evidence.uptime < 20 * YEAR, `${evidence.uptime} ms`);
  t.match(bootId(), /^[0-9a-f-]{36}$/);
});

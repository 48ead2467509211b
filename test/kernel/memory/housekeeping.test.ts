import { pino } from "pino";
import t from "tap";
import { Housekeeping } from "../../../src/kernel/memory/housekeeping.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

interface Household {
  readonly housekeeping: Housekeeping;
  /** File pages cannot be released. */
  fail: boolean;
  /** The process takes `share` of a core for a while. @returns what was done to its memory meanwhile */
  run(seconds: number, share: number): Promise<string[]>;
}

/** @param start CPU ms that it took */
function household(start = 1000): Household {
  const clock = new FakeClock();
  let cpu = start;
  let done: string[] = [];
  const home: Household = {
    fail: false,
    housekeeping: new Housekeeping({
      clock,
      log: pino({ level: "silent" }),
      memory: {
        trim: () => void done.push("trim"),
        releaseFilePages() {
          done.push("release");
          return home.fail ? Promise.reject(new Error("no /proc")) : Promise.resolve();
        },
      },
      cpuMs: () => cpu,
      collectGarbage: () => void done.push("collect"),
    }),
    async run(seconds, share) {
      done = [];
      for (let second = 0; second < seconds; second++) {
        cpu += share * 1000;
        clock.advance(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return done;
    },
  };
  home.housekeeping.start();
  t.teardown(() => home.housekeeping.stop());
  return home;
}

t.test("housekeeping: what the start left is given back, once, and again after the next work", async (t) => {
  const home = household();
  t.same(await home.run(10, 0), ["collect", "trim", "release"], "quiet at once");
  t.same(await home.run(60, 0.001), [], "nothing new to tidy");
  t.same(await home.run(20, 0.05), [], "it works");
  t.same(await home.run(10, 0), ["collect", "trim", "release"]);
});

t.test("housekeeping: nothing is done while somebody watches, from the start on", async (t) => {
  const home = household();
  t.same(await home.run(120, 0.05), []);
  t.same(await home.run(10, 0), ["collect", "trim", "release"]);
});

t.test("housekeeping: what cannot be given back is no failure, and is not tried all the time", async (t) => {
  const home = household();
  home.fail = true;
  t.same(await home.run(30, 0), ["collect", "trim", "release"]);
  home.housekeeping.stop();
  t.same(await home.run(30, 0.5), []);
  t.same(await home.run(30, 0), [], "stopped");
});

t.test(
  "housekeeping: on a slow processor the same work counts as the same, for all that it takes longer",
  async (t) => {
    const home = household(20_000);
    t.same(
      await home.run(60, 0.1),
      ["collect", "trim", "release"],
      "a quiet daemon, on a processor twenty times slower",
    );
    t.same(await home.run(60, 0.9), [], "one that streams there");
  },
);

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { createLog } from "../../src/kernel/log.ts";
import { GOOD_AFTER, ReleaseTrial, type RolledBack } from "../../src/system/release-trial.ts";
import { eventually } from "../helpers/daemon.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const log = createLog({ level: "silent" });

t.test(
  "release trial: what runs well for a minute is marked good, and what stops before is not",
  async (t) => {
    const root = await temporaryFolder(t);
    const clock = new FakeClock();
    for (const folder of ["releases/0.2.0", "marks"]) mkdirSync(join(root, folder), { recursive: true });
    symlinkSync("releases/0.2.0", join(root, "current"));
    const deps = {
      clock,
      log,
      root,
      own: join(root, "current"),
      tell: () => t.fail("nothing was rolled back"),
    };
    const first = new ReleaseTrial(deps);
    await first.start();
    clock.advance(GOOD_AFTER - 1);
    first.stop();
    clock.advance(GOOD_AFTER);
    t.same(readdirSync(join(root, "marks")), []);
    await new ReleaseTrial(deps).start();
    clock.advance(GOOD_AFTER);
    await eventually("the mark is there", () => existsSync(join(root, "marks/0.2.0")));
    const elsewhere = await temporaryFolder(t);
    await new ReleaseTrial({ ...deps, own: elsewhere }).start();
    await new ReleaseTrial({ ...deps, root: join(elsewhere, "none") }).start();
    clock.advance(GOOD_AFTER);
    t.same(readdirSync(join(root, "marks")), ["0.2.0"], "what came with the box needs none");
  },
);

t.test("release trial: a rollback is told once, by the release that it led to", async (t) => {
  const root = await temporaryFolder(t);
  mkdirSync(join(root, "marks"));
  mkdirSync(join(root, "releases/0.2.0"), { recursive: true });
  const told: RolledBack[] = [];
  const start = (own: string): Promise<void> =>
    new ReleaseTrial({ clock: new FakeClock(), log, root, own, tell: (one) => told.push(one) }).start();
  const report = (to: string, at: string, more = ""): void =>
    writeFileSync(
      join(root, "rolled-back"),
      `{"from":"0.3.0","to":"${to}","reason":"exit-code","at":"${at}"${more}}\n`,
    );
  report("0.2.0", "2026-11-20T12:00:00Z", ',"later":1');
  await start("/");
  t.same(told, [], "another runs: it is not what it says");
  await start(join(root, "releases/0.2.0"));
  await start(join(root, "releases/0.2.0"));
  t.same(told.splice(0), [{ from: "0.3.0", to: "0.2.0", reason: "exit-code" }]);
  report("base", "2026-11-21T12:00:00Z");
  await start("/");
  await start("/");
  t.same(told.splice(0), [{ from: "0.3.0", to: "base", reason: "exit-code" }]);
  for (const noise of ["", "[]", "{", '{"from":1}', '{"from":"a b","to":"base","reason":"x","at":"y"}']) {
    writeFileSync(join(root, "rolled-back"), noise);
    await start("/");
  }
  t.same(told, []);
});

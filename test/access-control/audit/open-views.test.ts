import { join } from "node:path";
import t, { type Test } from "tap";
import { AuditLog, FLUSH_AFTER } from "../../../src/access-control/audit/log.ts";
import { OpenViews, SEEN_AGAIN_AFTER, SETTLED_AFTER } from "../../../src/access-control/audit/open-views.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const log = createLog({ level: "silent" });

/** A box whose power can be cut: what another start finds is what was on disk. */
async function openBox(t: Test) {
  const path = join(await temporaryFolder(t), "state.db");
  const first = new FakeClock();
  const running = new Map<string, { from: string; seconds: number }>();
  /** @param clock of its own, when the one before is dead and ticks no more */
  const start = (clock = first, keeps = true) => {
    const database = openDatabase(path);
    const audit = new AuditLog({ database, clock, log, nameOf: () => "Anna" });
    audit.keepsWatched = keeps;
    const views = new OpenViews({
      database,
      clock,
      log,
      audit,
      running: () =>
        [...running].map(([playback, detail]) => ({
          playback,
          note: { event: "watched", client: "anna", detail: { channel: "c", name: "Nova", ...detail } },
        })),
    });
    views.start();
    const rows = (): number => Number(database.prepare("SELECT count(*) AS n FROM audit_open").get()?.["n"]);
    return { audit, views, rows, database };
  };
  const begin = (playback: string): void => {
    running.set(playback, { from: new Date(first.now()).toISOString(), seconds: 0 });
  };
  return { clock: first, running, start, begin };
}

t.test("open views: what ran when the power failed is in the list at the next start, once", async (t) => {
  const { clock, running, start, begin } = await openBox(t);
  const first = start();
  begin("p1");
  clock.advance(2 * SETTLED_AFTER + 1000);
  t.equal(first.rows(), 1, "soon after its beginning");
  running.set("p1", { from: running.get("p1")?.from ?? "", seconds: 400 });
  clock.advance(SEEN_AGAIN_AFTER);
  const seen = clock.now();
  clock.advance(SETTLED_AFTER * 2);

  // nothing was closed in good order; the box is dark for an hour
  running.clear();
  const second = start(new FakeClock(clock.now() + 3_600_000));
  const [entry, ...more] = second.audit.list({ watched: 0, limit: 9 });
  t.same(more, []);
  t.match(entry, { client: "anna", name: "Anna", detail: { name: "Nova", seconds: 400 } });
  t.ok(Math.abs(Date.parse(entry?.at ?? "") - seen) <= SEEN_AGAIN_AFTER, "it ends when it was seen last");
  t.equal(second.rows(), 0);
  t.equal(start().audit.list({ watched: 0, limit: 9 }).length, 1, "and only once");
});

t.test("open views: what ended is in the list once, whenever the power fails after it", async (t) => {
  for (const after of [0, SETTLED_AFTER, FLUSH_AFTER, FLUSH_AFTER + SETTLED_AFTER * 2]) {
    const { clock, running, start, begin } = await openBox(t);
    const { audit } = start();
    begin("p1");
    clock.advance(SETTLED_AFTER * 2);
    const detail = { channel: "c", name: "Nova", ...(running.get("p1") ?? { from: "", seconds: 0 }) };
    running.clear();
    audit.note({ event: "watched", client: "anna", detail: { ...detail, seconds: 20 } });
    clock.advance(after);
    t.equal(start().audit.list({ watched: 0, limit: 9 }).length, 1, `${after} ms after its end`);
  }
});

t.test("open views: zapping writes nothing, and an hour of watching little", async (t) => {
  const { clock, running, start, begin } = await openBox(t);
  const { database, rows, views } = start();
  const changes = (): number => Number(database.prepare("SELECT total_changes() AS n").get()?.["n"]);
  const before = changes();
  for (let zap = 0; zap < 50; zap++) {
    running.clear();
    begin(`p${zap}`);
    clock.advance(SETTLED_AFTER / 2);
  }
  t.equal(changes(), before);
  clock.advance(3_600_000);
  t.ok(changes() - before <= 14, `${changes() - before} rows were written in an hour`);
  views.stop();
  t.equal(rows(), 0, "a box that is stopped in good order leaves nothing");
});

t.test("open views: cleared is gone; left out is not written", async (t) => {
  const { clock, start, begin } = await openBox(t);
  const { audit, rows } = start();
  begin("p1");
  clock.advance(SETTLED_AFTER * 2);
  t.equal(rows(), 1);
  audit.clearWatched();
  t.equal(rows(), 0);
  audit.keepsWatched = false;
  begin("p2");
  clock.advance(SEEN_AGAIN_AFTER * 2);
  t.equal(rows(), 0);
  t.same(start().audit.list({ watched: 0, limit: 9 }), []);
});

t.test("open views: what was left is no entry where the owner wants none any more", async (t) => {
  const { clock, start, begin } = await openBox(t);
  const first = start();
  begin("p1");
  clock.advance(SETTLED_AFTER * 2);
  t.equal(first.rows(), 1);
  const second = start(clock, false);
  t.same(second.audit.list({ watched: 0, limit: 9 }), []);
  t.equal(second.rows(), 0);
});

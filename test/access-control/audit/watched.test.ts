import { join } from "node:path";
import t from "tap";
import { AuditLog, FLUSH_AFTER, KEPT_FOR } from "../../../src/access-control/audit/log.ts";
import { QUOTAS } from "../../../src/access-control/audit/rules.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { LOCAL, HTTPS, openHouse, pairedPhone } from "../house.ts";

function openLog(database: Database, clock = new FakeClock()) {
  const log = createLog({ level: "silent" });
  const audit = new AuditLog({ database, clock, log, nameOf: () => "Anna" });
  const watch = (seconds: number, more: Record<string, string> = {}): void =>
    audit.note({
      event: "watched",
      client: "anna",
      detail: { channel: "c", name: "Nova", seconds, ...more },
    });
  return { audit, clock, watch };
}

t.test("watched: by time and length, among everything else that is written down", async (t) => {
  const { audit, clock, watch } = openLog(openDatabase(":memory:"));
  watch(5);
  clock.advance(1000);
  audit.note({ event: "offer-opened" });
  watch(3600, { title: "Film" });
  t.match(audit.list({ watched: 0, limit: 9 }), [{ detail: { title: "Film" } }, { detail: { seconds: 5 } }]);
  t.equal(audit.list({ watched: 60, limit: 9 }).length, 1, "a look is not watching");
  t.equal(audit.list({ limit: 9 }).length, 3);
});

t.test("watched: 5000 rows and 90 days at most; a power cut takes a minute at most", async (t) => {
  const path = join(await temporaryFolder(t), "state.db");
  const database = openDatabase(path);
  const { audit, clock, watch } = openLog(database);
  for (let i = 0; i < QUOTAS.watched + 300; i++) watch(i);
  clock.advance(FLUSH_AFTER);
  const count = (from: Database): unknown =>
    from.prepare("SELECT count(*) AS n FROM audit WHERE event = 'watched'").get()?.["n"];
  t.equal(Number(count(database)), 5000);
  // another connection sees what is on disk: nothing was closed in good order
  const again = openDatabase(path);
  t.equal(Number(count(again)), 5000);
  again.close();
  clock.advance(KEPT_FOR + 1000);
  t.same(audit.list({ watched: 0, limit: 9 }), []);
  database.close();
});

t.test("watched: cleared is gone, what waits too, and nothing else; left out is not written", async (t) => {
  const { audit, clock, watch } = openLog(openDatabase(":memory:"));
  audit.note({ event: "offer-opened" });
  watch(100);
  clock.advance(FLUSH_AFTER);
  watch(200);
  audit.clearWatched();
  clock.advance(FLUSH_AFTER);
  t.same(audit.list({ watched: 0, limit: 9 }), []);
  t.equal(audit.list({ limit: 9 }).length, 1);
  audit.keepsWatched = false;
  watch(300);
  clock.advance(FLUSH_AFTER);
  t.same(audit.list({ watched: 0, limit: 9 }), []);
  audit.keepsWatched = true;
  watch(400);
  t.equal(audit.list({ watched: 0, limit: 9 }).length, 1);
});

t.test("watched: owners read, clear and switch it; nobody else does", async (t) => {
  const house = await openHouse(t);
  const owner = await pairedPhone(house);
  const viewer = await pairedPhone(house);
  const { audit } = house.access;
  const client = viewer.tokens?.client;
  const from = "2026-11-20T19:00:00.000Z";
  const detail = { channel: "c1", name: "Nova", home: true, reason: "playback-ended", seconds: 120 };
  audit.note({ event: "watched", client, detail: { ...detail, title: "Film", from } });
  // as earlier versions wrote it
  audit.note({ event: "watched", client, detail });
  const read = await owner.call("GET", "/api/v1/watched?seconds=60");
  t.equal(read.headers["cache-control"], "no-store");
  t.equal(read.body.keeps, true);
  const entries = read.body.entries as { from: string; to: string }[];
  t.equal(entries.length, 2);
  t.match(
    entries.find((entry) => entry.from === from),
    { client, channel: "c1", channelName: "Nova", title: "Film", seconds: 120, home: true },
  );
  const old = entries.find((entry) => entry.from !== from);
  t.match(old, { title: null });
  t.equal(Date.parse(old?.to ?? "") - Date.parse(old?.from ?? ""), 120_000);
  for (const query of ["?limit=0", "?limit=201", "?seconds=-1", "?more=1"])
    t.equal((await house.send(LOCAL, "GET", `/api/v1/watched${query}`)).status, 400, query);
  for (const method of ["GET", "DELETE"]) {
    t.equal((await viewer.call(method, "/api/v1/watched")).body.code, "role-forbidden");
    t.equal((await house.send(HTTPS, method, "/api/v1/watched")).status, 401);
  }
  t.same((await owner.call("PATCH", "/api/v1/watched", { body: { keeps: false } })).body, { keeps: false });
  t.equal((await owner.call("DELETE", "/api/v1/watched")).status, 204);
  audit.note({ event: "watched", client, detail });
  t.same((await owner.call("GET", "/api/v1/watched")).body, { keeps: false, entries: [] });
});

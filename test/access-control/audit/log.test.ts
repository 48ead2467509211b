import t from "tap";
import { AuditLog, FLUSH_AFTER, KEPT_FOR } from "../../../src/access-control/audit/log.ts";
import { ALARM_ROWS, QUOTAS } from "../../../src/access-control/audit/rules.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import type { AuditEntry } from "../../../src/protocol/access-api.ts";
import { ALARMS, AUDIT_EVENTS } from "../../../src/protocol/audit-events.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

const HOUR = 3_600_000;

/** As the releases wrote it in which alarms were deeds. */
const BEFORE = `
  CREATE TABLE schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
  INSERT INTO schema_version VALUES ('audit', 1);
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, until INTEGER NOT NULL, event TEXT NOT NULL,
    quota TEXT NOT NULL, alike TEXT, client TEXT, name TEXT, address TEXT, count INTEGER NOT NULL, detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_quota ON audit (quota, id);
  CREATE INDEX audit_by_alike ON audit (alike) WHERE alike IS NOT NULL;
`;

/** Counts what reaches the disk. */
function countWrites(database: Database): { database: Database; writes: () => number } {
  const total = (): number => Number(database.prepare("SELECT total_changes() AS n").get()?.["n"]);
  const from = total();
  return { database, writes: () => total() - from };
}

function openLog(options: { database?: Database; clock?: FakeClock } = {}) {
  const clock = options.clock ?? new FakeClock();
  const { database, writes } = countWrites(options.database ?? openDatabase(":memory:"));
  const names: Record<string, string> = { anna: "Anna's phone" };
  const audit = new AuditLog({
    database,
    clock,
    log: createLog({ level: "silent" }),
    nameOf: (client) => names[client] ?? null,
  });
  return { audit, clock, database, writes };
}

const all = (audit: AuditLog): AuditEntry[] => audit.list({ limit: 200 });

t.test("audit: a deed is an entry at once, with the name that the client had", async (t) => {
  const { audit, clock, database, writes } = openLog();
  const before = writes();
  audit.note({ event: "client-revoked", client: "anna", address: "192.168.1.9", detail: { by: "local" } });
  t.equal(writes() - before, 1, "written before anybody asks");
  t.same(all(audit), [
    {
      id: 1,
      at: new Date(clock.now()).toISOString(),
      event: "client-revoked",
      client: "anna",
      name: "Anna's phone",
      address: "192.168.1.9",
      count: 1,
      detail: { by: "local" },
    },
  ]);
  database.close();
});

t.test(
  "audit: a deed's entry comes and goes with the transaction around it, and its notice too",
  async (t) => {
    const { audit, database } = openLog();
    const notices: AuditEntry[] = [];
    audit.onNotice((entry) => notices.push(entry));
    t.throws(() =>
      database.transaction(() => {
        audit.note({ event: "client-paired", client: "anna" });
        throw new Error("the power of another statement failed");
      }),
    );
    await new Promise(setImmediate);
    t.same([all(audit), notices], [[], []], "what was rolled back did not happen");
    database.transaction(() => audit.note({ event: "client-paired", client: "anna" }));
    await new Promise(setImmediate);
    t.match(notices, [{ event: "client-paired", name: "Anna's phone" }]);
    audit.note({ event: "client-changed", client: "anna" });
    await new Promise(setImmediate);
    t.equal(notices.length, 1, "no alarm");
    database.close();
  },
);

t.test("audit: refusals alike within an hour are one entry, written once a minute", async (t) => {
  const { audit, clock, writes } = openLog();
  const before = writes();
  const refuse = (address: string): void =>
    audit.note({ event: "request-refused", address, detail: { code: "access-token-missing" } });
  for (let second = 0; second < 59; second++) {
    for (let i = 0; i < 100; i++) refuse("2001:db8::1");
    clock.advance(1000);
  }
  t.equal(writes() - before, 0, "nothing yet");
  clock.advance(FLUSH_AFTER);
  t.equal(writes() - before, 1, "5900 refusals cost one row");
  for (let minute = 0; minute < 30; minute++) {
    refuse("2001:db8::2");
    clock.advance(FLUSH_AFTER);
  }
  t.equal(writes() - before, 31, "one write a minute");
  refuse("2001:db8:0:1::2");
  const entries = all(audit);
  t.match(entries, [
    { address: "2001:db8:0:1::2", count: 1 },
    { address: "2001:db8::1", count: 5930, detail: { code: "access-token-missing" } },
  ]);
  t.ok(Date.parse(String(entries[1]?.detail["until"])) > Date.parse(entries[1]?.at ?? ""), "says until when");
  clock.advance(HOUR);
  refuse("2001:db8::1");
  t.equal(all(audit).length, 3, "a new hour, a new entry");
});

t.test("audit: whoever is refused from everywhere pushes nothing of the owner's out", async (t) => {
  const { audit, clock } = openLog();
  audit.note({ event: "client-paired", client: "anna" });
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 1000; i++)
      audit.note({ event: "pairing-refused", address: `10.${round}.${i >> 8}.${i & 255}` });
    clock.advance(FLUSH_AFTER);
  }
  for (let i = 0; i < 7000; i++) audit.note({ event: "watched", client: "anna", detail: { i } });
  clock.advance(FLUSH_AFTER);
  const entries: AuditEntry[] = [];
  for (let before: number | undefined; ; before = entries.at(-1)?.id) {
    const page = audit.list({ before, limit: 200 });
    if (page.length === 0) break;
    entries.push(...page);
  }
  const of = (event: string): AuditEntry[] => entries.filter((entry) => entry.event === event);
  t.equal(of("client-paired").length, 1);
  t.equal(of("pairing-refused").length, QUOTAS.refusals);
  t.equal(of("watched").length, QUOTAS.watched);
  t.equal(of("watched")[0]?.detail["i"], 6999, "the newest are kept");
  t.ok(
    of("pairing-refused").some((entry) => entry.address === null && entry.count > 700),
    "too many senders at a time are counted together",
  );
  t.equal(QUOTAS.deeds + QUOTAS.refusals + QUOTAS.watched + ALARMS.length * ALARM_ROWS, 6550);
});

t.test("audit: a week's alarms are not pushed out by anything, nor by alarms of another kind", async (t) => {
  const { audit, clock, database } = openLog();
  audit.note({ event: "refresh-reused", client: "anna" });
  audit.note({ event: "owner-recovered" });
  audit.note({ event: "client-paired", client: "anna" });
  const kinds = AUDIT_EVENTS.filter((event) => !ALARMS.includes(event));
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 100; i++) {
      for (const event of kinds) audit.note({ event, client: `c${i % 8}`, address: `10.0.${round}.${i}` });
      // what a paired client can cause as often as it likes
      audit.note({ event: "handed-over", client: "kid" });
      audit.note({ event: "others-ended", client: "kid" });
    }
    clock.advance(5 * HOUR);
  }
  const alarms = audit.list({ alarms: true, limit: 200 });
  t.same(
    alarms.map(({ event }) => event).filter((event) => event !== "handed-over" && event !== "others-ended"),
    ["client-paired", "owner-recovered", "refresh-reused"],
    "after six days",
  );
  t.equal(alarms.filter(({ event }) => event === "handed-over").length, ALARM_ROWS);
  const newest = all(audit)[0]?.id ?? 0;
  t.same(
    audit.list({ alarms: true, before: 3, limit: 1 }).map(({ id }) => id),
    [2],
    "page by page",
  );
  t.ok(newest > 3000);
  const rows = Number(database.prepare("SELECT COUNT(*) AS n FROM audit").get()?.["n"]);
  t.ok(rows <= 6550, `${rows}`);
});

t.test(
  "audit: the alarms of a file that an earlier release wrote have a share of their own too",
  async (t) => {
    const database = openDatabase(":memory:");
    database.exec(BEFORE);
    const insert = database.prepare(
      `INSERT INTO audit (at, until, event, quota, count, detail) VALUES (?, ?, ?, 'deeds', 1, '{}')`,
    );
    const clock = new FakeClock();
    // Alarms of later releases.
    const later: readonly string[] = [
      "certificate-foreign",
      "first-scan-failed",
      "provision-refused",
      "release-rolled-back",
    ];
    const known = ALARMS.filter((event) => !later.includes(event));
    for (const event of [...known, "offer-opened"]) insert.run(clock.now(), clock.now(), event);
    const { audit } = openLog({ database, clock });
    for (let i = 0; i < QUOTAS.deeds; i++) audit.note({ event: "codes-made" });
    t.same(
      audit.list({ alarms: true, limit: 200 }).map(({ event }) => event),
      known.reverse(),
    );
    t.notOk(database.prepare("SELECT 1 FROM audit WHERE event = 'offer-opened'").get(), "as a deed it went");
  },
);

t.test("audit: deeds are bounded too, and everything by age", async (t) => {
  const { audit, clock, database } = openLog();
  for (let i = 0; i < QUOTAS.deeds + 50; i++) audit.note({ event: "offer-opened", detail: { i } });
  const count = (): number => Number(database.prepare("SELECT COUNT(*) AS n FROM audit").get()?.["n"]);
  t.equal(count(), QUOTAS.deeds);
  clock.advance(KEPT_FOR + 1000);
  t.same(all(audit), [], "ninety days");
  audit.note({ event: "offer-opened" });
  t.equal(count(), 1, "and off the disk with the next one");
});

t.test("audit: an alarm that somebody repeats is told and written once an hour", async (t) => {
  const { audit, clock, writes } = openLog();
  const notices: AuditEntry[] = [];
  audit.onNotice((entry) => notices.push(entry));
  const before = writes();
  for (let i = 0; i < 500; i++)
    audit.note({ event: "hand-off-replayed", client: "anna", address: `2001:db8:${i}::1` });
  t.equal(writes() - before, 1, "the first at once");
  clock.advance(FLUSH_AFTER);
  await new Promise(setImmediate);
  t.equal(notices.length, 1);
  t.match(all(audit), [{ event: "hand-off-replayed", count: 500 }]);
});

t.test("audit T16: no text steers a terminal or forges a line, and none is long", async (t) => {
  const { audit } = openLog();
  const evil = `\u001b[2J\r\nINFO owner approved\u202e\u2028\u0000${"x".repeat(10_000)}\ud800`;
  audit.note({ event: "client-paired", name: evil, address: evil, client: evil, detail: { [evil]: evil } });
  audit.note({ event: "pairing-refused", name: evil, address: evil });
  const text = JSON.stringify(all(audit));
  t.notMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|\\u|\\n|\\r/u);
  t.match(text, /INFO owner approved/, "it is all one text");
  t.ok(text.length < 2000, `${text.length}`);
});

t.test("audit: what waits is written at the stop, and is there after it", async (t) => {
  const database = openDatabase(":memory:");
  const clock = new FakeClock();
  const first = openLog({ database, clock });
  first.audit.note({ event: "watched", client: "anna" });
  first.audit.note({ event: "request-refused", address: "10.0.0.9" });
  first.audit.stop();
  first.audit.note({ event: "client-paired", client: "anna" });
  clock.advance(FLUSH_AFTER);
  const again = openLog({ database, clock });
  t.match(all(again.audit), [{ event: "request-refused" }, { event: "watched" }]);
  again.audit.note({ event: "request-refused", address: "10.0.0.9" });
  t.match(
    all(again.audit),
    [{ event: "request-refused", count: 2 }, { event: "watched" }],
    "still the same hour",
  );
});

t.test("audit: a database that fails stops nothing", async (t) => {
  const { audit, clock, database } = openLog();
  database.close();
  for (const event of AUDIT_EVENTS) audit.note({ event, client: "anna" });
  clock.advance(FLUSH_AFTER);
  t.pass("no exception");
});

t.test("audit: entries are listed by time, also those that were written later", async (t) => {
  const { audit, clock, database } = openLog();
  for (let i = 0; i < 5; i++) {
    audit.note({ event: "watched", client: "anna", detail: { i } });
    clock.advance(1000);
    audit.note({ event: "offer-opened", client: "anna", detail: { i } });
    clock.advance(1000);
  }
  const times = all(audit).map(({ at }) => at);
  t.same(times, [...times].sort().reverse(), "newest first");
  t.equal(times.length, 10);
  const paged: AuditEntry[] = [];
  for (let page = audit.list({ limit: 3 }); page.length > 0;) {
    paged.push(...page);
    page = audit.list({ limit: 3, before: page.at(-1)?.id });
  }
  t.same(paged, all(audit), "and so page by page");
  database.close();
});

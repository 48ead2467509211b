import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readDocument, writeFileAtomic } from "../../src/kernel/atomic-file.ts";
import { openDatabase, type Database } from "../../src/kernel/store/database.ts";
import { Mirror } from "../../src/kernel/store/mirror.ts";
import type { Step } from "../../src/kernel/store/steps.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const TABLE = "CREATE TABLE a (x INTEGER) STRICT";
const COLUMN = "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'new'";
const OTHER: Step = { sql: "ALTER TABLE a RENAME COLUMN x TO z", breaks: true };

t.test(
  "store: migrations run once each, in order, and what breaks an older release is refused by it",
  async (t) => {
    const path = join(await temporaryFolder(t), "deep/er/x.db");
    const first = openDatabase(path);
    first.migrate("m", [TABLE]);
    first.prepare("INSERT INTO a VALUES (?)").run(7);
    first.close();
    const second = openDatabase(path);
    second.migrate("m", [TABLE, COLUMN, OTHER]);
    t.same(second.prepare("SELECT * FROM a").all(), [{ z: 7, y: "new" }]);
    second.close();
    const third = openDatabase(path);
    t.throws(() => third.migrate("m", [TABLE]), { code: "store-too-new" });
    t.throws(() => third.migrate("m", [TABLE, COLUMN]), { code: "store-too-new" });
    third.migrate("m", [TABLE, COLUMN, OTHER]);
    third.close();
  },
);

t.test("store: an older release reads and writes what a newer one has added to, and leaves it", async (t) => {
  const path = join(await temporaryFolder(t), "x.db");
  const more = "CREATE TABLE b (w INTEGER) STRICT; CREATE INDEX a_by_z ON a (z)";
  const newer = openDatabase(path);
  newer.migrate("m", [TABLE, OTHER, COLUMN, more]);
  newer.exec("INSERT INTO a (z, y) VALUES (1, 'kept'); INSERT INTO b VALUES (5)");
  newer.close();
  const older = openDatabase(path);
  older.migrate("m", [TABLE, OTHER]);
  older.exec("INSERT INTO a (z) VALUES (2)");
  t.throws(() => older.migrate("m", [TABLE]), { code: "store-too-new" });
  older.close();
  const again = openDatabase(path);
  again.migrate("m", [TABLE, OTHER, COLUMN, more]);
  t.same(again.prepare("SELECT * FROM a").all(), [
    { z: 1, y: "kept" },
    { z: 2, y: "new" },
  ]);
  t.same(again.prepare("SELECT * FROM b").all(), [{ w: 5 }]);
  again.close();
});

t.test(
  "store: what was written before releases said what they break is for its own release alone",
  async (t) => {
    const path = join(await temporaryFolder(t), "x.db");
    const before = openDatabase(path);
    before.exec(`CREATE TABLE schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
    INSERT INTO schema_version VALUES ('m', 2); ${TABLE}; ${COLUMN};`);
    t.throws(() => before.migrate("m", [TABLE]), { code: "store-too-new" });
    before.migrate("m", [TABLE, COLUMN]);
    before.migrate("m", [TABLE]);
    before.close();
  },
);

t.test("store: a step that takes something away has to say so", (t) => {
  for (const sql of [
    "DROP TABLE a",
    "ALTER TABLE a DROP COLUMN x",
    "alter table a rename to b",
    "ALTER TABLE a ADD COLUMN y TEXT NOT NULL",
  ]) {
    const database = openDatabase(":memory:");
    t.throws(() => database.migrate("m", [TABLE, sql]), RangeError, sql);
    database.close();
  }
  t.end();
});

t.test("store: a transaction that throws leaves nothing", (t) => {
  const database = openDatabase(":memory:");
  database.migrate("m", ["CREATE TABLE a (x INTEGER) STRICT"]);
  t.throws(
    () =>
      database.transaction(() => {
        database.prepare("INSERT INTO a VALUES (1)").run();
        throw new Error("no");
      }),
    /no/,
  );
  t.same(database.prepare("SELECT count(*) AS n FROM a").get(), { n: 0 });
  t.equal(database.prepare("SELECT * FROM a").get(), undefined);
  database.close();
  t.end();
});

/** A full disk, made of a limit to pages: SQLite rolls back by itself. */
function fill(database: Database): void {
  database.exec("PRAGMA max_page_count = 1"); // it takes what there are
}

t.test("store: what fails by itself says why, and nothing of it is done alone", (t) => {
  const database = openDatabase(":memory:");
  database.migrate("m", ["CREATE TABLE a (x TEXT) STRICT", "CREATE TABLE b (x INTEGER) STRICT"]);
  const insert = database.prepare("INSERT INTO a VALUES (?)");
  fill(database);
  t.throws(() => database.transaction(() => insert.run("x".repeat(100_000))), /full/, "not: no transaction");
  t.throws(
    () =>
      database.transaction(() => {
        insert.run("before");
        try {
          insert.run("x".repeat(100_000));
        } catch {
          // As an audit does that must not stop what it writes down.
        }
        insert.run("after");
      }),
    /full/,
  );
  t.same(database.prepare("SELECT count(*) AS n FROM a").get(), { n: 0 });
  database.transaction(() => database.prepare("INSERT INTO b VALUES (1)").run());
  t.same(database.prepare("SELECT count(*) AS n FROM b").get(), { n: 1 }, "what has room goes on");
  t.throws(() => insert.run("x".repeat(100_000)), /full/);
  t.equal(database.inTransaction, false);
  insert.run("small");
  database.close();
  t.end();
});

t.test("store: a statement that fails, and is caught, takes nothing else with it", (t) => {
  const database = openDatabase(":memory:");
  database.migrate("m", ["CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT"]);
  const insert = database.prepare("INSERT INTO a VALUES (?)");
  database.transaction(() => {
    insert.run(1);
    t.throws(() => insert.run(1), /UNIQUE|constraint/i);
    insert.run(2);
  });
  t.same(database.prepare("SELECT x FROM a").all(), [{ x: 1 }, { x: 2 }]);
  database.close();
  t.end();
});

t.test("store: what is in memory of a table follows the commit", (t) => {
  const database = openDatabase(":memory:");
  database.exec(
    `CREATE TABLE a (x TEXT PRIMARY KEY) STRICT;
     CREATE TABLE b (x TEXT REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED) STRICT`,
  );
  const mirror = new Mirror<number>(database);
  for (const [key, value] of [
    ["one", 1],
    ["two", 2],
    ["three", 3],
  ] as const)
    mirror.set(key, value);
  const before = mirror.entries();
  const told: string[] = [];
  const change = (): void => {
    database.onRollback(() => told.push("first"));
    database.onRollback(() => told.push("last"));
    mirror.delete("one");
    mirror.delete("nobody");
    mirror.set("two", 22);
    mirror.set("four", 4);
    t.same(
      mirror.entries(),
      [
        ["two", 22],
        ["three", 3],
        ["four", 4],
      ],
      "seen within",
    );
    t.equal(database.inTransaction, true);
  };
  t.throws(() =>
    database.transaction(() => {
      change();
      database.prepare("INSERT INTO b VALUES ('nobody')").run(); // found out by the commit
    }),
  );
  t.same(mirror.entries(), before, "in their order, too");
  t.same(told.splice(0), ["last", "first"]);
  t.throws(() =>
    database.transaction(() => {
      mirror.clear();
      mirror.set("five", 5);
      throw new Error("no");
    }),
  );
  t.same(mirror.entries(), before);
  database.transaction(change);
  t.same([mirror.size, mirror.has("one"), mirror.get("two")], [3, false, 22]);
  t.throws(() =>
    database.transaction(() => {
      throw new Error("no");
    }),
  );
  t.same([mirror.size, told], [3, []], "what was committed is none of the next one's business");
  mirror.replaceAll([["six", 6]]);
  t.same(mirror.values(), [6]);
  database.onRollback(() => t.fail("outside of a transaction nothing is rolled back"));
  database.close();
  t.end();
});

t.test("store: a state directory that cannot be used is a typed error", async (t) => {
  const file = join(await temporaryFolder(t), "file");
  await writeFile(file, "");
  t.throws(() => openDatabase(join(file, "x.db")), { code: "state-unusable" });
  await writeFile(
    join(file, "..", "noise.db"),
    "no database at all, but long enough to be looked at as one ".repeat(40),
  );
  t.throws(() => openDatabase(join(file, "..", "noise.db")), { code: "state-unusable" });
});

t.test("store: a document survives a torn write by its previous version", async (t) => {
  const path = join(await temporaryFolder(t), "doc.json");
  const read = (): Promise<unknown> => readDocument(path, (text) => JSON.parse(text) as unknown);
  t.equal(await read(), null);
  await writeFileAtomic(path, '{"n":1}');
  await writeFileAtomic(path, '{"n":2}');
  t.same(await read(), { n: 2 });
  await writeFile(path, '{"n":');
  t.same(await read(), { n: 1 });
  await writeFile(`${path}.previous`, "");
  await t.rejects(read(), SyntaxError);
});

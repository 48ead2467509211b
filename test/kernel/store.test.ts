import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readDocument, writeFileAtomic } from "../../src/kernel/atomic-file.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("store: migrations run once each, in order, and a newer file is refused", async (t) => {
  const path = join(await temporaryFolder(t), "deep/er/x.db");
  const first = openDatabase(path);
  first.migrate("m", ["CREATE TABLE a (x INTEGER) STRICT"]);
  first.prepare("INSERT INTO a VALUES (?)").run(7);
  first.close();
  const second = openDatabase(path);
  second.migrate("m", ["CREATE TABLE a (x INTEGER) STRICT", "ALTER TABLE a ADD COLUMN y TEXT DEFAULT 'new'"]);
  t.same(second.prepare("SELECT * FROM a").all(), [{ x: 7, y: "new" }]);
  second.close();
  const third = openDatabase(path);
  t.throws(() => third.migrate("m", ["CREATE TABLE a (x INTEGER) STRICT"]), { code: "store-too-new" });
  third.close();
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

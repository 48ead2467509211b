import { pino } from "pino";
import { join } from "node:path";
import t from "tap";
import type { Store } from "../../src/cloud/store/ports.ts";
import { postgresStore } from "../../src/cloud/store/postgres-store.ts";
import { sqliteStore } from "../../src/cloud/store/sqlite-store.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { openDatabase, type Database } from "../../src/kernel/store/database.ts";
import { skipWithoutPostgres, startPostgres } from "../helpers/postgres.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const TABLE = "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)";
const log = pino({ level: "silent" });

async function storeOf(t: Teardown, kind: string): Promise<Store> {
  const store =
    kind === "sqlite"
      ? sqliteStore(openDatabase(join(await temporaryFolder(t), "cloud.db")))
      : postgresStore({ url: await (await startPostgres(t)).database(), clock: systemClock, log });
  t.teardown(() => store.close());
  await store.migrate([TABLE]);
  return store;
}

for (const [kind, skip] of [
  ["sqlite", false],
  ["postgresql", skipWithoutPostgres()],
] as const)
  t.test(
    `store on ${kind}: transactions are whole, apart, and in any number at once`,
    { skip },
    async (t) => {
      const store = await storeOf(t, kind);
      const add = (name: string): Promise<void> =>
        store.transaction(async (sql) => {
          const [row] = await sql.query(
            "INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = counters.value + $2 RETURNING value",
            [name, 1],
          );
          t.type(row?.["value"], "number");
        });
      await Promise.all(Array.from({ length: 300 }, (_, at) => add(`n${at % 3}`)));
      t.same(await store.query("SELECT name, value FROM counters ORDER BY name"), [
        { name: "n0", value: 100 },
        { name: "n1", value: 100 },
        { name: "n2", value: 100 },
      ]);
      const failing = Promise.allSettled([
        add("kept"),
        store.transaction(async (sql) => {
          await sql.query("INSERT INTO counters (name, value) VALUES ($1, 1)", ["lost"]);
          throw new Error("changed its mind");
        }),
        store.transaction(async (sql) => {
          await sql.query("INSERT INTO counters (name, value) VALUES ($1, 1)", ["lost too"]);
          // A failed statement spoils its transaction, whatever is done about it.
          await sql
            .query("INSERT INTO counters (name, value) VALUES ($1, NULL)", ["never"])
            .catch(() => undefined);
          await sql.query("SELECT 1 AS one").catch(() => undefined);
          throw new Error("of its own");
        }),
        add("kept"),
      ]);
      t.same(
        (await failing).map(({ status }) => status),
        ["fulfilled", "rejected", "rejected", "fulfilled"],
      );
      t.same(await store.query("SELECT name, value FROM counters WHERE name NOT LIKE 'n%' ORDER BY name"), [
        { name: "kept", value: 2 },
      ]);
      t.same(
        await store.query("SELECT $2 AS b, $1 AS a, $2 AS c", ["one", "two"]),
        [{ b: "two", a: "one", c: "two" }],
        "parameters by their numbers",
      );
      await store.migrate([TABLE]);
      await t.rejects(store.migrate([]), { code: "store-too-new" });
      t.same(await store.query("UPDATE counters SET value = 5 WHERE name = 'kept'"), []);
      t.same(await store.query("UPDATE counters SET value = 6 WHERE name = $1 RETURNING value", ["kept"]), [
        { value: 6 },
      ]);
    },
  );

t.test(
  "store on sqlite: transactions that come together share a commit, and are answered after it",
  async (t) => {
    const database = openDatabase(join(await temporaryFolder(t), "cloud.db"));
    let commits = 0;
    let isFull = false;
    const counting: Database = {
      ...database,
      exec(text) {
        if (text === "COMMIT") {
          commits++;
          if (isFull) throw new Error("disk is full");
        }
        database.exec(text);
      },
      prepare: (text) => database.prepare(text),
    };
    const store = sqliteStore(counting);
    t.teardown(() => store.close());
    await store.migrate([TABLE]);
    const insert = (name: string) => store.query("INSERT INTO counters (name, value) VALUES ($1, 1)", [name]);
    commits = 0;
    await Promise.all(Array.from({ length: 50 }, (_, at) => insert(`a${at}`)));
    t.equal(commits, 1);
    isFull = true;
    const lost = await Promise.allSettled([insert("b1"), insert("b2")]);
    t.ok(
      lost.every(({ status }) => status === "rejected"),
      "none is told that it is done",
    );
    t.match(lost[0], { reason: { code: "store-unavailable" } });
    isFull = false;
    await insert("b1");
    t.same(await store.query("SELECT COUNT(*) AS n FROM counters"), [{ n: 51 }]);
  },
);

t.test(
  "store on postgresql: a server that is gone is said to be, and used again when it is back",
  { skip: skipWithoutPostgres() },
  async (t) => {
    const store = await storeOf(t, "postgresql");
    await store.query("INSERT INTO counters (name, value) VALUES ('a', 1)");
    await t.rejects(
      store.transaction(async (sql) => {
        await sql.query("SELECT pg_terminate_backend(pg_backend_pid())");
      }),
      { code: "store-unavailable" },
    );
    t.same(await store.query("SELECT value FROM counters"), [{ value: 1 }], "another connection is taken");
    let tries = 0;
    let bothHold: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (bothHold = resolve));
    const swap = (one: string, other: string): Promise<void> =>
      store.transaction(async (sql) => {
        tries++;
        await sql.query("UPDATE counters SET value = value + 1 WHERE name = $1", [one]);
        if (tries === 2) bothHold();
        await held;
        await sql.query("UPDATE counters SET value = value + 1 WHERE name = $1", [other]);
      });
    await store.query("INSERT INTO counters (name, value) VALUES ('b', 1)");
    await Promise.all([swap("a", "b"), swap("b", "a")]);
    t.ok(tries > 2, "a deadlock is tried again");
    t.same(await store.query("SELECT value FROM counters ORDER BY name"), [{ value: 3 }, { value: 3 }]);
    const nowhere = postgresStore({ url: "postgresql://nobody@127.0.0.1:1/none", clock: systemClock, log });
    await t.rejects(nowhere.query("SELECT 1"), { code: "store-unavailable" });
    await nowhere.close();
  },
);

import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { TellyportError, messageOf, systemCode } from "../errors.ts";
import { makeFolder } from "../folder.ts";
import { oldestReader, sqlOf, type Step } from "./steps.ts";

export type SqlValue = string | number | bigint | Uint8Array | null;
export type Row = Record<string, SqlValue>;

export interface Statement {
  run(...values: SqlValue[]): { changes: number };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/**
 * One embedded SQLite file, one connection, one process.
 *
 * A commit that returned has survived a power cut (`synchronous=FULL`, WAL). There must be no second connection to the
 * file: older SQLite versions can lose commits when two connections checkpoint.
 */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /**
   * Runs `work` in one transaction; rolls back and rethrows when it, or the commit, throws. Not nestable. When SQLite has rolled
   * back by itself, as it does on a full disk, every later statement of `work` throws the same, so that none is done alone.
   */
  transaction<T>(work: () => T): T;
  /** Whether the disk refused what was last to be committed. */
  readonly refused: boolean;
  /** Whether a transaction runs. */
  readonly inTransaction: boolean;
  /** Has something done when the transaction that runs was rolled back, what was said last first. Must not throw. */
  onRollback(undo: () => void): void;
  /**
   * Brings the tables of one module up to date. Step `i` (from 0) runs once, ever, in a transaction of its own. What a newer
   * release added stays as it is where that release said that older ones can live with it.
   * @throws TellyportError `store-too-new` when a newer release changed what this one needs
   */
  migrate(module: string, steps: readonly Step[]): void;
  close(): void;
}

interface SyncDriver {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...v: SqlValue[]): { changes: number | bigint };
    get(...v: SqlValue[]): unknown;
    all(...v: SqlValue[]): unknown[];
  };
  close(): void;
}

/**
 * Opens (or makes) the database with Node's own SQLite where there is one, else with libsql's prebuilt.
 * @param path a file, or `:memory:`
 * @throws TellyportError `state-unusable`
 */
export function openDatabase(path: string): Database {
  if (path !== ":memory:") makeStateFolder(dirname(resolve(path)));
  let driver: SyncDriver;
  try {
    driver = openDriver(path);
    driver.exec(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=2000;",
    );
  } catch (error) {
    throw new TellyportError(
      "state-unusable",
      `The state database ${resolve(path)} cannot be opened: ${messageOf(error)}. Check that the state directory is writable and not full, or name another with --state.`,
      { cause: error },
    );
  }
  return wrap(driver);
}

function makeStateFolder(path: string): void {
  try {
    makeFolder(path, 0o700);
  } catch (error) {
    throw new TellyportError(
      "state-unusable",
      `The state directory ${path} cannot be made (${systemCode(error) ?? messageOf(error)}). Name one that can be written to with --state.`,
      { cause: error },
    );
  }
}

function openDriver(path: string): SyncDriver {
  const require = createRequire(import.meta.url);
  // process.getBuiltinModule would need Node 20.16; a plain require also tells "absent" from "broken".
  let builtin: { DatabaseSync: new (path: string) => SyncDriver } | undefined;
  try {
    builtin = require("node:sqlite") as typeof builtin;
  } catch {
    builtin = undefined; // Node 20 has none.
  }
  if (builtin !== undefined) return new builtin.DatabaseSync(path);
  const Libsql = require("libsql") as new (path: string) => SyncDriver;
  return new Libsql(path);
}

/** What SQLite says of a disk: `disk I/O error`, `database or disk is full`, `attempt to write a readonly database`. @see SQLite, sqlite3_errstr */
const OF_THE_DISK = /disk|readonly/i;

/** A transaction that runs. */
interface Running {
  readonly undo: (() => void)[];
  /** Why SQLite has rolled it back by itself. */
  lost: { readonly cause: unknown } | null;
}

function wrap(driver: SyncDriver): Database {
  let running: Running | null = null;
  let refused = false;

  /** Tells a transaction that is still there: only outside of one another can begin. */
  function isRolledBack(): boolean {
    try {
      driver.exec("BEGIN");
    } catch {
      return false;
    }
    driver.exec("ROLLBACK");
    return true;
  }

  function within<T>(work: () => T): T {
    if (running?.lost != null) throw running.lost.cause;
    try {
      return work();
    } catch (error) {
      if (running !== null && isRolledBack()) running.lost = { cause: error };
      throw error;
    }
  }

  const database: Database = {
    exec: (sql) => void within(() => driver.exec(sql)),
    prepare(sql) {
      const statement = driver.prepare(sql);
      return {
        run: (...values) => ({ changes: Number(within(() => statement.run(...values)).changes) }),
        get: (...values) => clean(within(() => statement.get(...values))),
        all: (...values) => within(() => statement.all(...values)).map((row) => clean(row) as Row),
      };
    },
    transaction(work) {
      driver.exec("BEGIN IMMEDIATE");
      const own: Running = (running = { undo: [], lost: null });
      try {
        const result = work();
        within(() => driver.exec("COMMIT"));
        running = null;
        refused = false;
        return result;
      } catch (error) {
        running = null;
        refused ||= OF_THE_DISK.test(messageOf(error));
        try {
          driver.exec("ROLLBACK");
        } catch {
          // SQLite has done that by itself; what it was for is said by `error`.
        }
        for (const undo of own.undo.reverse()) undo();
        throw error;
      }
    },
    get refused() {
      return refused;
    },
    get inTransaction() {
      return running !== null;
    },
    onRollback: (undo) => void running?.undo.push(undo),
    migrate(module, steps) {
      driver.exec(
        `CREATE TABLE IF NOT EXISTS schema_version (
           module TEXT PRIMARY KEY,
           version INTEGER NOT NULL,
           readable_from INTEGER
         ) STRICT`,
      );
      const columns = database.prepare("SELECT name FROM pragma_table_info('schema_version')").all();
      if (!columns.some(({ name }) => name === "readable_from"))
        driver.exec("ALTER TABLE schema_version ADD COLUMN readable_from INTEGER");
      const row = database.prepare("SELECT * FROM schema_version WHERE module = ?").get(module);
      const from = Number(row?.["version"] ?? 0);
      // Of a release that said nothing of it: it alone can read what it wrote.
      const readableFrom = Number(row?.["readable_from"] ?? from);
      if (steps.length < from && steps.length < readableFrom) {
        throw new TellyportError(
          "store-too-new",
          `The state was written by a newer Tellyport (${module} ${from}, this one knows ${steps.length}). Install that release again, or start with an empty state directory.`,
        );
      }
      const record = database.prepare(
        `INSERT INTO schema_version (module, version, readable_from) VALUES (?, ?, ?)
           ON CONFLICT (module) DO UPDATE SET version = excluded.version, readable_from = excluded.readable_from`,
      );
      for (let step = from; step < steps.length; step++) {
        database.transaction(() => {
          driver.exec(sqlOf(steps[step] as Step));
          record.run(module, step + 1, oldestReader(steps, step + 1));
        });
      }
      // What earlier releases wrote says nothing of it yet.
      if (from > 0 && from === steps.length && row?.["readable_from"] !== oldestReader(steps, from))
        record.run(module, from, oldestReader(steps, from));
    },
    close: () => driver.close(),
  };
  return database;
}

/** Drops libsql's `_metadata` member. */
function clean(row: unknown): Row | undefined {
  if (row === undefined || row === null) return undefined;
  const { _metadata, ...rest } = row as Row & { _metadata?: unknown };
  return rest;
}

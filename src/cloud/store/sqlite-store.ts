import { Emitter } from "../../kernel/events.ts";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import type { Database, Statement } from "../../kernel/store/database.ts";
import { givesRows, numbered } from "./statements.ts";
import type { Lease, Sql, SqlRow, SqlValue, Store } from "./ports.ts";

/** Transactions that share one commit at the most: they hold up everything else of the process meanwhile. */
const GROUP = 64;
/** Transactions that wait; one more is refused. */
const LONGEST_QUEUE = 4096;
/** Prepared statements that are kept; ours are fixed texts, lists of names among them. */
const PREPARED = 512;

interface Waiting {
  run(sql: Sql): Promise<void>;
  /** It is on the disk. */
  done(): void;
  fail(error: unknown): void;
}

/**
 * The registry in one SQLite file. Transactions run one after another, each in a savepoint; those that came together share one commit,
 * as the disk is waited for as long for one as for fifty, and each is answered after it.
 */
export function sqliteStore(database: Database): Store {
  const prepared = new Map<string, Statement>();
  const woken = new Emitter<void>();
  const queue: Waiting[] = [];
  let running = false;
  let closed = false;

  function prepare(text: string): Statement {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    if (prepared.size >= PREPARED) prepared.clear();
    const statement = database.prepare(numbered(text));
    prepared.set(text, statement);
    return statement;
  }

  function execute(text: string, values: readonly SqlValue[]): readonly SqlRow[] {
    const statement = prepare(text);
    if (givesRows(text)) return statement.all(...values) as SqlRow[];
    statement.run(...values);
    return [];
  }

  /** One transaction of a group. A statement that failed spoils it, as it would in PostgreSQL. */
  function session(): Sql & { spoilt: { readonly cause: unknown } | null } {
    return {
      spoilt: null,
      async query(text, values = []) {
        if (this.spoilt !== null) throw this.spoilt.cause;
        try {
          return execute(text, values);
        } catch (error) {
          this.spoilt = { cause: error };
          throw error;
        }
      },
    };
  }

  /** @returns whether it is to be committed. @throws when the whole group is lost */
  async function runOne(one: Waiting): Promise<boolean> {
    database.exec("SAVEPOINT one");
    const sql = session();
    try {
      await one.run(sql);
      if (sql.spoilt !== null) throw sql.spoilt.cause;
    } catch (error) {
      // A full disk has rolled back everything already, and there is no such savepoint.
      database.exec("ROLLBACK TO one");
      database.exec("RELEASE one");
      one.fail(sql.spoilt === null ? error : unavailable(sql.spoilt.cause));
      return false;
    }
    database.exec("RELEASE one");
    return true;
  }

  async function runGroup(group: readonly Waiting[]): Promise<void> {
    const good: Waiting[] = [];
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const one of group) if (await runOne(one)) good.push(one);
      database.exec("COMMIT");
    } catch (error) {
      try {
        database.exec("ROLLBACK");
      } catch {
        // SQLite has done that by itself.
      }
      // Those that were told of their own failure do not hear of this one.
      for (const one of group) one.fail(unavailable(error));
      return;
    }
    for (const one of good) one.done();
  }

  async function runAll(): Promise<void> {
    while (queue.length > 0) {
      await runGroup(queue.splice(0, GROUP));
      // Requests that came while the disk was waited for join the next group.
      await new Promise((resolve) => setImmediate(resolve));
    }
    running = false;
  }

  function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new TellyportError("stopping", "The cloud is stopping."));
    if (queue.length >= LONGEST_QUEUE)
      return Promise.reject(unavailable(new Error("too many transactions wait"), 1000));
    return new Promise<T>((resolve, reject) => {
      let result: T;
      queue.push({
        run: async (sql) => void (result = await work(sql)),
        done: () => resolve(result),
        fail: reject,
      });
      if (running) return;
      running = true;
      // After all that came in the same turn.
      setImmediate(() => void runAll());
    });
  }

  return {
    kind: "sqlite",
    dialect: {
      mark: "(SELECT COALESCE(MAX(mark), 0) + 1 FROM dirty_names)",
      horizon: "(SELECT COALESCE(MAX(mark), 0) + 1 FROM dirty_names)",
    },
    transaction,
    // In the queue as well: what is not committed yet is seen by nobody.
    query: (text, values) => transaction((sql) => sql.query(text, values)),
    async migrate(steps) {
      database.migrate("cloud", steps);
    },
    async lease(): Promise<Lease> {
      // One process to a file.
      return { lost: new AbortController().signal, release: async () => undefined };
    },
    wake: () => woken.emit(),
    woken,
    async close() {
      closed = true;
      while (running) await new Promise((resolve) => setImmediate(resolve));
      database.close();
    },
  };
}

function unavailable(cause: unknown, retryAfterMs = 5000): TellyportError {
  return new TellyportError("store-unavailable", `The registry cannot be written (${messageOf(cause)}).`, {
    cause,
    retryAfterMs,
  });
}

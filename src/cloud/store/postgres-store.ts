import pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { Emitter } from "../../kernel/events.ts";
import { TellyportError, isTellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { SparingLog } from "../../kernel/log-sparingly.ts";
import { postgresLease } from "./postgres-lease.ts";
import type { Sql, SqlRow, SqlValue, Store } from "./ports.ts";
import { Wakeups } from "./wakeups.ts";

export interface PostgresOptions {
  /** `postgresql://...` */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Connections at the most, those of leases and of wake-ups left out; default 10. */
  readonly connections?: number;
}

const STATEMENT_MS = 5000;
const CONNECT_MS = 5000;
/** Tries of a transaction that another one stood in the way of. */
const RETRIES = 8;
/** Transactions that wait for a connection; one more is refused. */
const LONGEST_QUEUE = 2048;
/** Of an instance that is gone without a word, the server closes connections after about so long: leases are given on then. @see tcp_keepalives_idle */
const KEEPALIVES = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";
/** Key of the lock under which tables are made. */
const MIGRATION_LOCK = 0x7e11;

const INT8 = 20;
/** Integers of 64 bits as numbers: ours stay below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary"): ((value: string) => unknown) =>
    oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

/** How every connection of ours is opened. */
export function clientConfig(url: string, name: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: `tellyport-cloud ${name}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    options: `${KEEPALIVES} -c statement_timeout=${STATEMENT_MS} -c idle_in_transaction_session_timeout=${2 * STATEMENT_MS} -c lock_timeout=${STATEMENT_MS}`,
    types,
  };
}

/** The registry in PostgreSQL, for several instances of the cloud. */
export function postgresStore(options: PostgresOptions): Store {
  const { url, clock } = options;
  const log = new SparingLog(options.log, clock, 5);
  const pool = new pg.Pool({
    ...clientConfig(url, "registry"),
    max: options.connections ?? 10,
    idleTimeoutMillis: 60_000,
    // The server's own limit comes first; this one is for a server that has gone.
    query_timeout: STATEMENT_MS + 2000,
  });
  const lost = (error: Error): void => log.warn({ error: messageOf(error) }, "database-connection-lost");
  // One that breaks while nobody uses it is the pool's; one that is in use tells whoever waits for an answer, and says so itself as well.
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", lost));
  const woken = new Emitter<void>();
  const wakeups = new Wakeups({
    config: clientConfig(url, "wake-ups"),
    clock,
    log,
    onWake: () => woken.emit(),
  });
  wakeups.start();
  let names = 0;
  /** Prepared once on each connection, by a name of its own; a list of names has one text for each length. */
  const prepared = new Map<string, string>();

  async function run(
    client: pg.ClientBase,
    text: string,
    values: readonly SqlValue[],
  ): Promise<readonly SqlRow[]> {
    let name = prepared.get(text);
    if (name === undefined && prepared.size < 500) prepared.set(text, (name = `t${++names}`));
    const { rows } = await client.query<SqlRow>({
      text,
      values: [...values],
      ...(name !== undefined && { name }),
    });
    return rows;
  }

  async function connected(): Promise<pg.PoolClient> {
    if (pool.waitingCount >= LONGEST_QUEUE) throw unavailable(new Error("too many wait for a connection"));
    try {
      return await pool.connect();
    } catch (error) {
      throw unavailable(error);
    }
  }

  async function attempt<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await connected();
    let broken = false;
    try {
      await client.query("BEGIN");
      const result = await work({ query: (text, values = []) => run(client, text, values) });
      await client.query("COMMIT");
      return result;
    } catch (error) {
      try {
        await client.query("ROLLBACK");
      } catch {
        broken = true;
      }
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async function transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await attempt(work);
      } catch (error) {
        if (isTellyportError(error)) throw error;
        if (!isConflict(error) || tried >= RETRIES) throw asFailure(error);
        await new Promise<void>((resolve) => clock.after(Math.random() * 5 * 2 ** tried, resolve));
      }
    }
  }

  return {
    kind: "postgresql",
    dialect: {
      mark: "(pg_current_xact_id()::text::bigint)",
      horizon: "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)",
    },
    transaction,
    async query(text, values = []) {
      const client = await connected();
      let broken = false;
      try {
        return await run(client, text, values);
      } catch (error) {
        broken = !isFromServer(error);
        throw asFailure(error);
      } finally {
        client.release(broken);
      }
    },
    migrate: (steps) =>
      attempt((sql) => migrate(sql, steps)).catch((error: unknown) => {
        throw asFailure(error);
      }),
    lease: (name) => postgresLease({ config: clientConfig(url, `lease ${name}`), clock, log }, name),
    wake: () => wakeups.wake(),
    woken,
    async close() {
      await wakeups.stop();
      await pool.end();
    },
  };
}

async function migrate(sql: Sql, steps: readonly string[]): Promise<void> {
  // Instances that start together make the tables one after another.
  await sql.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await sql.query(
    "CREATE TABLE IF NOT EXISTS schema_version (module TEXT PRIMARY KEY, version BIGINT NOT NULL)",
  );
  const [row] = await sql.query("SELECT version FROM schema_version WHERE module = 'cloud'");
  const from = Number(row?.["version"] ?? 0);
  if (from > steps.length)
    throw new TellyportError(
      "store-too-new",
      `The registry was written by a newer Tellyport (${from}, this one knows ${steps.length}). Install that release again.`,
    );
  for (const step of steps.slice(from))
    for (const statement of statementsOf(step)) await sql.query(statement);
  await sql.query(
    "INSERT INTO schema_version (module, version) VALUES ('cloud', $1) ON CONFLICT (module) DO UPDATE SET version = excluded.version",
    [steps.length],
  );
}

/** A prepared statement is one statement. */
function statementsOf(step: string): string[] {
  return step
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Serialisation failure, deadlock: another try may go through. @see PostgreSQL, appendix A, class 40 */
function isConflict(error: unknown): boolean {
  const code = systemCode(error);
  return code === "40001" || code === "40P01";
}

/** The server said so, in five letters, and the connection is as good as before. */
function isFromServer(error: unknown): boolean {
  const code = systemCode(error) ?? "";
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("08") && !code.startsWith("57P");
}

/** Classes that are a fault of ours: syntax, data, constraints, an aborted transaction. */
const OURS = /^(2|42|0A)/;

function asFailure(error: unknown): unknown {
  if (isTellyportError(error)) return error;
  return isFromServer(error) && OURS.test(systemCode(error) ?? "") ? error : unavailable(error);
}

function unavailable(cause: unknown): TellyportError {
  return new TellyportError(
    "store-unavailable",
    `The registry's database does not answer (${messageOf(cause)}).`,
    {
      cause,
      retryAfterMs: 5000,
    },
  );
}

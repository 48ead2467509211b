import type { Emitter } from "../../kernel/events.ts";

/** What the registry keeps its rows in. SQL that both SQLite and PostgreSQL take, parameters as `$1`. */

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Where statements run. */
export interface Sql {
  /**
   * @param text one statement; the same text each time, as it is prepared once
   * @returns what it selects, or returns by `RETURNING`; integers as numbers
   */
  query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

/** Held by one instance at a time. */
export interface Lease {
  /** Aborted as soon as it is not sure any more that nobody else holds it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * A database of the cloud. Everything that throws `store-unavailable` has not happened, or may have happened when the connection
 * broke while it was committed.
 */
export interface Store extends Sql {
  readonly kind: "sqlite" | "postgresql";
  /** Expressions in which the two differ. */
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction, and answers when it is on the disk. It may run more than once, so it changes nothing but rows, and
   * waits for nothing but `sql`. What it throws rolls it back.
   * @throws TellyportError `store-unavailable`
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Brings tables up to date, once, whoever starts at the same time. @throws TellyportError `store-too-new`, `store-unavailable` */
  migrate(steps: readonly string[]): Promise<void>;
  /** @returns null while another instance holds it */
  lease(name: string): Promise<Lease | null>;
  /** Tells every instance, this one too, that there is something to publish. A hint: it may be lost, and comes at most every 50 ms. */
  wake(): void;
  readonly woken: Emitter<void>;
  close(): Promise<void>;
}

/** Marks the order in which changes are committed, so that a follower misses none. */
export interface Dialect {
  /** Value of a mark that is written now. */
  readonly mark: string;
  /** Every transaction that could still write a mark below this one was over when it was asked for. */
  readonly horizon: string;
}

import type { Database } from "./database.ts";

/**
 * Rows of a table in memory, by their key, in the order in which they came. What a transaction changes here is as it was before
 * when that is rolled back. Write to the table first: a statement that throws has then changed nothing here either.
 */
export class Mirror<Value> {
  readonly #database: Database;
  #rows = new Map<string, Value>();

  constructor(database: Database) {
    this.#database = database;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Value | undefined {
    return this.#rows.get(key);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  values(): Value[] {
    return [...this.#rows.values()];
  }

  entries(): [string, Value][] {
    return [...this.#rows];
  }

  set(key: string, value: Value): void {
    this.#toChange().set(key, value);
  }

  delete(key: string): void {
    if (this.#rows.has(key)) this.#toChange().delete(key);
  }

  clear(): void {
    this.replaceAll([]);
  }

  /** Puts these in place of all. */
  replaceAll(rows: Iterable<readonly [string, Value]>): void {
    const next = new Map(rows);
    this.#toChange();
    this.#rows = next;
  }

  /** In a transaction a copy, so that what was before is kept: a few hundred rows, where the disk is waited for anyway. */
  #toChange(): Map<string, Value> {
    if (!this.#database.inTransaction) return this.#rows;
    const before = this.#rows;
    this.#database.onRollback(() => (this.#rows = before));
    return (this.#rows = new Map(before));
  }
}

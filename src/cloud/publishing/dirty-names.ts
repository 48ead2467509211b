import type { Sql, Store } from "../store/ports.ts";
import { noteChanged } from "../registry/outbox.ts";

/** The list of names that are not published yet. */

export interface DirtyName {
  readonly name: string;
  readonly version: number;
  readonly attempts: number;
  /** ms since 1970, by the clock of whoever noted it. */
  readonly queuedAt: number;
}

/** Those that are due, the first that were noted first. @param now ms since 1970 */
export async function dueNames(sql: Sql, zone: string, now: number, limit: number): Promise<DirtyName[]> {
  const rows = await sql.query(
    `SELECT name, version, attempts, queued_at FROM dirty_names WHERE zone = $1 AND not_before <= $2
     ORDER BY not_before, queued_at LIMIT ${limit}`,
    [zone, now],
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    version: Number(row["version"]),
    attempts: Number(row["attempts"]),
    queuedAt: Number(row["queued_at"]),
  }));
}

/** Takes off the list what has not been changed again since it was read. */
export async function settle(store: Store, zone: string, names: readonly DirtyName[]): Promise<void> {
  await store.transaction(async (sql) => {
    for (const { name, version } of inOrder(names))
      await sql.query("DELETE FROM dirty_names WHERE zone = $1 AND name = $2 AND version = $3", [
        zone,
        name,
        version,
      ]);
  });
}

/** Puts a name off that the name server refused. @param until ms since 1970 */
export async function putOff(
  store: Store,
  zone: string,
  { name, version }: DirtyName,
  until: number,
): Promise<void> {
  await store.query(
    "UPDATE dirty_names SET attempts = attempts + 1, not_before = $4 WHERE zone = $1 AND name = $2 AND version = $3",
    [zone, name, version, Math.floor(until)],
  );
}

/** Notes names again that turned out not to be as they should. @param until they are put off so long, ms since 1970 */
export async function noteAgain(
  store: Store,
  zone: string,
  names: readonly string[],
  now: number,
  until: number,
): Promise<void> {
  await store.transaction(async (sql) => {
    const version = await noteChanged(sql, store, zone, names, now);
    await sql.query("UPDATE dirty_names SET not_before = $3 WHERE zone = $1 AND version = $2", [
      zone,
      version,
      Math.floor(until),
    ]);
  });
}

/** Whether a name was published, or changed again, since it was noted with a version. */
export async function isSettled(sql: Sql, zone: string, name: string): Promise<boolean> {
  const rows = await sql.query("SELECT version FROM dirty_names WHERE zone = $1 AND name = $2", [zone, name]);
  return rows.length === 0;
}

/** How long the list is, and since when its first has waited. */
export async function backlog(
  sql: Sql,
  zone: string,
): Promise<{ pending: number; oldest: number | null; refused: { name: string; attempts: number }[] }> {
  const [row] = await sql.query(
    "SELECT COUNT(*) AS n, MIN(queued_at) AS oldest FROM dirty_names WHERE zone = $1",
    [zone],
  );
  const refused = await sql.query(
    "SELECT name, attempts FROM dirty_names WHERE zone = $1 AND attempts > 0 ORDER BY attempts DESC, name LIMIT 20",
    [zone],
  );
  return {
    pending: Number(row?.["n"] ?? 0),
    oldest: row?.["oldest"] == null ? null : Number(row["oldest"]),
    refused: refused.map((one) => ({ name: String(one["name"]), attempts: Number(one["attempts"]) })),
  };
}

/** As they are noted, so that no two transactions wait for each other. */
function inOrder(names: readonly DirtyName[]): DirtyName[] {
  return [...names].sort((a, b) => (a.name < b.name ? -1 : 1));
}

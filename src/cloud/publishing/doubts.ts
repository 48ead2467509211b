import { noteChanged } from "../registry/outbox.ts";
import type { Store } from "../store/ports.ts";

/**
 * Names of which something older may have been said, by whoever led before or in a try that was given up, and may arrive after all in a
 * name server that is slow. They are written down, as whoever leads now may be gone before their time is over.
 */

/** Names that are doubted at once. */
const MOST = 5000;
/** Names that are put on the list in one transaction. */
const PAGE = 100;

/** Everything on the list, when somebody takes over. @param until ms since 1970 */
export async function doubtList(store: Store, zone: string, until: number): Promise<void> {
  await store.query(
    `INSERT INTO doubted_names (zone, name, until)
     SELECT zone, name, CAST($2 AS BIGINT) FROM dirty_names WHERE zone = $1 ORDER BY not_before, queued_at LIMIT ${MOST}
     ON CONFLICT (zone, name) DO UPDATE SET until = excluded.until`,
    [zone, Math.floor(until)],
  );
}

/** The names of one batch, at most as many as one statement takes. @param until ms since 1970 */
export async function doubt(
  store: Store,
  zone: string,
  names: readonly string[],
  until: number,
): Promise<void> {
  const rows = [...names].sort().map((_, at) => `($1, $${at + 3}, $2)`);
  await store.query(
    `INSERT INTO doubted_names (zone, name, until) VALUES ${rows.join(", ")}
     ON CONFLICT (zone, name) DO UPDATE SET until = excluded.until`,
    [zone, Math.floor(until), ...[...names].sort()],
  );
}

/** Puts those whose time is over on the list once more. @param now ms since 1970 */
export async function sayAgain(store: Store, zone: string, now: number): Promise<void> {
  await store.transaction(async (sql) => {
    const rows = await sql.query(
      `SELECT name FROM doubted_names WHERE zone = $1 AND until <= $2 ORDER BY name LIMIT ${PAGE}`,
      [zone, now],
    );
    if (rows.length === 0) return;
    const names = rows.map(({ name }) => String(name));
    await noteChanged(sql, store, zone, names, now);
    for (const name of names)
      await sql.query("DELETE FROM doubted_names WHERE zone = $1 AND name = $2 AND until <= $3", [
        zone,
        name,
        now,
      ]);
  });
}

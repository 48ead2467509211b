import { randomInt } from "node:crypto";
import type { Sql, Store } from "../store/ports.ts";

/** Above every other, and below 2^48: what `randomInt` takes. */
const VERSIONS = 2 ** 48 - 1;

/**
 * Notes that names are to be published, in the transaction that changes what is to be published there.
 * @param now ms since 1970
 * @returns the version under which all of them are noted: it is gone when they are published, or when they were changed again
 */
export async function noteChanged(
  sql: Sql,
  store: Pick<Store, "dialect">,
  zone: string,
  names: readonly string[],
  now: number,
): Promise<number> {
  // Not counted, so that a name that was taken off the list and noted again is never mistaken for what it was.
  const version = randomInt(1, VERSIONS);
  // In one order everywhere, or two transactions could wait for each other.
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return version;
  const rows = sorted.map((_, at) => `($1, $${at + 4}, $2, ${store.dialect.mark}, $3, 0, 0)`);
  await sql.query(
    `INSERT INTO dirty_names (zone, name, version, mark, queued_at, attempts, not_before) VALUES ${rows.join(", ")}
     ON CONFLICT (zone, name) DO UPDATE SET version = excluded.version, mark = excluded.mark, queued_at = excluded.queued_at, attempts = 0, not_before = 0`,
    [zone, version, now, ...sorted],
  );
  return version;
}

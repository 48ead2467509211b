import type { Sql } from "../store/ports.ts";
import type { RegistryDeps } from "./deps.ts";
import { QUARANTINE, releaseLabel } from "./label-table.ts";
import { noteChanged } from "./outbox.ts";

/** What time takes away. */

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** Addresses of a box that has not said for so long where it is go: they may be somebody else's now. */
const ADDRESSES_LAST = 48 * HOUR;
/** A box that has not been heard of for so long is given up. Its id stays its own. */
const BOXES_LAST = 183 * DAY;
/** Rows that change in one transaction. They are read in the order of an index on their times: any other would read the whole table. */
const PAGE = 200;

/** What was aged, for the log. */
export interface Aged {
  readonly addresses: number;
  readonly challenges: number;
  readonly boxes: number;
}

/** Ages everything that is due. Several instances may do it at the same time. */
export async function age(deps: RegistryDeps): Promise<Aged> {
  const aged = {
    addresses:
      (await everyPage(deps, ageDoors)) + (await everyPage(deps, ageLan)) + (await everyPage(deps, ageHosts)),
    challenges: await everyPage(deps, ageChallenges),
    boxes: await everyPage(deps, ageBoxes),
  };
  await deps.store.transaction(async (sql) => {
    const now = deps.clock.now();
    await sql.query("DELETE FROM labels WHERE released_at < $1", [now - QUARANTINE]);
    await sql.query("DELETE FROM host_days WHERE day < $1", [Math.floor(now / DAY) - 8]);
    await sql.query("DELETE FROM host_changes WHERE at < $1", [now - HOUR]);
  });
  return aged;
}

type Step = (deps: RegistryDeps, sql: Sql, now: number) => Promise<number>;

async function everyPage(deps: RegistryDeps, step: Step): Promise<number> {
  let count = 0;
  for (;;) {
    const aged = await deps.store.transaction((sql) => step(deps, sql, deps.clock.now()));
    if (aged > 0) deps.store.wake();
    count += aged;
    if (aged < PAGE) return count;
  }
}

async function ageDoors({ store, names }: RegistryDeps, sql: Sql, now: number): Promise<number> {
  const rows = await sql.query(
    `SELECT box, family FROM doors WHERE reported_at <= $1 AND state <> 'none' ORDER BY reported_at LIMIT ${PAGE}`,
    [now - ADDRESSES_LAST],
  );
  const dirty: string[] = [];
  for (const { box, family } of rows) {
    // Asked again: the box may have spoken meanwhile.
    const [gone] = await sql.query(
      `UPDATE doors SET state = 'none', address = NULL, port = NULL, published = NULL, verified_port = NULL, verified_at = NULL
       WHERE box = $1 AND family = $2 AND reported_at <= $3 RETURNING box`,
      [box ?? null, family ?? null, now - ADDRESSES_LAST],
    );
    if (gone !== undefined) dirty.push(names.below(String(box)), names.wide(String(box)));
  }
  await noteChanged(sql, store, names.zone, dirty, now);
  return rows.length;
}

async function ageLan({ store, names }: RegistryDeps, sql: Sql, now: number): Promise<number> {
  const rows = await sql.query(
    `UPDATE boxes SET lan = '[]', lan_at = NULL
     WHERE id IN (SELECT id FROM boxes WHERE lan_at <= $1 ORDER BY lan_at LIMIT ${PAGE}) AND lan_at <= $1 RETURNING id`,
    [now - ADDRESSES_LAST],
  );
  await noteChanged(
    sql,
    store,
    names.zone,
    rows.map(({ id }) => names.lan(String(id))),
    now,
  );
  return rows.length;
}

async function ageChallenges({ store, names }: RegistryDeps, sql: Sql, now: number): Promise<number> {
  const rows = await sql.query(
    `UPDATE boxes SET challenge = '[]', challenge_until = NULL
     WHERE id IN (SELECT id FROM boxes WHERE challenge_until <= $1 ORDER BY challenge_until LIMIT ${PAGE}) AND challenge_until <= $1 RETURNING id`,
    [now],
  );
  await noteChanged(
    sql,
    store,
    names.zone,
    rows.map(({ id }) => names.challenge(String(id))),
    now,
  );
  return rows.length;
}

/** A name that a router has not updated for so long. */
async function ageHosts({ store, names }: RegistryDeps, sql: Sql, now: number): Promise<number> {
  const rows = await sql.query(
    `UPDATE hosts SET ipv4 = NULL, ipv6 = NULL
     WHERE label IN (SELECT label FROM hosts WHERE seen_at <= $1 AND (ipv4 IS NOT NULL OR ipv6 IS NOT NULL) ORDER BY label LIMIT ${PAGE})
     RETURNING label`,
    [now - BOXES_LAST],
  );
  await noteChanged(
    sql,
    store,
    names.zone,
    rows.map(({ label }) => names.below(String(label))),
    now,
  );
  return rows.length;
}

/** A box whose dynamic hosts are in use is in use. */
async function ageBoxes({ store, names }: RegistryDeps, sql: Sql, now: number): Promise<number> {
  const until = now - BOXES_LAST;
  const rows = await sql.query(
    `SELECT id FROM boxes WHERE seen_at <= $1 AND state = 'active' AND NOT EXISTS
       (SELECT 1 FROM hosts JOIN labels ON labels.label = hosts.label WHERE labels.box = boxes.id AND hosts.seen_at > $1)
     ORDER BY seen_at LIMIT ${PAGE}`,
    [until],
  );
  for (const { id } of rows) {
    const box = String(id);
    const [gone] = await sql.query(
      `UPDATE boxes SET state = 'tombstone', lan = '[]', lan_at = NULL, challenge = '[]', challenge_until = NULL
       WHERE id = $1 AND seen_at <= $2 RETURNING id`,
      [box, until],
    );
    if (gone === undefined) continue;
    const labels = await sql.query("SELECT label FROM labels WHERE box = $1 AND released_at IS NULL", [box]);
    for (const { label } of labels) await releaseLabel(sql, String(label), now);
    await sql.query("DELETE FROM doors WHERE box = $1", [box]);
    const dirty = [...names.ofBox(box), ...labels.flatMap(({ label }) => names.ofLabel(String(label)))];
    await noteChanged(sql, store, names.zone, dirty, now);
  }
  return rows.length;
}

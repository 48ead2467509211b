import { TellyportError } from "../../kernel/errors.ts";
import type { BoxDetails, BoxRow, BoxState } from "../../protocol/cloud-admin.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import { rowOf } from "./accept.ts";
import type { RegistryDeps } from "./deps.ts";
import { isBoxId } from "./names.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** What the operator sees and does. */

export interface BoxFilter {
  /** Boxes with ids above this one. */
  readonly after: string;
  readonly limit: number;
  readonly state?: BoxState | undefined;
  /** How an id or a label begins. */
  readonly search?: string | undefined;
}

/** Boxes in the order of their ids. */
export async function listBoxes({ store }: RegistryDeps, filter: BoxFilter): Promise<BoxRow[]> {
  const { after, limit, state, search = "" } = filter;
  const rows = await store.query(
    `SELECT boxes.*,
       (SELECT label FROM labels WHERE labels.box = boxes.id AND kind = 'alias' AND released_at IS NULL) AS alias,
       (SELECT published FROM doors WHERE doors.box = boxes.id AND family = 'ipv4') AS ipv4,
       (SELECT published FROM doors WHERE doors.box = boxes.id AND family = 'ipv6') AS ipv6
     FROM boxes WHERE id > $1
       AND ($2 = '' OR ($2 = 'blocked' AND blocked IS NOT NULL) OR ($2 = state AND blocked IS NULL))
       AND ($3 = '' OR id LIKE $3 ESCAPE '!' OR EXISTS
         (SELECT 1 FROM labels WHERE labels.box = boxes.id AND released_at IS NULL AND label LIKE $3 ESCAPE '!'))
     ORDER BY id LIMIT ${Math.min(1000, Math.max(1, Math.floor(limit)))}`,
    [after, state ?? "", search === "" ? "" : `${search.replace(/[%_!]/g, "!$&")}%`],
  );
  return rows.map(boxRow);
}

function boxRow(row: SqlRow): BoxRow {
  const text = (name: string): string | null =>
    row[name] === null || row[name] === undefined ? null : String(row[name]);
  return {
    id: String(row["id"]),
    state: stateOf(row),
    blocked: text("blocked"),
    version: String(row["version"]),
    model: text("model"),
    alias: text("alias"),
    ipv4: text("ipv4"),
    ipv6: text("ipv6"),
    enrolledAt: isoOf(row["enrolled_at"]),
    seenAt: isoOf(row["seen_at"]),
  };
}

function stateOf(row: SqlRow): BoxState {
  if (row["blocked"] !== null) return "blocked";
  return row["state"] === "active" ? "active" : "tombstone";
}

function isoOf(at: unknown): string {
  return new Date(Number(at)).toISOString();
}

/** @throws TellyportError `box-unknown` */
export async function showBox({ store, names }: RegistryDeps, id: string): Promise<BoxDetails> {
  return store.transaction(async (sql) => {
    const row = await existing(sql, id);
    const registration = await registrationOf(sql, names, row, null);
    const { ipv4, ipv6 } = registration.doors;
    const published = await sql.query("SELECT family, published FROM doors WHERE box = $1", [id]);
    const of = (family: string): string | null =>
      (published.find((one) => one["family"] === family)?.["published"] ?? null) as string | null;
    return {
      ...boxRow({ ...row, alias: registration.alias, ipv4: of("ipv4"), ipv6: of("ipv6") }),
      doors: { ipv4, ipv6 },
      lan: JSON.parse(String(row["lan"])) as string[],
      hosts: registration.hosts,
      seq: registration.seq,
    };
  });
}

/** Nothing of the box is published, and nothing is taken from it. One that never was here may be blocked too. */
export async function blockBox(deps: RegistryDeps, id: string, reason: string): Promise<void> {
  const { store, clock } = deps;
  if (!isBoxId(id))
    throw new TellyportError("box-unknown", "That is no id of a box: they have 16 letters and digits.");
  const now = clock.now();
  await store.transaction(async (sql) => {
    await sql.query(
      `INSERT INTO boxes (id, public_key, version, model, seq, state, blocked, enrolled_at, seen_at, lan, lan_at, challenge, challenge_until)
       VALUES ($1, '', '', NULL, 0, 'tombstone', $2, $3, $3, '[]', NULL, '[]', NULL)
       ON CONFLICT (id) DO UPDATE SET blocked = excluded.blocked`,
      [id, reason, now],
    );
    await noteAll(deps, sql, id, now);
  });
  store.wake();
}

/** @throws TellyportError `box-unknown` */
export async function unblockBox(deps: RegistryDeps, id: string): Promise<void> {
  const { store, clock } = deps;
  await store.transaction(async (sql) => {
    await existing(sql, id);
    await sql.query("UPDATE boxes SET blocked = NULL WHERE id = $1", [id]);
    await noteAll(deps, sql, id, clock.now());
  });
  store.wake();
}

async function existing(sql: Sql, id: string): Promise<SqlRow> {
  const row = await rowOf(sql, id);
  if (row === undefined) throw new TellyportError("box-unknown", "No such box is registered here.");
  return row;
}

async function noteAll({ store, names }: RegistryDeps, sql: Sql, id: string, now: number): Promise<void> {
  const labels = await sql.query("SELECT label FROM labels WHERE box = $1 AND released_at IS NULL", [id]);
  const all = [...names.ofBox(id), ...labels.flatMap(({ label }) => names.ofLabel(String(label)))];
  await noteChanged(sql, store, names.zone, all, now);
}

/** How many boxes there are, by state. */
export async function countBoxes(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql.query(
    "SELECT CASE WHEN blocked IS NOT NULL THEN 'blocked' ELSE state END AS what, COUNT(*) AS n FROM boxes GROUP BY 1",
  );
  const doors = await sql.query("SELECT COUNT(*) AS n FROM doors WHERE published IS NOT NULL");
  return {
    active: 0,
    tombstone: 0,
    blocked: 0,
    ...Object.fromEntries(rows.map(({ what, n }) => [String(what), Number(n)])),
    published: Number(doors[0]?.["n"] ?? 0),
  };
}

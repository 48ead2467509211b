import type { EnrolAction, Registration } from "../../protocol/registration.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import { rowOf, whyNot } from "./accept.ts";
import type { RegistryDeps } from "./deps.ts";
import type { Allowances } from "./limits.ts";
import { noteChanged } from "./outbox.ts";
import { registrationOf } from "./registration.ts";

/** Where a signed request came from, and by whose key. */
export interface Sender {
  /** Of the connection, canonical; null where nobody knows. */
  readonly observed: string | null;
  /** 32 bytes; they hash to the id. */
  readonly publicKey: Uint8Array;
}

/**
 * Registers a box, or notes its version when it is registered already. One that was given up after a long time is itself again: its id is
 * the hash of its key, so nobody else can have it.
 */
export async function enrol(
  deps: RegistryDeps,
  allowances: Allowances,
  action: EnrolAction,
  sender: Sender,
): Promise<Registration> {
  const { store, clock, names } = deps;
  const now = clock.now();
  const key = Buffer.from(sender.publicKey).toString("base64url");
  const registration = await store.transaction(async (sql) => {
    let row = await known(sql, action, key, now);
    if (row === undefined) {
      const there = await rowOf(sql, action.iss);
      if (there !== undefined) throw whyNot(there, true);
      allowances.takeEnrolment(sender.observed ?? "");
      row = await insert(sql, action, key, now);
      if (row === undefined) throw whyNot(await rowOf(sql, action.iss), true);
      // What is at its name from the beginning.
      if (deps.caa.length > 0) await noteChanged(sql, store, names.zone, [names.below(action.iss)], now);
    } else if (row["before"] !== "active" && deps.caa.length > 0)
      await noteChanged(sql, store, names.zone, [names.below(action.iss)], now);
    return registrationOf(sql, names, row, sender.observed);
  });
  if (deps.caa.length > 0) store.wake();
  return registration;
}

/** A box that was here before. The hash is of 80 bits: who ever finds another key for it is not this box. */
async function known(
  sql: Sql,
  { iss, seq, version, model }: EnrolAction,
  key: string,
  now: number,
): Promise<SqlRow | undefined> {
  const before = await sql.query("SELECT state FROM boxes WHERE id = $1", [iss]);
  const [row] = await sql.query(
    `UPDATE boxes SET seq = $2, seen_at = $3, version = $4, model = $5, public_key = $6, state = 'active'
     WHERE id = $1 AND seq < $2 AND blocked IS NULL AND public_key IN ($6, '') RETURNING *`,
    [iss, seq, now, version, model ?? null, key],
  );
  return row === undefined ? undefined : { ...row, before: before[0]?.["state"] ?? null };
}

async function insert(
  sql: Sql,
  { iss, seq, version, model }: EnrolAction,
  key: string,
  now: number,
): Promise<SqlRow | undefined> {
  const [row] = await sql.query(
    `INSERT INTO boxes (id, public_key, version, model, seq, state, blocked, enrolled_at, seen_at, lan, lan_at, challenge, challenge_until)
     VALUES ($1, $2, $3, $4, $5, 'active', NULL, $6, $6, '[]', NULL, '[]', NULL)
     ON CONFLICT (id) DO NOTHING RETURNING *`,
    [iss, key, version, model ?? null, seq, now],
  );
  return row;
}

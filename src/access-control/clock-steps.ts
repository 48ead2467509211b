import type { Database } from "../kernel/store/database.ts";
import type { Clients } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";
import type { Sessions } from "./sessions.ts";

/** The wall clock has changed by other than the passing of time; epoch ms. As the kernel's, whose text says more. */
export interface ClockStep {
  readonly from: number;
  readonly to: number;
  /** The time that was not believed and is over with this step; null: the time before was believed. */
  readonly era: { readonly start: number; readonly end: number } | null;
}

export interface ClockStepDeps {
  database: Database;
  clients: Clients;
  sessions: Sessions;
  limits: AccessLimits;
}

/**
 * Lets what is kept follow the wall clock, in one transaction.
 *
 * - What was made or renewed in a time that was not believed moves with it: a stay of seven days that began two hours ago still
 *   has seven days less two hours. Nothing else is of that time, since it is later than all that was made before.
 * - When a time that was believed steps back, what it says was made after now moves back likewise, and no guest stays longer
 *   than was left of the stay.
 * - When it steps forward, nothing moves: what is over is over.
 *
 * @returns false: it was followed already, before a power cut
 */
export function followClockStep(deps: ClockStepDeps, step: ClockStep): boolean {
  const { database, clients, sessions } = deps;
  const { from, to, era } = step;
  if (era === null && to >= from) return true;
  const done = database.transaction(() => {
    if (era !== null && !isNew(database, era.start)) return false;
    if (era === null) endStays(database, from, to);
    else moveStays(deps, era, to - from);
    const future = { start: to + 1, end: Number.MAX_SAFE_INTEGER };
    moveRest(deps, era ?? future, to - from);
    return true;
  });
  clients.reload();
  sessions.reload();
  return done;
}

/** Remembers that an era was followed: the clock's own document is another file, and the power may fail between the two. */
function isNew(database: Database, start: number): boolean {
  const { changes } = database
    .prepare("INSERT INTO clock_eras (start) VALUES (?) ON CONFLICT (start) DO NOTHING")
    .run(start);
  return changes > 0;
}

type Span = NonNullable<ClockStep["era"]>;

/** Stays that began in the span: with the pairing, or when the client became a guest. */
function moveStays({ database, limits }: ClockStepDeps, { start, end }: Span, by: number): void {
  database
    .prepare(
      `UPDATE clients SET not_after = not_after + ?
         WHERE paired_at BETWEEN ? AND ? OR not_after - ? BETWEEN ? AND ?`,
    )
    .run(by, start, end, limits.guest, start, end);
}

/** After a step back each stay has what was left of it at the most: who had gone stays gone. */
function endStays(database: Database, from: number, to: number): void {
  database
    .prepare("UPDATE clients SET not_after = MIN(not_after, ? + MAX(0, not_after - ?)) WHERE not_after > ?")
    .run(to, from, to);
}

/** Whatever else was made in the span. */
function moveRest({ database, limits }: ClockStepDeps, { start, end }: Span, by: number): void {
  const run = (sql: string, ...values: (number | string)[]): void =>
    void database.prepare(sql).run(...values);
  // Claims first: they are as old as their clients.
  run(
    `UPDATE pairing_claims SET expires_at = expires_at + ?, delivered_at = delivered_at + ?
       WHERE client IN (SELECT id FROM clients WHERE paired_at BETWEEN ? AND ?)`,
    ...[by, by, start, end],
  );
  for (const column of ["paired_at", "last_seen_at", "revoked_at"])
    run(`UPDATE clients SET ${column} = ${column} + ? WHERE ${column} BETWEEN ? AND ?`, by, start, end);
  // One that was begun before and renewed since ends with its term, counted from its true beginning.
  run(
    `UPDATE sessions SET
       expires_at = CASE WHEN created_at BETWEEN ? AND ? THEN expires_at + ? ELSE MIN(expires_at + ?, created_at + ?) END,
       created_at = CASE WHEN created_at BETWEEN ? AND ? THEN created_at + ? ELSE created_at END,
       rotated_at = rotated_at + ?
     WHERE rotated_at BETWEEN ? AND ?`,
    ...[start, end, by, by, limits.refreshAbsolute, start, end, by, by, start, end],
  );
}

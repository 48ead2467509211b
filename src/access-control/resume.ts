import type { Database } from "../kernel/store/database.ts";
import type { AccessLimits } from "./limits.ts";

/** After a power cut a box without a battery may run so far ahead of the time at which it went out, ms. */
const AHEAD = 15 * 60_000;

/**
 * Gives those who were answered, or were about to be, when the last process ended the time that they would have had: a claim
 * to be collected, and an answer that was lost to be asked for again. What was over long before stays over.
 * @param now epoch ms
 */
export function resumeInterrupted(database: Database, now: number, limits: AccessLimits): void {
  const { claimLifetime, retryGrace } = limits;
  const run = (sql: string, ...values: number[]): void => void database.prepare(sql).run(...values);
  database.transaction(() => {
    run(
      "UPDATE pairing_claims SET expires_at = ? WHERE delivered_at IS NULL AND expires_at BETWEEN ? AND ?",
      now + claimLifetime,
      now - AHEAD,
      now + claimLifetime,
    );
    const lately = now - retryGrace - AHEAD;
    run("UPDATE pairing_claims SET delivered_at = ? WHERE delivered_at BETWEEN ? AND ?", now, lately, now);
    run("UPDATE sessions SET rotated_at = ? WHERE rotated_at BETWEEN ? AND ?", now, lately, now);
  });
}

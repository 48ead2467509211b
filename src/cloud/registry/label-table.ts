import { TellyportError } from "../../kernel/errors.ts";
import type { Sql } from "../store/ports.ts";
import { fold, unfitness } from "./labels.ts";
import type { ZoneNames } from "./names.ts";

export type LabelKind = "alias" | "host";

/** A label that was given up is nobody else's for so long. */
export const QUARANTINE = 365 * 24 * 3600_000;
/** Labels that a box has given up and that still are nobody's: who changes its mind more often waits. */
const MOST_GIVEN_UP = 8;

export async function labelsOf(sql: Sql, box: string, kind: LabelKind): Promise<string[]> {
  const rows = await sql.query(
    "SELECT label FROM labels WHERE box = $1 AND kind = $2 AND released_at IS NULL ORDER BY label",
    [box, kind],
  );
  return rows.map(({ label }) => String(label));
}

/**
 * Gives a label to a box that does not have it.
 * @param names whose own labels are nobody's
 * @param now ms since 1970
 * @throws TellyportError `alias-unfit`, `alias-taken`, `rate-limited`
 */
export async function takeLabel(
  sql: Sql,
  names: Pick<ZoneNames, "ownLabels">,
  { label, kind, box, now }: { label: string; kind: LabelKind; box: string; now: number },
): Promise<void> {
  const why = unfitness(label, names.ownLabels);
  if (why !== null) throw new TellyportError("alias-unfit", `${label} cannot be had. ${why}`);
  const folded = fold(label);
  // Its own from before, in whatever spelling, and what has been nobody's for long enough.
  await sql.query(
    "DELETE FROM labels WHERE folded = $1 AND released_at IS NOT NULL AND (box = $2 OR released_at < $3)",
    [folded, box, now - QUARANTINE],
  );
  const [row] = await sql.query(
    `INSERT INTO labels (label, folded, kind, box, since, released_at) VALUES ($1, $2, $3, $4, $5, NULL)
     ON CONFLICT DO NOTHING RETURNING label`,
    [label, folded, kind, box, now],
  );
  if (row === undefined)
    throw new TellyportError(
      "alias-taken",
      `${label}, or a name that looks like it, is taken. Choose another.`,
    );
  const [given] = await sql.query(
    "SELECT COUNT(*) AS n FROM labels WHERE box = $1 AND released_at IS NOT NULL",
    [box],
  );
  if (Number(given?.["n"] ?? 0) >= MOST_GIVEN_UP)
    throw new TellyportError("rate-limited", "This box has given up too many names lately.", {
      retryAfterMs: 24 * 3600_000,
    });
}

export async function releaseLabel(sql: Sql, label: string, now: number): Promise<void> {
  await sql.query("UPDATE labels SET released_at = $2 WHERE label = $1 AND released_at IS NULL", [
    label,
    now,
  ]);
  await sql.query("DELETE FROM hosts WHERE label = $1", [label]);
  await sql.query("DELETE FROM host_days WHERE label = $1", [label]);
  await sql.query("DELETE FROM host_changes WHERE label = $1", [label]);
}

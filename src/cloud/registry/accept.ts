import { TellyportError } from "../../kernel/errors.ts";
import type { Sql, SqlRow } from "../store/ports.ts";

/** What every request of a box says of itself. */
export interface Request {
  readonly iss: string;
  readonly seq: number;
}

/**
 * Takes a request's sequence number, in the transaction of its effect; the box's other requests wait until that is over.
 * @param now ms since 1970
 * @returns the box's row
 * @throws TellyportError `box-unknown`, `box-blocked`, `sequence-behind` (with `detail.seq`)
 */
export async function accept(sql: Sql, { iss, seq }: Request, now: number): Promise<SqlRow> {
  const [row] = await sql.query(
    "UPDATE boxes SET seq = $2, seen_at = $3 WHERE id = $1 AND seq < $2 AND state = 'active' AND blocked IS NULL RETURNING *",
    [iss, seq, now],
  );
  if (row !== undefined) return row;
  throw whyNot(await rowOf(sql, iss), false);
}

export async function rowOf(sql: Sql, id: string): Promise<SqlRow | undefined> {
  return (await sql.query("SELECT * FROM boxes WHERE id = $1", [id]))[0];
}

/** @param enrols whether the request may be a box's first, or its first after it was given up */
export function whyNot(row: SqlRow | undefined, enrols: boolean): TellyportError {
  if (row === undefined || (!enrols && row["state"] !== "active" && row["blocked"] === null))
    return new TellyportError("box-unknown", "No such box is registered here. Enrol it first.");
  if (row["blocked"] !== null)
    return new TellyportError("box-blocked", "The operator of this cloud has blocked this box. Ask there.");
  return behind(Number(row["seq"]));
}

function behind(seq: number): TellyportError {
  return new TellyportError(
    "sequence-behind",
    `The request is older than one before, or was sent twice: the last was number ${seq}.`,
    { detail: { seq } },
  );
}

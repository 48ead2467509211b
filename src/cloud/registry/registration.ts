import type { DoorState, Registration } from "../../protocol/registration.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import type { Family } from "./address-policy.ts";
import type { ZoneNames } from "./names.ts";

/** The next update is due after a day; sooner where another one may find what this one did not. */
const REFRESH_SECONDS = 24 * 3600;
const SOON_SECONDS = 3600;
const SOON: ReadonlySet<string> = new Set(["unverified", "unstable"]);

/** What the cloud knows of a box, as every action answers it. @param box its row */
export async function registrationOf(
  sql: Sql,
  names: ZoneNames,
  box: SqlRow,
  observed: string | null,
): Promise<Registration> {
  const id = String(box["id"]);
  // One question instead of two: on PostgreSQL the way there costs more than the answer.
  const rows = await sql.query(
    `SELECT 'door' AS kind, family AS name, state, address, port FROM doors WHERE box = $1
     UNION ALL SELECT kind, label, NULL, NULL, NULL FROM labels WHERE box = $1 AND released_at IS NULL`,
    [id],
  );
  const labelled = (kind: string): string[] =>
    rows
      .filter((row) => row["kind"] === kind)
      .map(({ name }) => names.below(String(name)))
      .sort();
  const door = (family: Family): Registration["doors"]["ipv4"] => {
    const row = rows.find((one) => one["kind"] === "door" && one["name"] === family);
    return {
      state: (row?.["state"] ?? "none") as DoorState,
      address: (row?.["address"] ?? null) as string | null,
      port: (row?.["port"] ?? null) as number | null,
    };
  };
  return {
    box: id,
    name: names.below(id),
    lanName: names.lan(id),
    alias: labelled("alias")[0] ?? null,
    hosts: labelled("host"),
    observed,
    doors: { ipv4: door("ipv4"), ipv6: door("ipv6") },
    refreshSeconds: rows.some(({ state }) => SOON.has(String(state))) ? SOON_SECONDS : REFRESH_SECONDS,
    seq: Number(box["seq"]),
  };
}

import type { DoorState, Registration } from "../../protocol/registration.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import type { Family } from "./address-policy.ts";
import type { ZoneNames } from "./names.ts";

/** The next update is due after a day. */
const REFRESH_SECONDS = 24 * 3600;

/** What the cloud knows of a box, as every action answers it. @param box its row */
export async function registrationOf(
  sql: Sql,
  names: ZoneNames,
  box: SqlRow,
  observed: string | null,
): Promise<Registration> {
  const id = String(box["id"]);
  const doors = await sql.query("SELECT family, state, address, port FROM doors WHERE box = $1", [id]);
  const labels = await sql.query(
    "SELECT label, kind FROM labels WHERE box = $1 AND released_at IS NULL ORDER BY label",
    [id],
  );
  const labelled = (kind: string): string[] =>
    labels.filter((row) => row["kind"] === kind).map(({ label }) => names.below(String(label)));
  const door = (family: Family): Registration["doors"]["ipv4"] => {
    const row = doors.find((one) => one["family"] === family);
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
    refreshSeconds: REFRESH_SECONDS,
    seq: Number(box["seq"]),
  };
}

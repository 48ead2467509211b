import type { DoorState } from "../../protocol/registration.ts";
import type { Sql, SqlRow } from "../store/ports.ts";
import type { Family } from "./address-policy.ts";
import { parseSeen, type Seen } from "./flapping.ts";

/** How a box is reached by one address family, as far as we know. */
export interface Door {
  readonly state: DoorState;
  readonly address: string | null;
  readonly port: number | null;
  /** Of the update that spoke of it last. */
  readonly seq: number;
  /** The address that is in the DNS, or shall be; only one that the box signed for. */
  readonly published: string | null;
  /** At which port it answered, and when, ms since 1970. */
  readonly verifiedPort: number | null;
  readonly verifiedAt: number | null;
  readonly recent: readonly Seen[];
  readonly reportedAt: number;
}

export const NO_DOOR: Door = {
  state: "none",
  address: null,
  port: null,
  seq: 0,
  published: null,
  verifiedPort: null,
  verifiedAt: null,
  recent: [],
  reportedAt: 0,
};

export async function readDoor(sql: Sql, box: string, family: Family): Promise<Door> {
  const [row] = await sql.query("SELECT * FROM doors WHERE box = $1 AND family = $2", [box, family]);
  return row === undefined ? NO_DOOR : doorOf(row);
}

function doorOf(row: SqlRow): Door {
  const number = (name: string): number | null => (row[name] === null ? null : Number(row[name]));
  const text = (name: string): string | null => (row[name] === null ? null : String(row[name]));
  return {
    state: String(row["state"]) as DoorState,
    address: text("address"),
    port: number("port"),
    seq: Number(row["seq"]),
    published: text("published"),
    verifiedPort: number("verified_port"),
    verifiedAt: number("verified_at"),
    recent: parseSeen(String(row["recent"])),
    reportedAt: Number(row["reported_at"]),
  };
}

export async function writeDoor(sql: Sql, box: string, family: Family, door: Door): Promise<void> {
  await sql.query(
    `INSERT INTO doors (box, family, state, address, port, seq, published, verified_port, verified_at, recent, reported_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (box, family) DO UPDATE SET state = excluded.state, address = excluded.address, port = excluded.port, seq = excluded.seq,
       published = excluded.published, verified_port = excluded.verified_port, verified_at = excluded.verified_at,
       recent = excluded.recent, reported_at = excluded.reported_at`,
    [
      box,
      family,
      door.state,
      door.address,
      door.port,
      door.seq,
      door.published,
      door.verifiedPort,
      door.verifiedAt,
      JSON.stringify(door.recent),
      door.reportedAt,
    ],
  );
}

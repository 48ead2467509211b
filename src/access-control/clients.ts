import type { Database, Row } from "../kernel/store/database.ts";
import type { Client, PublicJwk } from "../protocol/api.ts";
import type { Principal, Role, TerminalType } from "../protocol/principal.ts";

/** A paired phone. All times in milliseconds since 1970. */
export interface ClientRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly terminalType: TerminalType;
  /** `key`: own key and tokens; `lan`: LAN viewer by cookie. */
  readonly kind: "key" | "lan";
  /** Null for a LAN viewer. */
  readonly jwk: PublicJwk | null;
  /** RFC 7638; empty for a LAN viewer. */
  readonly thumbprint: string;
  readonly user: string;
  readonly payer: string;
  readonly pairedAt: number;
  readonly lastSeenAt: number | null;
  readonly lastAddress: string | null;
  /** End of a guest's stay. */
  readonly notAfter: number | null;
  readonly revokedAt: number | null;
}

/** How often "last seen" is written down: each write waits for the disk. */
const SEEN_EVERY = 10 * 60_000;
/** Revoked clients that are remembered, to be told `client-revoked`. */
const REVOKED_KEPT = 256;

/** All clients, in memory for every request's check and in the database for the next start. */
export class Clients {
  readonly #database: Database;
  readonly #records = new Map<string, ClientRecord>();
  readonly #seenWritten = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
    database
      .prepare(
        `DELETE FROM clients WHERE revoked_at IS NOT NULL AND id NOT IN
           (SELECT id FROM clients WHERE revoked_at IS NOT NULL ORDER BY revoked_at DESC LIMIT ${REVOKED_KEPT})`,
      )
      .run();
    for (const row of database.prepare("SELECT * FROM clients ORDER BY paired_at, id").all()) {
      const record = recordOf(row);
      this.#records.set(record.id, record);
    }
  }

  /** Also those that were revoked. */
  get(id: string): ClientRecord | undefined {
    return this.#records.get(id);
  }

  /** All that are remembered, in order of pairing. */
  all(): readonly ClientRecord[] {
    return [...this.#records.values()];
  }

  /** Those that may use the box at `now`, in order of pairing. */
  active(now: number): ClientRecord[] {
    return [...this.#records.values()].filter((record) => isActive(record, now));
  }

  owners(now: number): ClientRecord[] {
    return this.active(now).filter((record) => record.role === "owner");
  }

  /** Writes the row, as part of the caller's transaction; {@link remember} when it is committed. */
  write(record: ClientRecord): void {
    this.#database
      .prepare(
        `INSERT INTO clients (id, name, role, terminal_type, kind, jwk, thumbprint, user, payer, paired_at,
           last_seen_at, last_address, not_after, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        record.id,
        record.name,
        record.role,
        record.terminalType,
        record.kind,
        record.jwk === null ? null : JSON.stringify(record.jwk),
        record.thumbprint,
        record.user,
        record.payer,
        record.pairedAt,
        record.lastSeenAt,
        record.lastAddress,
        record.notAfter,
        record.revokedAt,
      );
  }

  remember(record: ClientRecord): void {
    this.#records.set(record.id, record);
  }

  rename(record: ClientRecord, name: string): ClientRecord {
    this.#database.prepare("UPDATE clients SET name = ? WHERE id = ?").run(name, record.id);
    return this.#replace(record, { name });
  }

  changeRole(record: ClientRecord, role: Role, notAfter: number | null): ClientRecord {
    this.#database
      .prepare("UPDATE clients SET role = ?, not_after = ? WHERE id = ?")
      .run(role, notAfter, record.id);
    return this.#replace(record, { role, notAfter });
  }

  changeStay(record: ClientRecord, notAfter: number): ClientRecord {
    this.#database.prepare("UPDATE clients SET not_after = ? WHERE id = ?").run(notAfter, record.id);
    return this.#replace(record, { notAfter });
  }

  revoke(record: ClientRecord, now: number): void {
    this.#database.prepare("UPDATE clients SET revoked_at = ? WHERE id = ?").run(now, record.id);
    this.#replace(record, { revokedAt: now });
  }

  /** Removes a client that never collected its tokens. */
  forget(id: string): void {
    this.#database.prepare("DELETE FROM clients WHERE id = ?").run(id);
    this.#records.delete(id);
  }

  seen(record: ClientRecord, now: number, address: string | null): void {
    const written = this.#seenWritten.get(record.id);
    const updated = this.#replace(record, { lastSeenAt: now, lastAddress: address });
    if (written !== undefined && Math.abs(now - written) < SEEN_EVERY && record.lastAddress === address)
      return;
    this.#seenWritten.set(record.id, now);
    this.#database
      .prepare("UPDATE clients SET last_seen_at = ?, last_address = ? WHERE id = ?")
      .run(updated.lastSeenAt, updated.lastAddress, updated.id);
  }

  #replace(record: ClientRecord, change: Partial<ClientRecord>): ClientRecord {
    const updated = { ...(this.#records.get(record.id) ?? record), ...change };
    this.#records.set(updated.id, updated);
    return updated;
  }
}

export function isActive(record: ClientRecord, now: number): boolean {
  return record.revokedAt === null && (record.notAfter === null || now < record.notAfter);
}

export function principalOf(record: ClientRecord): Principal {
  const { id, user, terminalType, role, payer } = record;
  return { client: id, user, terminalType, role, payer };
}

/** What the API shows of a client. @param asking id of the client that asks */
export function describeClient(record: ClientRecord, asking: string): Client {
  const { id, name, role, terminalType, kind } = record;
  return {
    id,
    name,
    role,
    terminalType,
    kind,
    pairedAt: new Date(record.pairedAt).toISOString(),
    lastSeenAt: record.lastSeenAt === null ? null : new Date(record.lastSeenAt).toISOString(),
    lastAddress: record.lastAddress,
    endsAt: record.notAfter === null ? null : new Date(record.notAfter).toISOString(),
    current: id === asking,
  };
}

/** Our own rows: the casts restate what `write` put in. */
function recordOf(row: Row): ClientRecord {
  const number = (name: string): number | null => (row[name] === null ? null : Number(row[name]));
  const text = (name: string): string => row[name] as string;
  return {
    id: text("id"),
    name: text("name"),
    role: text("role") as Role,
    terminalType: text("terminal_type") as TerminalType,
    kind: text("kind") as ClientRecord["kind"],
    jwk: row["jwk"] === null ? null : (JSON.parse(text("jwk")) as PublicJwk),
    thumbprint: text("thumbprint"),
    user: text("user"),
    payer: text("payer"),
    pairedAt: Number(row["paired_at"]),
    lastSeenAt: number("last_seen_at"),
    lastAddress: row["last_address"] === null ? null : text("last_address"),
    notAfter: number("not_after"),
    revokedAt: number("revoked_at"),
  };
}

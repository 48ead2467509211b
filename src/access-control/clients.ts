import type { Database, Row } from "../kernel/store/database.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { Client, PublicJwk } from "../protocol/api.ts";
import type { Principal, Role, TerminalType } from "../protocol/principal.ts";
import { isHome } from "./home.ts";

/** `key`: own key and tokens; `browser`: by cookie over https, keeps no key; `lan`: LAN viewer by cookie over plain http. */
export type ClientKind = "key" | "browser" | "lan";

/** A paired phone. All times in milliseconds since 1970. */
export interface ClientRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly terminalType: TerminalType;
  readonly kind: ClientKind;
  /** Null for one without a key. */
  readonly jwk: PublicJwk | null;
  /** RFC 7638; empty for one without a key. */
  readonly thumbprint: string;
  readonly user: string;
  readonly payer: string;
  readonly pairedAt: number;
  readonly lastSeenAt: number | null;
  readonly lastAddress: string | null;
  /**
   * Whether it was in the home network then; null before it was seen with this known. For people: asked of the system when the
   * address is another or the row is written, so who decides by it asks {@link isHome} of the request.
   */
  readonly lastHome: boolean | null;
  /** The client whose hand-off it took up, and whose limits count for it too; null when it paired by an offer. */
  readonly handedOverFrom: string | null;
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
    this.reload();
  }

  /** Reads them anew: they were changed in the database. */
  reload(): void {
    this.#records.clear();
    for (const row of this.#database.prepare("SELECT * FROM clients ORDER BY paired_at, id").all()) {
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

  /** The first of the line of hand-offs that a client came by; itself for most. */
  rootOf(id: string): string {
    let root = id;
    // A line is as long as its clients are many; what was revoked and forgotten ends it.
    for (let parent = this.#records.get(root)?.handedOverFrom; parent != null && this.#records.has(parent);) {
      root = parent;
      parent = this.#records.get(root)?.handedOverFrom;
    }
    return root;
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
           last_seen_at, last_address, last_home, handed_over_from, not_after, revoked_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
        sqlBoolean(record.lastHome),
        record.handedOverFrom,
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

  /** Notes that it was here; written down at another address, and every ten minutes. */
  seen(record: ClientRecord, now: number, origin: RequestOrigin): void {
    const written = this.#seenWritten.get(record.id);
    const { address } = origin;
    if (
      written !== undefined &&
      Math.abs(now - written) < SEEN_EVERY &&
      record.lastAddress === address &&
      record.lastHome !== null
    ) {
      this.#replace(record, { lastSeenAt: now });
      return;
    }
    const home = isHome(origin);
    this.#replace(record, { lastSeenAt: now, lastAddress: address, lastHome: home });
    this.#seenWritten.set(record.id, now);
    this.#database
      .prepare("UPDATE clients SET last_seen_at = ?, last_address = ?, last_home = ? WHERE id = ?")
      .run(now, address, sqlBoolean(home), record.id);
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

/** Why one that is not active is not, for its own ears. */
export function whyGone(record: Pick<ClientRecord, "revokedAt">): {
  code: "client-revoked" | "stay-over";
  message: string;
} {
  return record.revokedAt === null
    ? { code: "stay-over", message: "This client's stay is over. Ask the box's owner for a new code." }
    : { code: "client-revoked", message: "The owner has removed this client. Pair it again." };
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
    lastHome: record.lastHome,
    endsAt: record.notAfter === null ? null : new Date(record.notAfter).toISOString(),
    handedOverFrom: record.handedOverFrom,
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
    kind: text("kind") as ClientKind,
    jwk: row["jwk"] === null ? null : (JSON.parse(text("jwk")) as PublicJwk),
    thumbprint: text("thumbprint"),
    user: text("user"),
    payer: text("payer"),
    pairedAt: Number(row["paired_at"]),
    lastSeenAt: number("last_seen_at"),
    lastAddress: row["last_address"] === null ? null : text("last_address"),
    lastHome: row["last_home"] === null ? null : Number(row["last_home"]) === 1,
    handedOverFrom: row["handed_over_from"] === null ? null : text("handed_over_from"),
    notAfter: number("not_after"),
    revokedAt: number("revoked_at"),
  };
}

function sqlBoolean(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

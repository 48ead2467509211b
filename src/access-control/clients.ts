import { messageOf } from "../kernel/errors.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { Database, Row } from "../kernel/store/database.ts";
import { Mirror } from "../kernel/store/mirror.ts";
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
  /** Names its line: the client that paired by an offer, and all that came of it by hand-off, each of the one before. */
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
  /** The client whose hand-off it took up, or who is remembered of those before; null when it paired by an offer. */
  readonly handedOverFrom: string | null;
  /** It is the box's own screen: a link from the command line made it so. */
  readonly screen: boolean;
  /** End of a guest's stay. */
  readonly notAfter: number | null;
  readonly revokedAt: number | null;
}

/** How often "last seen" is written down: each write waits for the disk ... */
const SEEN_EVERY = 10 * 60_000;
/** ... and how often from another address than was written: a phone may change its at each request. */
const MOVED_EVERY = 60_000;
/** Revoked clients that are remembered, to be told `client-revoked`. */
const REVOKED_KEPT = 256;
/** Of one line: who hands its place to itself, and leaves the old one, again and again takes no memory from others. */
const REVOKED_KEPT_OF_LINE = 16;

/** All clients, in memory for every request's check and in the database for the next start. */
export class Clients {
  readonly #database: Database;
  readonly #records: Mirror<ClientRecord>;
  readonly #log: LineLog;
  /** When (epoch ms) and where a client was last written down. */
  readonly #written = new Map<string, { at: number; address: string | null }>();

  constructor(database: Database, log: LineLog) {
    this.#database = database;
    this.#log = log;
    this.#records = new Mirror(database);
    this.reload();
    database.transaction(() => this.#forgetOldest());
  }

  /** Reads them anew: they were changed in the database. */
  reload(): void {
    const rows = this.#database.prepare("SELECT * FROM clients ORDER BY paired_at, id").all();
    this.#records.replaceAll(rows.map(recordOf).map((record) => [record.id, record]));
  }

  /** Also those that were revoked. */
  get(id: string): ClientRecord | undefined {
    return this.#records.get(id);
  }

  /** All that are remembered, in order of pairing. */
  all(): readonly ClientRecord[] {
    return this.#records.values();
  }

  /** The line that a client is of, whose limits, quota and tries at the PIN are one; itself for one that is not remembered. */
  lineOf(id: string): string {
    return this.#records.get(id)?.user ?? id;
  }

  /** Whether anybody of a line is remembered; its first may not be. */
  hasLine(line: string): boolean {
    return this.all().some(({ user }) => user === line);
  }

  /** Those that may use the box at `now`, in order of pairing. */
  active(now: number): ClientRecord[] {
    return this.all().filter((record) => isActive(record, now));
  }

  owners(now: number): ClientRecord[] {
    return this.active(now).filter((record) => record.role === "owner");
  }

  /** Adds one, as part of the caller's transaction. */
  write(record: ClientRecord): void {
    this.#database
      .prepare(
        `INSERT INTO clients (id, name, role, terminal_type, kind, jwk, thumbprint, user, payer, paired_at,
           last_seen_at, last_address, last_home, handed_over_from, screen, not_after, revoked_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
        sqlBoolean(record.screen),
        record.notAfter,
        record.revokedAt,
      );
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

  /** As part of the caller's transaction. */
  revoke(record: ClientRecord, now: number): void {
    this.#database.prepare("UPDATE clients SET revoked_at = ? WHERE id = ?").run(now, record.id);
    this.#replace(record, { revokedAt: now });
    this.#forgetOldest();
  }

  /** Removes a client that never collected its tokens. */
  forget(id: string): void {
    this.#database.prepare("DELETE FROM clients WHERE id = ?").run(id);
    this.#records.delete(id);
    this.#written.delete(id);
  }

  /**
   * Notes that it was here; written down every ten minutes, at another address at most once a minute, so that
   * where it was in that minute may be lost with the power.
   */
  seen(record: ClientRecord, now: number, origin: RequestOrigin): void {
    const { address } = origin;
    const written = this.#written.get(record.id);
    const every = written?.address === address ? SEEN_EVERY : MOVED_EVERY;
    const isDue = written === undefined || Math.abs(now - written.at) >= every;
    const isKnown = !isDue && record.lastAddress === address && record.lastHome !== null;
    const home = isKnown ? record.lastHome : isHome(origin);
    this.#replace(record, { lastSeenAt: now, lastAddress: address, lastHome: home });
    if (!isDue) return;
    this.#written.set(record.id, { at: now, address });
    try {
      this.#database
        .prepare("UPDATE clients SET last_seen_at = ?, last_address = ?, last_home = ? WHERE id = ?")
        .run(now, address, sqlBoolean(home), record.id);
    } catch (error) {
      // A full disk: nobody is turned away for what is there for people to look at.
      this.#log.error({ error: messageOf(error) }, "last-seen-not-written");
    }
  }

  /** Forgets the oldest of those that were revoked, where they are too many. */
  #forgetOldest(): void {
    const revoked = this.all().filter(({ revokedAt }) => revokedAt !== null);
    revoked.reverse().sort((one, other) => Number(other.revokedAt) - Number(one.revokedAt));
    const kept = new Map<string, number>();
    let inAll = 0;
    for (const record of revoked) {
      const ofLine = kept.get(record.user) ?? 0;
      if (inAll === REVOKED_KEPT || ofLine === REVOKED_KEPT_OF_LINE) {
        this.#forgetRevoked(record.id);
        continue;
      }
      kept.set(record.user, ofLine + 1);
      inAll++;
    }
  }

  /** Who took up its hand-offs is from now on of the one before it: whom a client comes of stays known. */
  #forgetRevoked(id: string): void {
    const before = this.#records.get(id)?.handedOverFrom ?? null;
    this.#database
      .prepare("UPDATE clients SET handed_over_from = ? WHERE handed_over_from = ?")
      .run(before, id);
    for (const record of this.all())
      if (record.handedOverFrom === id) this.#replace(record, { handedOverFrom: before });
    this.forget(id);
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

/** @param atBox the request was made in a browser on the box itself */
export function principalOf(record: ClientRecord, atBox: boolean): Principal {
  const { id, user, terminalType, role, payer, kind } = record;
  return {
    client: id,
    user,
    terminalType,
    role,
    payer,
    // What such a client is given goes over plain http, for anybody in the house to copy.
    ...(kind === "lan" && { homeOnly: true as const }),
    ...(atBox && isScreen(record) && { screen: true as const }),
  };
}

/** Whether a client lets others in when it asks from the box: an owner who makes a kid or guest of its screen takes that away. */
export function isScreen({ screen, kind, role }: ClientRecord): boolean {
  return screen && kind === "key" && (role === "viewer" || role === "owner");
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
    ...(record.screen && { screen: isScreen(record) }),
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
    screen: Number(row["screen"]) === 1,
    notAfter: number("not_after"),
    revokedAt: number("revoked_at"),
  };
}

function sqlBoolean(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

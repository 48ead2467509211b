import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { Database, Row, SqlValue } from "../../kernel/store/database.ts";
import type { AuditEntry } from "../../protocol/access-api.ts";
import { ALARMS } from "../../protocol/audit-events.ts";
import type { AuditNote, AuditPort } from "./port.ts";
import { alikeKey, cleanNote, isAlarm, keepOf, shareOf } from "./rules.ts";
import { migrateAudit } from "./schema.ts";

export interface AuditLogDeps {
  database: Database;
  clock: Clock;
  log: LineLog;
  /** What a client is called now; null: there is none such. */
  nameOf: (client: string) => string | null;
  /** Whether it is written down who watched what; default true. */
  keepsWatched?: boolean;
}

/** Ms that what may wait waits before it is written: each write costs the flash a few pages. */
export const FLUSH_AFTER = 60_000;
/** Ms within which alike notes are one entry. */
const ALIKE_WITHIN = 3_600_000;
/** Ms that an entry is kept. */
export const KEPT_FOR = 90 * 24 * 3_600_000;
/** Entries that may wait in memory. */
const MAX_PENDING = 256;

/** Notes that are to be one entry. */
interface Pending {
  readonly note: ReturnType<typeof cleanNote>;
  readonly alike: string | null;
  readonly at: number;
  until: number;
  count: number;
}

/**
 * The owner's record of who did what: bounded in rows and age, and in what it costs the flash.
 *
 * What an owner does, or would miss, is written with the caller's transaction when there is one. What strangers cause waits
 * in memory, at most a minute, and is counted rather than listed; a power cut may take that minute.
 */
export class AuditLog implements AuditPort, Component {
  readonly name = "audit";
  readonly #deps: AuditLogDeps;
  readonly #notices: Emitter<AuditEntry>;
  readonly #pending = new Map<string, Pending>();
  #unlike = 0;
  #keepsWatched: boolean;
  #timer: Timer | null = null;
  #stopped = false;

  /** @throws TellyportError `store-too-new` */
  constructor(deps: AuditLogDeps) {
    this.#deps = deps;
    this.#keepsWatched = deps.keepsWatched ?? true;
    this.#notices = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "audit-notice-listener-failed"),
    );
    migrateAudit(deps.database);
  }

  /** Tells of entries that are alarms, once they are on disk. @returns a function that unsubscribes */
  onNotice(listener: (entry: AuditEntry) => void): () => void {
    return this.#notices.on(listener);
  }

  /** Whether it is written down who watched what. What was written stays until it is cleared. */
  get keepsWatched(): boolean {
    return this.#keepsWatched;
  }

  set keepsWatched(keeps: boolean) {
    this.#keepsWatched = keeps;
  }

  note(raw: AuditNote): void {
    if (this.#stopped || (raw.event === "watched" && !this.#keepsWatched)) return;
    try {
      this.#take(raw);
    } catch (error) {
      this.#deps.log.error({ event: raw.event, error: messageOf(error) }, "audit-write-failed");
    }
  }

  /**
   * Writes down at once what happened earlier.
   * @param at ms since 1970
   * @throws a system error when the disk does not take it
   */
  noteAt(raw: AuditNote, at: number): void {
    this.#write({ note: this.#named(raw), alike: null, at, until: at, count: 1 });
  }

  /**
   * Newest first, by the time at which they happened: what may wait is written after what came later.
   * @param options.before entries older than this one; default: all
   * @param options.alarms {@link ALARMS} alone; default: whatever happened
   * @param options.watched what was watched alone, for so many seconds or longer; default: whatever happened
   */
  list(options: {
    before?: number | undefined;
    alarms?: boolean | undefined;
    watched?: number | undefined;
    limit: number;
  }): AuditEntry[] {
    const { clock, database } = this.#deps;
    const { before = Number.MAX_SAFE_INTEGER, alarms = false, watched, limit } = options;
    this.#flush();
    const last = database.prepare("SELECT at FROM audit WHERE id = ?").get(before);
    // Of an entry that is gone meanwhile only its number is known.
    const [older, place]: [string, SqlValue[]] =
      last === undefined ? ["id < ?", [before]] : ["(at, id) < (?, ?)", [last["at"] ?? 0, before]];
    const [ofKind, kinds]: [string, readonly SqlValue[]] =
      watched !== undefined
        ? ["AND quota = 'watched' AND json_extract(detail, '$.seconds') >= ?", [watched]]
        : alarms
          ? [`AND event IN (${ALARMS.map(() => "?").join()})`, ALARMS]
          : ["", []];
    return database
      .prepare(
        `SELECT * FROM audit WHERE ${older} AND until >= ? ${ofKind} ORDER BY at DESC, id DESC LIMIT ?`,
      )
      .all(...place, clock.now() - KEPT_FOR, ...kinds, limit)
      .map(entryOf);
  }

  /**
   * Forgets who watched what, also what waits to be written. Gone when this returns.
   * @throws a system error when the disk does not take it
   */
  clearWatched(): void {
    const { database } = this.#deps;
    database.transaction(() => {
      database.prepare("DELETE FROM audit WHERE quota = 'watched'").run();
      database.prepare("DELETE FROM audit_open").run();
    });
    for (const [key, { note }] of this.#pending) if (note.event === "watched") this.#pending.delete(key);
  }

  /** Writes what waits; takes nothing from then on. */
  stop(): void {
    this.#flush();
    this.#stopped = true;
  }

  #take(raw: AuditNote): void {
    const { clock } = this.#deps;
    const note = this.#named(raw);
    const alike = alikeKey(note);
    const now = clock.now();
    const keep = keepOf(note.event);
    if (keep === "at-once" || (keep === "first-at-once" && this.#isNew(alike, now))) {
      this.#write({ note, alike, at: now, until: now, count: 1 });
      return;
    }
    const key = alike ?? `unlike ${this.#unlike++}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      pending.count++;
      pending.until = now;
    } else if (this.#pending.size < MAX_PENDING) {
      this.#pending.set(key, { note, alike, at: now, until: now, count: 1 });
    } else this.#takeTooMany(note, now);
    this.#timer ??= clock.after(FLUSH_AFTER, () => {
      this.#timer = null;
      this.#flush();
    });
  }

  #named(raw: AuditNote): Pending["note"] {
    const known = raw.client === undefined ? null : this.#deps.nameOf(raw.client);
    return cleanNote({ ...raw, ...(raw.name === undefined && known !== null && { name: known }) });
  }

  /** More senders within a minute than are told apart: one entry for the rest of them. */
  #takeTooMany(note: Pending["note"], now: number): void {
    if (keepOf(note.event) === "later") {
      // Only paired clients cause these.
      this.#flush();
      return this.#write({ note, alike: null, at: now, until: now, count: 1 });
    }
    const alike = `${note.event} elsewhere`;
    const rest = this.#pending.get(alike);
    if (rest === undefined) {
      const anybody = { event: note.event, detail: { senders: "many" } };
      this.#pending.set(alike, { note: anybody, alike, at: now, until: now, count: 1 });
    } else {
      rest.count++;
      rest.until = now;
    }
  }

  #isNew(alike: string | null, now: number): boolean {
    return alike === null || (!this.#pending.has(alike) && this.#find(alike, now) === undefined);
  }

  /** The entry of this hour that an alike note belongs to. */
  #find(alike: string, now: number): Row | undefined {
    return this.#deps.database
      .prepare("SELECT id FROM audit WHERE alike = ? AND ABS(at - ?) < ? ORDER BY id DESC LIMIT 1")
      .get(alike, now, ALIKE_WITHIN);
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#pending.size === 0) return;
    const all = [...this.#pending.values()];
    try {
      this.#deps.database.transaction(() => {
        for (const one of all) this.#write(one);
      });
    } catch (error) {
      this.#deps.log.error({ entries: all.length, error: messageOf(error) }, "audit-write-failed");
    }
    // Not tried again: a disk that is full must not fill the memory too.
    this.#pending.clear();
  }

  #write(entry: Pending): void {
    const { database, clock } = this.#deps;
    const { note, alike, at, until, count } = entry;
    const row = alike === null ? undefined : this.#find(alike, at);
    const detail = JSON.stringify(note.detail);
    if (row !== undefined) {
      const id = row["id"] ?? null;
      database
        .prepare("UPDATE audit SET count = count + ?, until = ?, detail = ? WHERE id = ?")
        .run(count, until, detail, id);
      return;
    }
    const { share, rows } = shareOf(note.event);
    const { event, client = null, name = null, address = null } = note;
    const inserted = database
      .prepare(
        `INSERT INTO audit (at, until, event, quota, alike, client, name, address, count, detail)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      )
      .get(at, until, event, share, alike, client, name, address, count, detail);
    database
      .prepare(
        `DELETE FROM audit WHERE quota = ? AND id <=
           (SELECT id FROM audit WHERE quota = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      )
      .run(share, share, rows);
    database.prepare("DELETE FROM audit WHERE until < ?").run(clock.now() - KEPT_FOR);
    const id = Number(inserted?.["id"]);
    if (isAlarm(event)) queueMicrotask(() => this.#tell(id));
  }

  /** After the caller's transaction: what was rolled back did not happen. */
  #tell(id: number): void {
    if (this.#stopped) return;
    try {
      const row = this.#deps.database.prepare("SELECT * FROM audit WHERE id = ?").get(id);
      if (row !== undefined) this.#notices.emit(entryOf(row));
    } catch (error) {
      this.#deps.log.error({ error: messageOf(error) }, "audit-read-failed");
    }
  }
}

/** Our own rows: the casts restate what `#write` put in. */
function entryOf(row: Row): AuditEntry {
  const count = Number(row["count"]);
  const detail = JSON.parse(row["detail"] as string) as AuditEntry["detail"];
  const until = new Date(Number(row["until"])).toISOString();
  return {
    id: Number(row["id"]),
    at: new Date(Number(row["at"])).toISOString(),
    event: row["event"] as string,
    client: row["client"] as string | null,
    name: row["name"] as string | null,
    address: row["address"] as string | null,
    count,
    detail: count > 1 ? { ...detail, until } : detail,
  };
}

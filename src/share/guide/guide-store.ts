import type { Database } from "../../kernel/store/database.ts";
import { serviceKeyText, type GuideStretch, type ServiceKey } from "../../tuner/index.ts";
import type { RankedEvent } from "./event-ranks.ts";
import { GUIDE_MIGRATIONS } from "./guide-database.ts";
import { COLUMNS, eventOf, LONGEST_SECONDS, placeOf, valuesOf } from "./guide-row.ts";
import { withDurations } from "./now-next.ts";
import { planChanges, type Changes } from "./plan-changes.ts";

const DAY = 24 * 60 * 60_000;
/** How far ahead programmes are kept, ms. */
const AHEAD = 8 * DAY;
/** Between two looks for what is over, ms: many leave at once, and with them whole pages. */
const EXPIRE_EVERY = DAY;
/** Programmes kept of one service. */
const MAX_PER_SERVICE = 1000;
/** Programmes kept in all: 7 days of 200 channels, generously. */
const MAX_IN_ALL = 120_000;

/** Texts of many programmes as one string: a single crossing from SQLite instead of one for every value. */
export interface TextSlice {
  /** Titles and descriptions, each pair separated by {@link FIELD}, pairs by {@link RECORD}. */
  readonly texts: string;
  readonly rows: readonly number[];
}
export const FIELD = "\x1f";
export const RECORD = "\x1e";

/** Programmes in SQLite, bounded; losing the last minutes of it in a power cut is accepted. */
export interface GuideStore {
  /** Writes a batch; what is there already is not written again. @returns programmes written or taken away */
  save(events: readonly RankedEvent[], stretches: readonly GuideStretch[], now: number): number;
  /** Programmes of one service that touch [from, to), in order. */
  between(service: ServiceKey, from: number, to: number, limit: number): RankedEvent[];
  /** Texts in the order of their rows after `row`, at most `limit`: for a search in slices. */
  texts(row: number, limit: number): TextSlice;
  /** The programme of a row of {@link texts}. */
  read(row: number): RankedEvent | null;
}

/** @throws TellyportError `store-too-new` */
export function createGuideStore(database: Database): GuideStore {
  database.migrate("guide", GUIDE_MIGRATIONS);
  const services = new ServiceNumbers(database);
  const places = database.prepare(
    "SELECT id, event_id, starts_at, duration, digest, ranks FROM guide_programme INDEXED BY guide_programme_place WHERE service = ?",
  );
  const one = database.prepare("SELECT * FROM guide_programme WHERE id = ?");
  const insert = database.prepare(
    `INSERT INTO guide_programme (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`,
  );
  const update = database.prepare(
    `UPDATE guide_programme SET ${COLUMNS.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`,
  );
  const remove = database.prepare("DELETE FROM guide_programme WHERE id = ?");
  const between = database.prepare(
    "SELECT * FROM guide_programme WHERE service = ?1 AND starts_at > ?2 - ?5 AND starts_at < ?3 AND starts_at + duration > ?2 ORDER BY starts_at LIMIT ?4",
  );
  // No text holds the separators afterwards, wherever it came from.
  const clean = (column: string): string => `replace(replace(${column}, char(30), ' '), char(31), ' ')`;
  const texts = database.prepare(
    `SELECT group_concat(id) AS ids, group_concat(${clean("title")} || char(31) || ${clean("description")}, char(30)) AS texts
     FROM (SELECT id, title, description FROM guide_programme WHERE id > ? ORDER BY id LIMIT ?)`,
  );
  const over = database.prepare(
    "SELECT id FROM guide_programme INDEXED BY guide_programme_place WHERE starts_at + duration < ?",
  );
  const counted = database.prepare("SELECT count(*) AS n FROM guide_programme");
  let count = Number(counted.get()?.["n"] ?? 0);
  let expiredAt = -Infinity;

  const expire = (now: number): number => {
    if (Math.abs(now - expiredAt) < EXPIRE_EVERY) return 0;
    expiredAt = now;
    const rows = over.all(Math.round((now - DAY) / 1000));
    if (rows.length > 0) database.transaction(() => rows.forEach(({ id }) => remove.run(id ?? 0)));
    count -= rows.length;
    return rows.length;
  };
  const write = (number: number, changes: Changes, room: number): number => {
    for (const id of changes.removed) remove.run(id);
    count -= changes.removed.length;
    let left = room;
    for (const { id, event } of changes.written) {
      const values = valuesOf(number, event);
      if (id > 0) update.run(...values, id);
      else if (left-- > 0 && count < MAX_IN_ALL) {
        insert.run(...values);
        count++;
      }
    }
    return changes.removed.length + changes.written.length;
  };

  return {
    save(events, stretches, now) {
      const wanted = events.filter((event) => event.endsAt >= now - DAY && event.startsAt <= now + AHEAD);
      const work: { number: number; changes: Changes; room: number }[] = [];
      const expired = expire(now);
      for (const batch of byService(wanted, stretches).values()) {
        const stored = places.all(services.find(batch.service) ?? 0).map(placeOf);
        const read = (place: { id: number }): RankedEvent => eventOf(batch.service, one.get(place.id) ?? {});
        const changes = planChanges(stored, withDurations(batch.events), batch.stretches, read, now);
        if (changes.removed.length + changes.written.length === 0) continue;
        const room = MAX_PER_SERVICE - stored.length + changes.removed.length;
        work.push({ number: services.numberOf(batch.service), changes, room });
      }
      if (work.length === 0) return expired;
      try {
        return database.transaction(() =>
          work.reduce((sum, { number, changes, room }) => sum + write(number, changes, room), expired),
        );
      } catch (error) {
        count = Number(counted.get()?.["n"] ?? 0);
        throw error;
      }
    },
    between(service, from, to, limit) {
      const number = services.find(service);
      if (number === null) return [];
      const [first, last] = [
        Math.floor(from / 1000),
        Math.ceil(Math.min(to, Number.MAX_SAFE_INTEGER) / 1000),
      ];
      return between.all(number, first, last, limit, LONGEST_SECONDS).map((row) => eventOf(service, row));
    },
    texts(after, limit) {
      const row = texts.get(after, limit);
      const ids = (row?.["ids"] ?? null) as string | null;
      return { texts: String(row?.["texts"] ?? ""), rows: ids === null ? [] : ids.split(",").map(Number) };
    },
    read(id) {
      const row = one.get(id);
      const service = services.keyOf(Number(row?.["service"]));
      return row === undefined || service === null ? null : eventOf(service, row);
    },
  };
}

interface Batch {
  readonly service: ServiceKey;
  readonly events: RankedEvent[];
  readonly stretches: GuideStretch[];
}

function byService(events: readonly RankedEvent[], stretches: readonly GuideStretch[]): Map<string, Batch> {
  const batches = new Map<string, Batch>();
  const batchOf = (service: ServiceKey): Batch => {
    const key = serviceKeyText(service);
    let batch = batches.get(key);
    if (batch === undefined) batches.set(key, (batch = { service, events: [], stretches: [] }));
    return batch;
  };
  for (const event of events) batchOf(event.service).events.push(event);
  for (const stretch of stretches) batchOf(stretch.service).stretches.push(stretch);
  return batches;
}

/** Services by small numbers, which every row and every entry of the index has. */
class ServiceNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #keys = new Map<number, ServiceKey>();
  readonly #insert;

  constructor(database: Database) {
    this.#insert = database.prepare("INSERT INTO guide_service (id, key) VALUES (?, ?)");
    for (const row of database.prepare("SELECT id, key FROM guide_service").all())
      this.#hold(Number(row["id"]), row["key"] as string);
  }

  find(service: ServiceKey): number | null {
    return this.#numbers.get(serviceKeyText(service)) ?? null;
  }

  keyOf(number: number): ServiceKey | null {
    return this.#keys.get(number) ?? null;
  }

  numberOf(service: ServiceKey): number {
    const known = this.find(service);
    if (known !== null) return known;
    const number = Math.max(0, ...this.#keys.keys()) + 1;
    this.#insert.run(number, serviceKeyText(service));
    this.#hold(number, serviceKeyText(service));
    return number;
  }

  #hold(number: number, key: string): void {
    const [originalNetworkId = 0, transportStreamId = 0, serviceId = 0] = key.split(".").map(Number);
    this.#numbers.set(key, number);
    this.#keys.set(number, { originalNetworkId, transportStreamId, serviceId });
  }
}

import type { Database } from "../../kernel/store/database.ts";
import { serviceKeyText, type GuideStretch, type ServiceKey } from "../../tuner/index.ts";
import type { RankedEvent } from "./event-ranks.ts";
import { GUIDE_MIGRATIONS } from "./guide-database.ts";
import { withDurations } from "./now-next.ts";
import { planChanges, type Changes } from "./plan-changes.ts";
import { ServiceNumbers } from "./service-numbers.ts";
import { ServicePlaces } from "./service-places.ts";
import { pack, rowOf, serviceOf, SLOT_SECONDS, slotAt, slotOf, tuplesOf, unpack } from "./slots.ts";
import { eventOf, LONGEST_SECONDS, placeOf, tupleOf, type Place, type Tuple } from "./stored-event.ts";

const DAY = 24 * 60 * 60_000;
/** How far ahead programmes are kept, ms. */
const AHEAD = 8 * DAY;
/** Between two looks for what is over, ms: many leave at once, and with them whole pages. */
const EXPIRE_EVERY = DAY;
/** Slots that have rows before and after the one that is now: what is over, until it is looked for, and what is ahead. */
const SLOTS_BACK = (3 * DAY) / 1000 / SLOT_SECONDS;
const SLOTS_AHEAD = (AHEAD + 2 * DAY) / 1000 / SLOT_SECONDS;
/** Programmes kept of one service. */
const MAX_PER_SERVICE = 1000;
/** Bytes of the file that nothing new is added beyond: two and a half times 7 days of 200 channels. */
const MAX_BYTES = 32e6;

/** The events of a service that begin in one slot of time, unread. */
export interface StoredSlot {
  readonly row: number;
  /** Every text of the events, with quotation marks, backslashes and control characters escaped. */
  readonly json: string;
  events(): RankedEvent[];
}

/** Programmes in SQLite, bounded; losing the last minutes of it in a power cut is accepted. */
export interface GuideStore {
  /** Writes a batch; what is there already is not written again. @returns programmes written or taken away */
  save(events: readonly RankedEvent[], stretches: readonly GuideStretch[], now: number): number;
  /** Programmes of one service that touch [from, to), epoch ms, in order. */
  between(service: ServiceKey, from: number, to: number, limit: number): RankedEvent[];
  /**
   * At most `limit` slots with something that is not over, in the order of their rows, for a search in portions.
   * @param after the row of the last one; 0 at first
   * @param now epoch ms
   */
  slots(after: number, limit: number, now: number): StoredSlot[];
  /** What it takes of the file, and until when there are programmes, about, epoch ms; null: there are none. */
  size(): { bytes: number; until: number | null };
}

/**
 * @param maxBytes of the file; default 32 MB
 * @throws TellyportError `store-too-new`
 */
export function createGuideStore(database: Database, maxBytes = MAX_BYTES): GuideStore {
  database.migrate("guide", GUIDE_MIGRATIONS);
  return new SlotStore(database, maxBytes);
}

class SlotStore implements GuideStore {
  readonly #database: Database;
  readonly #maxBytes: number;
  readonly #services: ServiceNumbers;
  /** By number of service; those that were needed since the start. */
  readonly #places = new Map<number, ServicePlaces>();
  readonly #read;
  readonly #following;
  readonly #bounds;
  readonly #write;
  readonly #remove;
  readonly #expire;
  readonly #pages;
  #expiredAt = -Infinity;

  constructor(database: Database, maxBytes: number) {
    this.#database = database;
    this.#maxBytes = maxBytes;
    this.#services = new ServiceNumbers(database);
    this.#read = database.prepare("SELECT ends, events FROM guide_slot WHERE id = ?");
    this.#following = database.prepare(
      "SELECT id, events FROM guide_slot WHERE id > ?1 AND ends > ?2 ORDER BY id LIMIT ?3",
    );
    this.#bounds = database.prepare(
      "SELECT (SELECT min(id) FROM guide_slot) AS first, (SELECT max(id) FROM guide_slot) AS last",
    );
    this.#write = database.prepare(
      "INSERT INTO guide_slot (id, ends, events) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET ends = ?2, events = ?3",
    );
    this.#remove = database.prepare("DELETE FROM guide_slot WHERE id = ?");
    this.#expire = database.prepare("DELETE FROM guide_slot WHERE id < ? OR id >= ?");
    this.#pages = database.prepare(
      "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
    );
  }

  save(events: readonly RankedEvent[], stretches: readonly GuideStretch[], now: number): number {
    this.#removeOld(now);
    const wanted = events.filter((event) => event.endsAt >= now - DAY && event.startsAt <= now + AHEAD);
    const work: { number: number; changes: Changes; places: ServicePlaces }[] = [];
    for (const batch of byService(wanted, stretches).values()) {
      const stored = this.#placesOf(batch.service, now).list();
      const changes = planChanges(
        stored,
        withDurations(batch.events),
        batch.stretches,
        (place) => this.#eventAt(batch.service, place.eventId, place.startsAt),
        now,
      );
      if (changes.removed.length + changes.written.length === 0) continue;
      const number = this.#services.numberOf(batch.service);
      if (number !== null) work.push({ number, ...bounded(stored, changes) });
    }
    if (work.length === 0) return 0;
    const mayGrow = this.#bytes() < this.#maxBytes;
    let written = 0;
    try {
      this.#database.transaction(() => {
        for (const { number, changes } of work) written += this.#change(number, changes, mayGrow);
      });
    } catch (error) {
      for (const { number } of work) this.#places.delete(number);
      throw error;
    }
    // A file that is full has not everything that was planned.
    for (const { number, places } of work)
      if (mayGrow) this.#places.set(number, places);
      else this.#places.delete(number);
    return written;
  }

  between(service: ServiceKey, from: number, to: number, limit: number): RankedEvent[] {
    const number = this.#services.find(service);
    const { first = null, last = null } = this.#bounds.get() ?? {};
    if (number === null || first === null || last === null) return [];
    const begin = Math.max(slotAt(from / 1000 - LONGEST_SECONDS), slotOf(Number(first)));
    const end = Math.min(slotAt((to - 1) / 1000), slotOf(Number(last)));
    const found: RankedEvent[] = [];
    for (let slot = begin; slot <= end && found.length < limit; slot++) {
      const events = this.#tuples(number, slot, from / 1000).map((tuple) => eventOf(service, tuple));
      found.push(...events.filter((event) => event.startsAt < to && event.endsAt > from));
    }
    return found.slice(0, limit);
  }

  slots(after: number, limit: number, now: number): StoredSlot[] {
    const second = Math.floor(now / 1000);
    const from = Math.max(after, rowOf(slotAt(second - LONGEST_SECONDS), 0) - 1);
    return this.#following.all(from, second, limit).map((row) => {
      const id = Number(row["id"]);
      const json = unpack(row["events"] as Uint8Array);
      const service = this.#services.keyOf(serviceOf(id));
      return {
        row: id,
        json,
        events: () => (service === null ? [] : tuplesOf(json).map((tuple) => eventOf(service, tuple))),
      };
    });
  }

  size(): { bytes: number; until: number | null } {
    const last = this.#bounds.get()?.["last"] ?? null;
    return {
      bytes: this.#bytes(),
      until: last === null ? null : (slotOf(Number(last)) + 1) * SLOT_SECONDS * 1000,
    };
  }

  #bytes(): number {
    return Number(this.#pages.get()?.["bytes"] ?? 0);
  }

  /** In order of start. @param over epoch s: slots that ended before have none */
  #tuples(number: number, slot: number, over = -Infinity): Tuple[] {
    const row = this.#read.get(rowOf(slot, number));
    if (row === undefined || Number(row["ends"]) <= over) return [];
    return tuplesOf(unpack(row["events"] as Uint8Array));
  }

  #eventAt(service: ServiceKey, eventId: number, startsAt: number): RankedEvent {
    const tuples = this.#tuples(this.#services.find(service) ?? -1, slotAt(startsAt / 1000));
    const tuple = tuples.find(([id]) => id === eventId);
    // Only a row that was damaged since it was read has it no more.
    return eventOf(service, tuple ?? [eventId, startsAt / 1000, 0, 0, 0, "", "", null]);
  }

  #placesOf(service: ServiceKey, now: number): ServicePlaces {
    const number = this.#services.find(service);
    if (number === null) return new ServicePlaces([]);
    let places = this.#places.get(number);
    if (places === undefined) {
      const found = [];
      const slot = slotAt(now / 1000);
      for (let at = slot - SLOTS_BACK; at <= slot + SLOTS_AHEAD; at++)
        for (const tuple of this.#tuples(number, at)) found.push(placeOf(eventOf(service, tuple)));
      places = new ServicePlaces(found);
      this.#places.set(number, places);
    }
    return places;
  }

  /** @returns events written or taken away */
  #change(number: number, { removed, written }: Changes, mayGrow: boolean): number {
    const gone = new Set([...removed, ...written.map(({ eventId }) => eventId)]);
    const before = this.#places.get(number)?.list() ?? [];
    const slots = new Map<number, Tuple[]>();
    for (const { eventId, startsAt } of before) if (gone.has(eventId)) slots.set(slotAt(startsAt / 1000), []);
    for (const event of written) {
      const slot = slotAt(event.startsAt / 1000);
      const list = slots.get(slot);
      if (list === undefined) slots.set(slot, [tupleOf(event)]);
      else list.push(tupleOf(event));
    }
    for (const [slot, added] of slots) {
      const stored = this.#tuples(number, slot);
      const tuples = [...stored.filter(([eventId]) => !gone.has(eventId)), ...added];
      const row = rowOf(slot, number);
      if (tuples.length === 0) this.#remove.run(row);
      else if (stored.length > 0 || mayGrow) {
        tuples.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
        const ends = tuples.reduce((latest, [, from, duration]) => Math.max(latest, from + duration), 0);
        this.#write.run(row, ends, pack(tuples));
      }
    }
    return removed.length + written.length;
  }

  #removeOld(now: number): void {
    if (Math.abs(now - this.#expiredAt) < EXPIRE_EVERY) return;
    this.#expiredAt = now;
    const slot = slotAt(now / 1000);
    this.#expire.run(
      rowOf(slotAt((now - DAY) / 1000), 0),
      // What a wrong clock has brought.
      rowOf(slot + SLOTS_AHEAD, 0),
    );
    this.#places.clear();
  }
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

/** Changes that leave at most {@link MAX_PER_SERVICE} events, and their places afterwards. */
function bounded(
  stored: readonly Place[],
  { removed, written }: Changes,
): { changes: Changes; places: ServicePlaces } {
  const gone = new Set(removed);
  const known = new Set(stored.map(({ eventId }) => eventId).filter((eventId) => !gone.has(eventId)));
  let room = MAX_PER_SERVICE - known.size;
  const kept = written.filter(({ eventId }) => known.has(eventId) || room-- > 0);
  for (const { eventId } of kept) gone.add(eventId);
  const places = [...stored.filter(({ eventId }) => !gone.has(eventId)), ...kept.map(placeOf)];
  return { changes: { removed, written: kept }, places: new ServicePlaces(places) };
}

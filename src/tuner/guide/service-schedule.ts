import { SEGMENT_MS, SEGMENTS_PER_TABLE, TableProgress } from "./table-progress.ts";

const DAY_MS = 24 * 60 * 60_000;
const SEGMENTS_PER_DAY = DAY_MS / SEGMENT_MS;
/** Present/following, and sixteen tables of schedule. */
const TABLES = 17;

/** The header of an EIT section, as far as completeness goes. */
export interface EitPlace {
  /** 0 present/following, 1..16 schedule. */
  readonly table: number;
  readonly version: number;
  readonly section: number;
  readonly lastSection: number;
  readonly segmentLast: number;
  /** Last table of the schedule, as {@link table}. */
  readonly lastTable: number;
}

/** An event as its segment remembers it. */
interface Held {
  readonly eventId: number;
  readonly startsAt: number;
}

/** How far the EIT of one service was seen, actual and other apart. @see EN 300 468 §5.2.4, ETSI TS 101 211 §4.1.4 */
export class ServiceSchedule {
  readonly #tables: (TableProgress | null)[] = new Array<TableProgress | null>(TABLES).fill(null);
  /** Events by table * 32 + segment, until the segment is whole. */
  readonly #held = new Map<number, Held[]>();
  #lastTable = 0;
  /**
   * Where segment 0 of the first table begins, epoch ms, as each table tells; null until a segment with events has shown it. It
   * is another one after midnight, when each table has a new version.
   */
  readonly #midnights: (number | null)[] = new Array<number | null>(TABLES).fill(null);

  /** Whether the section was not there before. A version that is another one begins its table anew, and only that. */
  isNew(place: EitPlace): boolean {
    const table = this.#tables[place.table];
    return table?.version !== place.version || !table.has(place.section);
  }

  /** Sections of a schedule were seen. */
  get hasSchedule(): boolean {
    return this.#lastTable > 0;
  }

  get hasPresentFollowing(): boolean {
    return this.#tables[0]?.completeFrom(0) ?? false;
  }

  /**
   * Every section of the schedule was seen.
   * @param now epoch ms: what lies before need not be sent; null: everything must
   */
  complete(now: number | null): boolean {
    if (!this.hasSchedule) return false;
    for (let table = 1; table <= this.#lastTable; table++) {
      const from = table === 1 ? this.#segmentsOver(now) : 0;
      if (this.#tables[table]?.completeFrom(from) !== true) return false;
    }
    return true;
  }

  /**
   * Remembers a section and its events.
   * @returns the stretch that is known wholly now, or null when its segment still lacks sections or its time is unknown
   */
  note(
    place: EitPlace,
    events: readonly Held[],
  ): { from: number; to: number; eventIds: readonly number[] } | null {
    let table = this.#tables[place.table];
    if (table?.version !== place.version) {
      table = new TableProgress(place.version, place.lastSection);
      this.#tables[place.table] = table;
      this.#midnights[place.table] = null;
      for (const key of this.#held.keys())
        if (Math.floor(key / SEGMENTS_PER_TABLE) === place.table) this.#held.delete(key);
    }
    const segment = place.section >> 3;
    const wasWhole = table.hasSegment(segment);
    table.note(place.section, place.segmentLast);
    if (place.table === 0) return null;
    this.#lastTable = Math.max(place.table, place.lastTable);
    // One section more than the segment said it had: what the others held is not remembered.
    if (wasWhole) return null;
    const key = place.table * SEGMENTS_PER_TABLE + segment;
    let held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, (held = []));
    for (const { eventId, startsAt } of events) held.push({ eventId, startsAt });
    if (!table.hasSegment(segment)) return null;
    this.#held.delete(key);
    return this.#stretch(place.table, segment, held);
  }

  /** Only of a broadcaster who keeps to the three hours: what begins elsewhere would be taken for gone. */
  #stretch(
    table: number,
    segmentInTable: number,
    held: readonly Held[],
  ): { from: number; to: number; eventIds: readonly number[] } | null {
    const segment = (table - 1) * SEGMENTS_PER_TABLE + segmentInTable;
    const first = held[0];
    if (first !== undefined) {
      const from = Math.floor(first.startsAt / SEGMENT_MS) * SEGMENT_MS;
      const inside = held.every(({ startsAt }) => startsAt >= from && startsAt < from + SEGMENT_MS);
      const midnight = from - segment * SEGMENT_MS;
      if (!inside || midnight % DAY_MS !== 0) return null;
      this.#midnights[table] = midnight;
    }
    const midnight = this.#midnights[table] ?? null;
    if (midnight === null) return null;
    const from = midnight + segment * SEGMENT_MS;
    return { from, to: from + SEGMENT_MS, eventIds: held.map(({ eventId }) => eventId) };
  }

  #segmentsOver(now: number | null): number {
    if (now === null) return 0;
    const midnight = this.#midnights[1] ?? null;
    if (midnight === null) return Math.floor((now % DAY_MS) / SEGMENT_MS) % SEGMENTS_PER_DAY;
    return Math.min(Math.max(0, Math.floor((now - midnight) / SEGMENT_MS)), SEGMENTS_PER_TABLE);
  }
}

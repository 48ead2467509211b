import type { GuideEvent, GuideStretch } from "../ports.ts";
import { decodeEit, type Eit } from "../si/eit.ts";
import { guideEventOf } from "./guide-event.ts";
import type { TextOptions } from "../si/text.ts";
import { ServiceSchedule, type EitPlace } from "./service-schedule.ts";

/** Guide events that wait to be taken; beyond it sections are left for their next repetition. */
const MAX_WAITING_EVENTS = 2000;
const MAX_WAITING_STRETCHES = 4000;
/** Services that are followed; a whole satellite position has fewer. */
const MAX_SERVICES = 5000;

const PRESENT_ACTUAL = 0x4e;
const PRESENT_OTHER = 0x4f;
const SCHEDULE_ACTUAL = 0x50;
const SCHEDULE_OTHER = 0x60;
const LAST_TABLE = 0x6f;
/** Offset of last_table_id: no section without. */
const LAST_TABLE_ID = 13;
/** A section with no event: header, last_table_id, CRC_32. */
const SHORTEST = LAST_TABLE_ID + 1 + 4;
const CRC_LENGTH = 4;

/**
 * What the EIT of one multiplex says. Pure: sections in, events out. A repeated section costs a look at a bitmap, and is not
 * decoded again. Present/following is compared by its CRC, since there are broadcasters who change it under one version.
 * @see EN 300 468 §5.2.4, ETSI TS 101 211 §4.1.4
 */
export class EitCollector {
  readonly #text: TextOptions;
  readonly #services = new Map<number, ServiceSchedule>();
  readonly #presentCrcs = new Map<number, number>();
  #events: GuideEvent[] = [];
  #stretches: GuideStretch[] = [];
  #scheduleSections = 0;
  #decoded = 0;
  /** Latest start of an event that runs, as a clock for multiplexes that send none. */
  #present: number | null = null;

  /** @param text how to read texts: the delivery system, what the owner set */
  constructor(text: TextOptions = {}) {
    this.#text = text;
  }

  /** Sections of a schedule that were new: what a visit waits for when it cannot tell what is missing. */
  get scheduleSections(): number {
    return this.#scheduleSections;
  }

  /** Sections decoded; repetitions are not. */
  get decodedSections(): number {
    return this.#decoded;
  }

  /** Takes events decoded since the last call, at most `limit`. */
  take(limit: number): GuideEvent[] {
    return this.#events.splice(0, limit);
  }

  /** Takes the stretches of schedules that have become whole. */
  takeStretches(): GuideStretch[] {
    return this.#stretches.splice(0);
  }

  /** Present/following of a service of this transport stream was seen whole. */
  hasPresentFollowing(serviceId: number): boolean {
    for (const [key, schedule] of this.#services)
      if (key % 0x20000 === serviceId * 2 + 1 && schedule.hasPresentFollowing) return true;
    return false;
  }

  /**
   * Every schedule that this multiplex sends was seen whole.
   * @param promised services of this transport stream that say they have a schedule
   * @param now epoch ms, from the broadcast; null: as the running events tell, or unknown
   */
  complete(promised: readonly number[], now: number | null): boolean {
    const at = now ?? this.#present;
    const missing = new Set(promised);
    for (const [key, schedule] of this.#services) {
      if (!schedule.hasSchedule) continue;
      if (!schedule.complete(at)) return false;
      if (key % 2 === 1) missing.delete(Math.floor(key / 2) % 0x10000);
    }
    return missing.size === 0;
  }

  /** @param section whole and checked; not kept */
  push(section: Buffer): void {
    if (section.length < SHORTEST || this.#events.length > MAX_WAITING_EVENTS) return;
    const tableId = section.readUInt8(0);
    if (tableId < PRESENT_ACTUAL || tableId > LAST_TABLE) return;
    // Valid now, not announced.
    if ((section.readUInt8(5) & 1) === 0) return;
    const actual = tableId !== PRESENT_OTHER && tableId < SCHEDULE_OTHER;
    // original_network_id, transport_stream_id, service_id, and whose table it is.
    const key =
      (section.readUInt16BE(10) * 0x1_0000_0000 +
        section.readUInt16BE(8) * 0x1_0000 +
        section.readUInt16BE(3)) *
        2 +
      (actual ? 1 : 0);
    const place = placeOf(section, tableId);
    const schedule = this.#schedule(key);
    if (schedule === null) return;
    const crc = section.readUInt32BE(section.length - CRC_LENGTH);
    const presentKey = key * 8 + (place.section & 7);
    const changed = place.table === 0 && this.#presentCrcs.get(presentKey) !== crc;
    if (!changed && !schedule.isNew(place)) return;
    const eit = decodeEit(section, this.#text);
    if (eit === null) return;
    this.#decoded++;
    if (place.table === 0) this.#presentCrcs.set(presentKey, crc);
    else this.#scheduleSections++;
    this.#take(eit, place, schedule);
  }

  #schedule(key: number): ServiceSchedule | null {
    let schedule = this.#services.get(key);
    if (schedule === undefined) {
      if (this.#services.size >= MAX_SERVICES) return null;
      this.#services.set(key, (schedule = new ServiceSchedule()));
    }
    return schedule;
  }

  #take(eit: Eit, place: EitPlace, schedule: ServiceSchedule): void {
    const { originalNetworkId, transportStreamId, serviceId } = eit;
    const service = { originalNetworkId, transportStreamId, serviceId };
    const held: { eventId: number; startsAt: number }[] = [];
    for (const event of eit.events) {
      // A reference event of NVOD has no time: its copies in other services have. @see EN 300 468 §5.2.4
      if (event.startsAt === null) continue;
      const { eventId, startsAt } = event;
      held.push({ eventId, startsAt });
      if (place.table === 0 && place.section === 0) this.#present = Math.max(this.#present ?? 0, startsAt);
      this.#events.push(guideEventOf(service, event, startsAt, eit));
    }
    const stretch = schedule.note(place, held);
    if (stretch !== null && this.#stretches.length < MAX_WAITING_STRETCHES)
      this.#stretches.push({ service, ...stretch, actual: eit.actual });
  }
}

function placeOf(section: Buffer, tableId: number): EitPlace {
  const first = tableId < SCHEDULE_OTHER ? SCHEDULE_ACTUAL : SCHEDULE_OTHER;
  const lastTableId = section.readUInt8(LAST_TABLE_ID);
  return {
    table: tableId < SCHEDULE_ACTUAL ? 0 : tableId - first + 1,
    version: (section.readUInt8(5) >> 1) & 0x1f,
    section: section.readUInt8(6),
    lastSection: section.readUInt8(7),
    segmentLast: section.readUInt8(12),
    lastTable: Math.min(Math.max(0, lastTableId - first + 1), 16),
  };
}

import { decodeEvent, encodeEvent, type EitEvent } from "./eit-event.ts";
import {
  BODY,
  loopLength,
  loopWithin,
  MAX_LONG_SECTION,
  openSection,
  sealSection,
  uint16,
  type SectionHeader,
} from "./section.ts";
import type { TextOptions } from "./text.ts";
import { textOptionsFor } from "./text-quirks.ts";
import { decodeDuration, decodeUtc, encodeDuration, encodeUtc } from "./time.ts";

export type { EitEvent } from "./eit-event.ts";

/** Event information section: present and following, or a part of the schedule. @see EN 300 468 §5.2.4 */
export interface Eit extends SectionHeader {
  /** 0x4E/0x4F present/following of the actual/other transport stream, 0x50..0x5F/0x60..0x6F schedule. */
  readonly tableId: number;
  /** About a service of the transport stream that carries it. */
  readonly actual: boolean;
  readonly schedule: boolean;
  readonly serviceId: number;
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  /** Last section of this segment (3 hours of the schedule). */
  readonly segmentLastSectionNumber: number;
  /** Last table_id of this service's schedule. */
  readonly lastTableId: number;
  readonly events: readonly EitEvent[];
}

const FIRST_TABLE = 0x4e;
const FIRST_SCHEDULE = 0x50;
const LAST_TABLE = 0x6f;
const OTHER_SCHEDULE = 0x60;
const OTHER_PRESENT = 0x4f;
const EVENT_HEADER = 12;

/** @returns null when it is not an EIT section */
export function decodeEit(section: Buffer, text?: TextOptions): Eit | null {
  const open = openSection(section, (id) => id >= FIRST_TABLE && id <= LAST_TABLE, 6);
  if (open === null) return null;
  const transportStreamId = section.readUInt16BE(BODY);
  const originalNetworkId = section.readUInt16BE(BODY + 2);
  const options = textOptionsFor({ originalNetworkId, transportStreamId }, text);
  const events: EitEvent[] = [];
  for (let at = BODY + 6; at + EVENT_HEADER <= open.end;) {
    const statusAndLength = section.readUInt16BE(at + 10);
    const length = statusAndLength & 0x0fff;
    events.push({
      eventId: section.readUInt16BE(at),
      startsAt: decodeUtc(section, at + 2),
      durationMs: decodeDuration(section, at + 7) ?? 0,
      runningStatus: statusAndLength >> 13,
      freeCaMode: (statusAndLength & 0x1000) !== 0,
      ...decodeEvent(loopWithin(section, at + EVENT_HEADER, length, open.end), options),
    });
    at += EVENT_HEADER + length;
  }
  return {
    tableId: open.tableId,
    actual: open.tableId !== OTHER_PRESENT && open.tableId < OTHER_SCHEDULE,
    schedule: open.tableId >= FIRST_SCHEDULE,
    serviceId: open.extension,
    transportStreamId,
    originalNetworkId,
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    segmentLastSectionNumber: section.readUInt8(BODY + 4),
    lastTableId: section.readUInt8(BODY + 5),
    events,
  };
}

/**
 * `tableId` decides between present/following and schedule, actual and other. Title and description are cut to what their
 * descriptors hold (249 bytes, about 3900 bytes).
 * @throws RangeError when the events do not fit into one section of 4096 bytes
 */
export function encodeEit(eit: Eit): Buffer {
  const body = [
    uint16(eit.transportStreamId),
    uint16(eit.originalNetworkId),
    Buffer.from([eit.segmentLastSectionNumber, eit.lastTableId]),
  ];
  for (const event of eit.events) {
    const loop = encodeEvent(event);
    body.push(
      uint16(event.eventId),
      encodeUtc(event.startsAt),
      encodeDuration(event.durationMs),
      loopLength((event.runningStatus << 13) | (event.freeCaMode ? 0x1000 : 0), loop.length),
      loop,
    );
  }
  return sealSection(eit.tableId, eit.serviceId, eit, body, true, MAX_LONG_SECTION);
}

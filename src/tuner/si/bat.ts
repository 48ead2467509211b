import { findDescriptor, eachDescriptor, TAG } from "./descriptors.ts";
import { readLogicalChannels, type LogicalChannels } from "./logical-channels.ts";
import { BODY, loopWithin, openSection, type SectionHeader } from "./section.ts";
import { decodeDvbText, type TextOptions } from "./text.ts";

/** Bouquet association section: services that a broadcaster sells or lists together, across networks. @see EN 300 468 §5.2.2 */
export interface Bat extends SectionHeader {
  readonly bouquetId: number;
  /** Empty when not named. */
  readonly bouquetName: string;
  readonly transportStreams: readonly BatTransportStream[];
}

export interface BatTransportStream extends LogicalChannels {
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  readonly services: readonly { readonly serviceId: number; readonly serviceType: number }[];
}

/** table_id; on the SDT's PID 0x11. */
export const BAT_TABLE = 0x4a;
/** bouquet_name_descriptor. @see EN 300 468 §6.2.4 */
const BOUQUET_NAME = 0x47;

/** @returns null when it is not a BAT section */
export function decodeBat(section: Buffer, text?: TextOptions): Bat | null {
  const open = openSection(section, (id) => id === BAT_TABLE, 2);
  if (open === null) return null;
  const descriptorsLength = section.readUInt16BE(BODY) & 0x0fff;
  const name = findDescriptor(loopWithin(section, BODY + 2, descriptorsLength, open.end), BOUQUET_NAME);
  const transportStreams: BatTransportStream[] = [];
  // Behind the bouquet's descriptors: 12 bits of length of the loop of transport streams.
  for (let at = BODY + 2 + descriptorsLength + 2; at + 6 <= open.end;) {
    const length = section.readUInt16BE(at + 4) & 0x0fff;
    const loop = loopWithin(section, at + 6, length, open.end);
    transportStreams.push({
      transportStreamId: section.readUInt16BE(at),
      originalNetworkId: section.readUInt16BE(at + 2),
      services: serviceList(loop),
      ...readLogicalChannels(loop),
    });
    at += 6 + length;
  }
  return {
    bouquetId: open.extension,
    bouquetName: name === null ? "" : decodeDvbText(name, text),
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    transportStreams,
  };
}

function serviceList(loop: Buffer): { serviceId: number; serviceType: number }[] {
  const services: { serviceId: number; serviceType: number }[] = [];
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag !== TAG.serviceList) continue;
    for (let at = 0; at + 3 <= data.length; at += 3)
      services.push({ serviceId: data.readUInt16BE(at), serviceType: data.readUInt8(at + 2) });
  }
  return services;
}

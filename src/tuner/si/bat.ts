import { findDescriptor } from "./descriptors.ts";
import { readLogicalChannels, type LogicalChannels } from "./logical-channels.ts";
import { openSection, type SectionHeader } from "./section.ts";
import { decodeName, listedServices, type ListedService } from "./service-descriptors.ts";
import type { TextOptions } from "./text.ts";
import { ownDescriptors, transportStreams } from "./transport-stream-loop.ts";

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
  readonly services: readonly ListedService[];
}

/** table_id; on the SDT's PID 0x11. */
export const BAT_TABLE = 0x4a;
/** bouquet_name_descriptor. @see EN 300 468 §6.2.4 */
const BOUQUET_NAME = 0x47;

/** @returns null when it is not a BAT section */
export function decodeBat(section: Buffer, text?: TextOptions): Bat | null {
  const open = openSection(section, (id) => id === BAT_TABLE, 2);
  if (open === null) return null;
  const name = findDescriptor(ownDescriptors(section, open.end), BOUQUET_NAME);
  return {
    bouquetId: open.extension,
    bouquetName: name === null ? "" : decodeName(name, text),
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    transportStreams: transportStreams(section, open.end).map(({ descriptors, ...stream }) => ({
      ...stream,
      services: listedServices(descriptors),
      ...readLogicalChannels(descriptors),
    })),
  };
}

import { BODY, loopWithin } from "./section.ts";

/** An entry of the second loop of a NIT or BAT. @see EN 300 468 §5.2.1, §5.2.2 */
export interface TransportStreamEntry {
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  /** Its descriptors. */
  readonly descriptors: Buffer;
}

/** The descriptors of the network or bouquet itself: the first loop. @param end of the section's body */
export function ownDescriptors(section: Buffer, end: number): Buffer {
  return loopWithin(section, BODY + 2, ownLength(section), end);
}

/** The transport streams of a NIT or BAT; one that is cut off is read as far as it goes. @param end of the section's body */
export function transportStreams(section: Buffer, end: number): TransportStreamEntry[] {
  const entries: TransportStreamEntry[] = [];
  // Behind the first loop: 12 bits of length of the second.
  for (let at = BODY + 2 + ownLength(section) + 2; at + 6 <= end;) {
    const length = section.readUInt16BE(at + 4) & 0x0fff;
    entries.push({
      transportStreamId: section.readUInt16BE(at),
      originalNetworkId: section.readUInt16BE(at + 2),
      descriptors: loopWithin(section, at + 6, length, end),
    });
    at += 6 + length;
  }
  return entries;
}

function ownLength(section: Buffer): number {
  return section.readUInt16BE(BODY) & 0x0fff;
}

import type { Delivery } from "../ports.ts";
import { decodeDelivery, decodeFrequencies, encodeDelivery } from "./delivery.ts";
import {
  findDescriptor,
  logicalChannelDescriptor,
  networkNameDescriptor,
  PRIVATE_DATA,
  privateDataSpecifierDescriptor,
  serviceListDescriptor,
  TAG,
} from "./descriptors.ts";
import { readLogicalChannels } from "./logical-channels.ts";
import { loopLength, openSection, sealSection, uint16, type SectionHeader } from "./section.ts";
import { decodeName, listedServices, type ListedService } from "./service-descriptors.ts";
import type { TextOptions } from "./text.ts";
import { textOptionsFor } from "./text-quirks.ts";
import { ownDescriptors, transportStreams } from "./transport-stream-loop.ts";

/** Network information section. @see EN 300 468 §5.2.1 */
export interface Nit extends SectionHeader {
  /** 0x40 actual, 0x41 other network. */
  readonly tableId: number;
  /** About the network that carries it. */
  readonly actual: boolean;
  readonly networkId: number;
  /** Empty when not named. */
  readonly networkName: string;
  readonly transportStreams: readonly NitTransportStream[];
}

export interface NitTransportStream {
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  /** How to receive it; null when not said. */
  readonly delivery: Delivery | null;
  /** Hz: all that cells, transposers and the frequency list name; absent where that is no more than {@link delivery}'s. */
  readonly frequencies?: readonly number[];
  readonly lcns: readonly LogicalChannel[];
  /** Numbers for receivers that show an HD simulcast in place of the SD service. */
  readonly hdSimulcastLcns: readonly LogicalChannel[];
  readonly services: readonly ListedService[];
}

/** @see IEC 62216 §8.5.3 */
export interface LogicalChannel {
  readonly serviceId: number;
  /** As sent: what 0 means is the network's affair. */
  readonly number: number;
  /** visible_service_flag: may be chosen by number. */
  readonly visible: boolean;
}

const ACTUAL = 0x40;
const OTHER = 0x41;

/** @returns null when it is not a NIT section */
export function decodeNit(section: Buffer, text?: TextOptions): Nit | null {
  const open = openSection(section, (id) => id === ACTUAL || id === OTHER, 2);
  if (open === null) return null;
  const name = findDescriptor(ownDescriptors(section, open.end), TAG.networkName);
  return {
    tableId: open.tableId,
    actual: open.tableId === ACTUAL,
    networkId: open.extension,
    networkName:
      name === null ? "" : decodeName(name, textOptionsFor({ originalNetworkId: open.extension }, text)),
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    transportStreams: transportStreams(section, open.end).map(({ descriptors, ...stream }) => ({
      ...stream,
      ...describe(descriptors),
    })),
  };
}

type Description = Omit<NitTransportStream, "transportStreamId" | "originalNetworkId">;

function describe(loop: Buffer): Description {
  const delivery = decodeDelivery(loop);
  const frequencies = decodeFrequencies(loop);
  const known = delivery === null ? 0 : 1;
  return {
    delivery,
    ...(frequencies.length > known && { frequencies }),
    ...readLogicalChannels(loop),
    services: listedServices(loop),
  };
}

/** Service list entries and channels that one descriptor holds. */
const SERVICES_EACH = 85;
const CHANNELS_EACH = 63;

/** `tableId` decides between actual and other network. @throws RangeError when it does not fit into one section of 1024 bytes */
export function encodeNit(nit: Nit): Buffer {
  const name = nit.networkName === "" ? Buffer.alloc(0) : networkNameDescriptor(nit.networkName);
  const streams = nit.transportStreams.map((stream) => {
    const loop = Buffer.concat(descriptorsOf(stream));
    return Buffer.concat([
      uint16(stream.transportStreamId),
      uint16(stream.originalNetworkId),
      loopLength(0xf000, loop.length),
      loop,
    ]);
  });
  const length = streams.reduce((sum, stream) => sum + stream.length, 0);
  const body = [loopLength(0xf000, name.length), name, loopLength(0xf000, length), ...streams];
  return sealSection(nit.tableId, nit.networkId, nit, body, true);
}

function descriptorsOf(stream: NitTransportStream): Buffer[] {
  const parts: Buffer[] = [];
  for (const some of inGroups(stream.services, SERVICES_EACH)) parts.push(serviceListDescriptor(some));
  const delivery = stream.delivery === null ? null : encodeDelivery(stream.delivery);
  if (delivery !== null) parts.push(delivery);
  if (stream.lcns.length + stream.hdSimulcastLcns.length > 0) {
    parts.push(privateDataSpecifierDescriptor(PRIVATE_DATA.eacem));
  }
  for (const some of inGroups(stream.lcns, CHANNELS_EACH)) parts.push(logicalChannelDescriptor(some));
  for (const some of inGroups(stream.hdSimulcastLcns, CHANNELS_EACH)) {
    parts.push(logicalChannelDescriptor(some, TAG.hdSimulcastLogicalChannel));
  }
  return parts;
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return groups;
}

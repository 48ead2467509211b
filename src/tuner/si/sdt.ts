import { eachDescriptor, serviceDescriptor, TAG } from "./descriptors.ts";
import {
  BODY,
  loopLength,
  loopWithin,
  openSection,
  sealSection,
  uint16,
  type SectionHeader,
} from "./section.ts";
import { decodeDefaultAuthority, decodeService } from "./service-descriptors.ts";
import type { TextOptions } from "./text.ts";
import { textOptionsFor } from "./text-quirks.ts";

/** Service description section. @see EN 300 468 §5.2.3 */
export interface Sdt extends SectionHeader {
  /** 0x42 actual, 0x46 other transport stream. */
  readonly tableId: number;
  /** About the transport stream that carries it. */
  readonly actual: boolean;
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  readonly services: readonly SdtService[];
}

export interface SdtService {
  readonly serviceId: number;
  /** An EIT schedule for it is in this transport stream. */
  readonly eitSchedule: boolean;
  readonly eitPresentFollowing: boolean;
  /** 0..7; 4 is running. @see EN 300 468 table 6 */
  readonly runningStatus: number;
  /** One or more streams may be scrambled. */
  readonly freeCaMode: boolean;
  /** Of the service descriptor; 0 without one. @see EN 300 468 table 87 */
  readonly serviceType: number;
  /** Empty without a service descriptor. */
  readonly name: string;
  readonly provider: string;
  /** What content identifiers of its events begin with; absent when not said. @see TS 102 323 §6.3.1 */
  readonly defaultAuthority?: string;
}

const ACTUAL = 0x42;
const OTHER = 0x46;

/** @returns null when it is not an SDT section */
export function decodeSdt(section: Buffer, text?: TextOptions): Sdt | null {
  const open = openSection(section, (id) => id === ACTUAL || id === OTHER, 3);
  if (open === null) return null;
  const originalNetworkId = section.readUInt16BE(BODY);
  const options = textOptionsFor({ originalNetworkId, transportStreamId: open.extension }, text);
  const services: SdtService[] = [];
  for (let at = BODY + 3; at + 5 <= open.end;) {
    const flags = section.readUInt8(at + 2);
    const statusAndLength = section.readUInt16BE(at + 3);
    const length = statusAndLength & 0x0fff;
    services.push({
      serviceId: section.readUInt16BE(at),
      eitSchedule: (flags & 0x02) !== 0,
      eitPresentFollowing: (flags & 0x01) !== 0,
      runningStatus: statusAndLength >> 13,
      freeCaMode: (statusAndLength & 0x1000) !== 0,
      ...names(loopWithin(section, at + 5, length, open.end), options),
    });
    at += 5 + length;
  }
  return {
    tableId: open.tableId,
    actual: open.tableId === ACTUAL,
    transportStreamId: open.extension,
    originalNetworkId,
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    services,
  };
}

type Names = Pick<SdtService, "serviceType" | "name" | "provider" | "defaultAuthority">;

function names(loop: Buffer, text?: TextOptions): Names {
  let service: Names | null = null;
  let authority: string | null = null;
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag === TAG.service) service ??= decodeService(data, text);
    if (tag === TAG.defaultAuthority) authority ??= decodeDefaultAuthority(data);
  }
  return {
    ...(service ?? { serviceType: 0, name: "", provider: "" }),
    ...(authority !== null && { defaultAuthority: authority }),
  };
}

/** `tableId` decides between actual and other. @throws RangeError when the services do not fit into one section of 1024 bytes */
export function encodeSdt(sdt: Sdt): Buffer {
  const body = [uint16(sdt.originalNetworkId), Buffer.from([0xff])];
  for (const service of sdt.services) {
    const loop = serviceDescriptor(service.serviceType, service.provider, service.name);
    const flags = 0xfc | (service.eitSchedule ? 2 : 0) | (service.eitPresentFollowing ? 1 : 0);
    const status = (service.runningStatus << 13) | (service.freeCaMode ? 0x1000 : 0);
    body.push(uint16(service.serviceId), Buffer.from([flags]), loopLength(status, loop.length), loop);
  }
  return sealSection(sdt.tableId, sdt.transportStreamId, sdt, body, true);
}

export { serviceKindOf } from "./service-types.ts";

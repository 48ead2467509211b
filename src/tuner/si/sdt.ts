import type { ServiceKind } from "../ports.ts";
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
import { decodeDvbText, type TextOptions } from "./text.ts";

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
}

const ACTUAL = 0x42;
const OTHER = 0x46;

/** @returns null when it is not an SDT section */
export function decodeSdt(section: Buffer, text?: TextOptions): Sdt | null {
  const open = openSection(section, (id) => id === ACTUAL || id === OTHER, 3);
  if (open === null) return null;
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
      ...names(loopWithin(section, at + 5, length, open.end), text),
    });
    at += 5 + length;
  }
  return {
    tableId: open.tableId,
    actual: open.tableId === ACTUAL,
    transportStreamId: open.extension,
    originalNetworkId: section.readUInt16BE(BODY),
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    services,
  };
}

function names(loop: Buffer, text?: TextOptions): Pick<SdtService, "serviceType" | "name" | "provider"> {
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag !== TAG.service || data.length < 3) continue;
    const providerEnd = 2 + data.readUInt8(1);
    const nameLength = providerEnd < data.length ? data.readUInt8(providerEnd) : 0;
    return {
      serviceType: data.readUInt8(0),
      provider: decodeDvbText(data.subarray(2, providerEnd), text),
      name: decodeDvbText(data.subarray(providerEnd + 1, providerEnd + 1 + nameLength), text),
    };
  }
  return { serviceType: 0, name: "", provider: "" };
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

/** SD, HD, UHD, time-shifted, mosaic and stereoscopic services, MPEG-2 to VVC and AVS3. */
const TV = new Set([
  0x01, 0x05, 0x06, 0x0b, 0x11, 0x16, 0x17, 0x19, 0x1a, 0x1c, 0x1d, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24,
]);
/** Digital, FM and advanced codec radio. */
const RADIO = new Set([0x02, 0x07, 0x0a]);

/** What a service_type is for people; NVOD references and what is not for watching count as data. @see EN 300 468 table 87 */
export function serviceKindOf(serviceType: number): ServiceKind {
  if (TV.has(serviceType)) return "tv";
  return RADIO.has(serviceType) ? "radio" : "data";
}

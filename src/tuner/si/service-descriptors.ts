import { eachDescriptor, readLanguage, TAG } from "./descriptors.ts";
import { decodeDvbText, type TextOptions } from "./text.ts";

/** @see EN 300 468 §6.2.33 */
export interface ServiceName {
  readonly serviceType: number;
  readonly provider: string;
  readonly name: string;
}

/** @param data of a service_descriptor (0x48) @returns null when it is too short @see EN 300 468 §6.2.33 */
export function decodeService(data: Buffer, text?: TextOptions): ServiceName | null {
  if (data.length < 3) return null;
  const providerEnd = 2 + data.readUInt8(1);
  const nameLength = providerEnd < data.length ? data.readUInt8(providerEnd) : 0;
  return {
    serviceType: data.readUInt8(0),
    provider: decodeDvbText(data.subarray(2, providerEnd), text),
    name: decodeDvbText(data.subarray(providerEnd + 1, providerEnd + 1 + nameLength), text),
  };
}

/** @see EN 300 468 §6.2.35 */
export interface ListedService {
  readonly serviceId: number;
  /** @see EN 300 468 table 87 */
  readonly serviceType: number;
}

/** @param data of a service_list_descriptor (0x41) @see EN 300 468 §6.2.35 */
export function decodeServiceList(data: Buffer): ListedService[] {
  const services: ListedService[] = [];
  for (let at = 0; at + 3 <= data.length; at += 3) {
    services.push({ serviceId: data.readUInt16BE(at), serviceType: data.readUInt8(at + 2) });
  }
  return services;
}

/** The services of every service_list_descriptor in a loop of descriptors. */
export function listedServices(loop: Buffer): ListedService[] {
  const services: ListedService[] = [];
  for (const { tag, data } of eachDescriptor(loop))
    if (tag === TAG.serviceList) services.push(...decodeServiceList(data));
  return services;
}

/** @param data of a private_data_specifier_descriptor (0x5F) @returns null when it is too short @see EN 300 468 §6.2.31 */
export function decodePrivateDataSpecifier(data: Buffer): number | null {
  return data.length >= 4 ? data.readUInt32BE(0) : null;
}

/**
 * @param data of a network_name_descriptor (0x40) or bouquet_name_descriptor (0x47): nothing but text
 * @see EN 300 468 §6.2.27, §6.2.4
 */
export function decodeName(data: Buffer, text?: TextOptions): string {
  return decodeDvbText(data, text);
}

/**
 * @param data of a default_authority_descriptor (0x73)
 * @returns a domain name in lower case, as content identifiers begin with; null when it is none
 * @see TS 102 323 §6.3.1
 */
export function decodeDefaultAuthority(data: Buffer): string | null {
  const authority = data.toString("latin1").toLowerCase();
  return /^[\x21-\x7e]+$/.test(authority) ? authority : null;
}

/** @see EN 300 468 §6.2.19 */
export interface Linkage {
  readonly transportStreamId: number;
  readonly originalNetworkId: number;
  readonly serviceId: number;
  /** 1 information, 2 guide, 4 transport stream with the whole bouquet's SI, 5 service replacement, 9 software update, ... table 62 */
  readonly linkageType: number;
  readonly privateData: Buffer;
}

/** @param data of a linkage_descriptor (0x4A) @returns null when it is too short @see EN 300 468 §6.2.19 */
export function decodeLinkage(data: Buffer): Linkage | null {
  if (data.length < 7) return null;
  return {
    transportStreamId: data.readUInt16BE(0),
    originalNetworkId: data.readUInt16BE(2),
    serviceId: data.readUInt16BE(4),
    linkageType: data.readUInt8(6),
    privateData: data.subarray(7),
  };
}

/** @see EN 300 468 §6.2.11 */
export interface DataBroadcast {
  /** 0x0005 multiprotocol encapsulation, 0x0007 object carousel, 0x000A system software update, 0x0123 HbbTV carousel, ... @see TS 101 162 */
  readonly dataBroadcastId: number;
  /** 0: the stream has no stream_identifier_descriptor. */
  readonly componentTag: number;
  readonly selector: Buffer;
  readonly language: string | null;
  readonly text: string;
}

/** @param data of a data_broadcast_descriptor (0x64) @returns null when it is cut off @see EN 300 468 §6.2.11 */
export function decodeDataBroadcast(data: Buffer, text?: TextOptions): DataBroadcast | null {
  const selectorEnd = data.length >= 4 ? 4 + data.readUInt8(3) : Infinity;
  if (selectorEnd > data.length) return null;
  const textAt = selectorEnd + 4;
  const length = textAt <= data.length ? data.readUInt8(textAt - 1) : 0;
  return {
    dataBroadcastId: data.readUInt16BE(0),
    componentTag: data.readUInt8(2),
    selector: data.subarray(4, selectorEnd),
    language: readLanguage(data, selectorEnd),
    text: decodeDvbText(data.subarray(textAt, textAt + length), text),
  };
}

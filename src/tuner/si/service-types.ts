import type { ServiceKind } from "../ports.ts";

interface ServiceType {
  readonly kind: ServiceKind;
  /** The standard's words, shortened. */
  readonly name: string;
}

const tv = (name: string): ServiceType => ({ kind: "tv", name });
const radio = (name: string): ServiceType => ({ kind: "radio", name });
const data = (name: string): ServiceType => ({ kind: "data", name });

/** Every service_type that is defined. @see EN 300 468 table 87 */
const SERVICE_TYPES: Readonly<Record<number, ServiceType>> = {
  0x01: tv("digital television"),
  0x02: radio("digital radio sound"),
  0x03: data("teletext"),
  0x04: data("NVOD reference"),
  0x05: tv("NVOD time-shifted"),
  0x06: tv("mosaic"),
  0x07: radio("FM radio"),
  0x08: data("DVB SRM"),
  0x0a: radio("advanced codec digital radio sound"),
  0x0b: tv("advanced codec mosaic"),
  0x0c: data("data broadcast"),
  0x0e: data("RCS Map"),
  0x0f: data("RCS FLS"),
  0x10: data("DVB MHP"),
  0x11: tv("MPEG-2 HD television"),
  0x16: tv("advanced codec SD television"),
  0x17: tv("advanced codec SD NVOD time-shifted"),
  0x18: data("advanced codec SD NVOD reference"),
  0x19: tv("advanced codec HD television"),
  0x1a: tv("advanced codec HD NVOD time-shifted"),
  0x1b: data("advanced codec HD NVOD reference"),
  0x1c: tv("frame compatible stereoscopic HD television"),
  0x1d: tv("frame compatible stereoscopic HD NVOD time-shifted"),
  0x1e: data("frame compatible stereoscopic HD NVOD reference"),
  0x1f: tv("HEVC television"),
  0x20: tv("HEVC UHD television"),
  0x21: tv("VVC television"),
  0x22: tv("AVS3 television"),
  0x23: tv("HEVC television, frame compatible stereoscopic"),
  0x24: tv("AVS3 UHD television"),
};

/** What a service_type is for people; NVOD references and what is not for watching count as data. @see EN 300 468 table 87 */
export function serviceKindOf(serviceType: number): ServiceKind {
  return SERVICE_TYPES[serviceType]?.kind ?? "data";
}

/** @returns the standard's name of a service_type; null for one that is reserved or user defined */
export function serviceTypeName(serviceType: number): string | null {
  return SERVICE_TYPES[serviceType]?.name ?? null;
}

import {
  BANDWIDTHS,
  CABLE_MODULATIONS,
  CODE_RATES,
  CONSTELLATIONS,
  GUARD_INTERVALS,
  HIERARCHIES,
  INNER_FECS,
  member,
  POLARISATIONS,
  ROLL_OFFS,
  SATELLITE_MODULATIONS,
  T2_BANDWIDTHS,
  T2_GUARD_INTERVALS,
  T2_TRANSMISSION_MODES,
  TRANSMISSION_MODES,
} from "./delivery-codes.ts";
import type { Delivery } from "../ports.ts";
import { decodeBcdDigits } from "./time.ts";

type Terrestrial = Extract<Delivery, { readonly plp: number | null }>;
type Cable = Extract<Delivery, { readonly system: "dvbc" }>;
type Satellite = Extract<Delivery, { readonly polarisation: string }>;

/** All ones means "see the frequency list"; some networks write 0, or another small number, where they do not say. */
const isFrequency = (field: number): boolean => field >= LOWEST && field !== 0xffff_ffff;
/** 1 MHz, in tens of Hz. */
const LOWEST = 100_000;

/** @param data of a terrestrial_delivery_system_descriptor (0x5A) @returns null when it names no frequency @see EN 300 468 §6.2.13.4 */
export function decodeTerrestrial(data: Buffer): Terrestrial | null {
  if (data.length < 7) return null;
  const bandwidthHz = BANDWIDTHS[data.readUInt8(4) >> 5] ?? null;
  if (bandwidthHz === null || !isFrequency(data.readUInt32BE(0))) return null;
  const first = data.readUInt8(5);
  const second = data.readUInt8(6);
  return {
    system: "dvbt",
    frequencyHz: data.readUInt32BE(0) * 10,
    bandwidthHz,
    plp: null,
    ...member("modulation", CONSTELLATIONS, first >> 6),
    // The third bit is the in-depth interleaver's.
    ...member("hierarchy", HIERARCHIES, (first >> 3) & 0x03),
    ...member("codeRateHp", CODE_RATES, first & 0x07),
    ...member("codeRateLp", CODE_RATES, second >> 5),
    ...member("guardInterval", GUARD_INTERVALS, (second >> 3) & 0x03),
    ...member("transmissionMode", TRANSMISSION_MODES, (second >> 1) & 0x03),
  };
}

/** What a T2_delivery_system_descriptor says. @see EN 300 468 §6.4.6.3 */
export interface T2Delivery {
  readonly plp: number;
  readonly t2SystemId: number;
  /** Of the rest nothing is said: another entry of the same T2_system_id says it. */
  readonly brief: boolean;
  /** Hz, null when reserved or not said. */
  readonly bandwidthHz: number | null;
  readonly guardInterval: string | null;
  readonly transmissionMode: string | null;
  /** Other frequencies are in use. */
  readonly otherFrequency: boolean;
  readonly cells: readonly T2Cell[];
}

export interface T2Cell {
  readonly cellId: number;
  /** Hz; more than one with time-frequency slicing. */
  readonly frequenciesHz: readonly number[];
  /** Transposers. */
  readonly subcells: readonly { readonly cellIdExtension: number; readonly frequencyHz: number }[];
}

/** @param data behind descriptor_tag_extension 0x04 @returns null when it is too short @see EN 300 468 §6.4.6.3 */
export function decodeT2(data: Buffer): T2Delivery | null {
  if (data.length < 3) return null;
  const plp = data.readUInt8(0);
  const t2SystemId = data.readUInt16BE(1);
  if (data.length < 5) {
    const unsaid = { bandwidthHz: null, guardInterval: null, transmissionMode: null, otherFrequency: false };
    return { plp, t2SystemId, brief: true, ...unsaid, cells: [] };
  }
  const flags = data.readUInt8(4);
  return {
    plp,
    t2SystemId,
    brief: false,
    bandwidthHz: T2_BANDWIDTHS[(data.readUInt8(3) >> 2) & 0x0f] ?? null,
    guardInterval: T2_GUARD_INTERVALS[flags >> 5] ?? null,
    transmissionMode: T2_TRANSMISSION_MODES[(flags >> 2) & 0x07] ?? null,
    otherFrequency: (flags & 0x02) !== 0,
    cells: t2Cells(data, (flags & 0x01) !== 0),
  };
}

function t2Cells(data: Buffer, slicing: boolean): T2Cell[] {
  const cells: T2Cell[] = [];
  for (let at = 5; at + 3 <= data.length;) {
    const cellId = data.readUInt16BE(at);
    const length = slicing ? data.readUInt8(at + 2) : 4;
    const start = at + (slicing ? 3 : 2);
    if (start + length > data.length) break;
    const frequenciesHz = numbers(data.subarray(start, start + length)).filter(isFrequency);
    const subcellsAt = start + length + 1;
    const subcellsEnd = subcellsAt <= data.length ? subcellsAt + data.readUInt8(subcellsAt - 1) : subcellsAt;
    const subcells: { cellIdExtension: number; frequencyHz: number }[] = [];
    for (let sub = subcellsAt; sub + 5 <= Math.min(subcellsEnd, data.length); sub += 5) {
      subcells.push({
        cellIdExtension: data.readUInt8(sub),
        frequencyHz: data.readUInt32BE(sub + 1) * 10,
      });
    }
    cells.push({ cellId, frequenciesHz: frequenciesHz.map((field) => field * 10), subcells });
    at = subcellsEnd;
  }
  return cells;
}

function numbers(data: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= data.length; at += 4) found.push(data.readUInt32BE(at));
  return found;
}

/** @param data of a cable_delivery_system_descriptor (0x44) @returns null when its numbers are none @see EN 300 468 §6.2.13.1 */
export function decodeCable(data: Buffer): Cable | null {
  if (data.length < 11) return null;
  const frequency = decodeBcdDigits(data, 0, 8);
  const symbols = decodeBcdDigits(data, 7, 7);
  if (frequency === null || symbols === null || frequency === 0) return null;
  return {
    system: "dvbc",
    frequencyHz: frequency * 100,
    symbolRate: symbols * 100,
    modulation: CABLE_MODULATIONS[data.readUInt8(6)] ?? "QAM/AUTO",
    ...member("innerFec", INNER_FECS, data.readUInt8(10) & 0x0f),
  };
}

/** @param data of a satellite_delivery_system_descriptor (0x43) @returns null when its numbers are none @see EN 300 468 §6.2.13.2 */
export function decodeSatellite(data: Buffer): Satellite | null {
  if (data.length < 11) return null;
  const frequency = decodeBcdDigits(data, 0, 8);
  const position = decodeBcdDigits(data, 4, 4);
  const symbols = decodeBcdDigits(data, 7, 7);
  if (frequency === null || symbols === null || frequency === 0) return null;
  const flags = data.readUInt8(6);
  const second = (flags & 0x04) !== 0;
  return {
    system: second ? "dvbs2" : "dvbs",
    frequencyKHz: frequency * 10,
    symbolRate: symbols * 100,
    polarisation: POLARISATIONS[(flags >> 5) & 3] ?? "H",
    orbital: position === null ? null : `${(position / 10).toFixed(1)}${(flags & 0x80) === 0 ? "W" : "E"}`,
    ...member("modulation", SATELLITE_MODULATIONS, flags & 0x03),
    ...member("innerFec", INNER_FECS, data.readUInt8(10) & 0x0f),
    // The first generation has one roll-off, and zeros here.
    ...(second ? member("rollOff", ROLL_OFFS, (flags >> 3) & 0x03) : {}),
  };
}

/** What an S2_satellite_delivery_system_descriptor adds. @see EN 300 468 §6.2.13.3 */
export interface S2Delivery {
  /** Index of the physical layer's Gold sequence, 0..262142; null: the default one, 0. @see EN 302 307-1 §5.5.4 */
  readonly scramblingIndex: number | null;
  /** input_stream_identifier; null for one input stream. */
  readonly streamId: number | null;
  /** Null without time slices. @see EN 302 307-1 annex M */
  readonly timeSlice: number | null;
}

/** @param data of an S2_satellite_delivery_system_descriptor (0x79) @returns null when it is cut off @see EN 300 468 §6.2.13.3 */
export function decodeS2(data: Buffer): S2Delivery | null {
  if (data.length < 1) return null;
  const flags = data.readUInt8(0);
  const scrambled = (flags & 0x80) !== 0;
  const multiple = (flags & 0x40) !== 0;
  // not_timeslice_flag was reserved, and 0 is sent for it by those who do not know it: a slice is there if its number is.
  const streamAt = scrambled ? 4 : 1;
  const sliceAt = streamAt + (multiple ? 1 : 0);
  if (data.length < sliceAt) return null;
  const sliced = (flags & 0x10) === 0 && data.length > sliceAt;
  return {
    scramblingIndex: scrambled ? data.readUIntBE(1, 3) & 0x3_ffff : null,
    streamId: multiple ? data.readUInt8(streamAt) : null,
    timeSlice: sliced ? data.readUInt8(sliceAt) : null,
  };
}

/** What a C2_delivery_system_descriptor says; there is no driver for DVB-C2. @see EN 300 468 §6.4.6.1 */
export interface C2Delivery {
  readonly plp: number;
  readonly dataSlice: number;
  /** C2_System_tuning_frequency, Hz. */
  readonly frequencyHz: number;
}

/** @param data behind descriptor_tag_extension 0x0D @returns null when it is too short @see EN 300 468 §6.4.6.1 */
export function decodeC2(data: Buffer): C2Delivery | null {
  if (data.length < 7) return null;
  return { plp: data.readUInt8(0), dataSlice: data.readUInt8(1), frequencyHz: data.readUInt32BE(2) };
}

/** @param data of a frequency_list_descriptor (0x62) @returns Hz, without what is no frequency @see EN 300 468 §6.2.17 */
export function decodeFrequencyList(data: Buffer): number[] {
  if (data.length < 1) return [];
  const list = data.subarray(1);
  switch (data.readUInt8(0) & 0x03) {
    case 1:
      return bcdFrequencies(list, 10_000);
    case 2:
      return bcdFrequencies(list, 100);
    case 3:
      return numbers(list)
        .filter(isFrequency)
        .map((field) => field * 10);
    default:
      return [];
  }
}

function bcdFrequencies(list: Buffer, unit: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= list.length; at += 4) {
    const digits = decodeBcdDigits(list, at, 8);
    if (digits !== null && digits !== 0) found.push(digits * unit);
  }
  return found;
}

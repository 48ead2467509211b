import type { Delivery } from "../ports.ts";
import {
  BANDWIDTHS,
  CABLE_MODULATIONS,
  CODE_RATES,
  codeOf,
  CONSTELLATIONS,
  GUARD_INTERVALS,
  HIERARCHIES,
  INNER_FECS,
  POLARISATIONS,
  ROLL_OFFS,
  SATELLITE_MODULATIONS,
  T2_BANDWIDTHS,
  T2_GUARD_INTERVALS,
  T2_TRANSMISSION_MODES,
  TRANSMISSION_MODES,
  type Codes,
} from "./delivery-codes.ts";
import {
  decodeCable,
  decodeFrequencyList,
  decodeS2,
  decodeSatellite,
  decodeT2,
  decodeTerrestrial,
  type S2Delivery,
  type T2Delivery,
} from "./delivery-descriptors.ts";
import { descriptor, eachDescriptor, EXTENSION_TAG, TAG } from "./descriptors.ts";

/**
 * How to receive the transport stream, from the delivery descriptors of its NIT entry. DVB-T2 and DVB-S2 win over the first
 * generation, whose descriptor may stand beside theirs. Of several cells it is the first's frequency; see
 * {@link decodeFrequencies} for the others.
 * @returns null without one, or when its numbers are none
 */
export function decodeDelivery(loop: Buffer): Delivery | null {
  let delivery: Delivery | null = null;
  let s2: S2Delivery | null = null;
  for (const { tag, data } of eachDescriptor(loop)) {
    switch (tag) {
      case TAG.terrestrialDelivery:
        delivery ??= decodeTerrestrial(data);
        break;
      case TAG.cableDelivery:
        delivery ??= decodeCable(data);
        break;
      case TAG.satelliteDelivery:
        delivery ??= decodeSatellite(data);
        break;
      case TAG.s2SatelliteDelivery:
        s2 ??= decodeS2(data);
        break;
      case TAG.extension:
        delivery = secondTerrestrial(data) ?? delivery;
        break;
      default:
    }
  }
  if (s2 === null || (delivery?.system !== "dvbs" && delivery?.system !== "dvbs2")) return delivery;
  return { ...delivery, system: "dvbs2", ...(s2.streamId !== null && { streamId: s2.streamId }) };
}

/** @param data of an extension_descriptor */
function secondTerrestrial(data: Buffer): Delivery | null {
  const t2 = t2Of(data);
  const frequencyHz = t2?.cells.flatMap((cell) => cell.frequenciesHz)[0];
  if (t2 === null || t2.bandwidthHz === null || frequencyHz === undefined) return null;
  return {
    system: "dvbt2",
    frequencyHz,
    bandwidthHz: t2.bandwidthHz,
    plp: t2.plp,
    ...(t2.guardInterval !== null && { guardInterval: t2.guardInterval }),
    ...(t2.transmissionMode !== null && { transmissionMode: t2.transmissionMode }),
  };
}

const t2Of = (data: Buffer): T2Delivery | null =>
  data.length > 0 && data.readUInt8(0) === EXTENSION_TAG.t2Delivery ? decodeT2(data.subarray(1)) : null;

/**
 * Every frequency that the descriptors of a NIT entry name for the transport stream: of the delivery descriptors, of all cells
 * and transposers of DVB-T2, of the frequency list.
 * @returns Hz, each once, that of the delivery descriptors first
 */
export function decodeFrequencies(loop: Buffer): number[] {
  const found = new Set<number>();
  const listed: number[] = [];
  const delivery = decodeDelivery(loop);
  if (delivery !== null && "frequencyHz" in delivery) found.add(delivery.frequencyHz);
  if (delivery !== null && "frequencyKHz" in delivery) found.add(delivery.frequencyKHz * 1000);
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag === TAG.frequencyList) listed.push(...decodeFrequencyList(data));
    if (tag !== TAG.extension) continue;
    for (const cell of t2Of(data)?.cells ?? [])
      for (const one of [...cell.frequenciesHz, ...cell.subcells.map((sub) => sub.frequencyHz)])
        found.add(one);
  }
  return [...new Set([...found, ...listed])];
}

/**
 * The delivery descriptor of a multiplex, with what {@link Delivery} does not say left to the receiver ("auto") or at the usual
 * value.
 * @returns null for what no delivery descriptor of DVB tells: files, mocks, networks, other broadcasting systems
 * @throws RangeError for a bandwidth or an orbital position that the descriptor cannot tell
 */
export function encodeDelivery(delivery: Delivery): Buffer | null {
  switch (delivery.system) {
    case "dvbt": {
      const data = Buffer.alloc(7);
      data.writeUInt32BE(delivery.frequencyHz / 10);
      data.writeUInt8((bandwidth(BANDWIDTHS, delivery.bandwidthHz) << 5) | 0x1f, 4);
      const high =
        (or(2, CONSTELLATIONS, delivery.modulation) << 6) | (or(0, HIERARCHIES, delivery.hierarchy) << 3);
      data.writeUInt8(high | or(2, CODE_RATES, delivery.codeRateHp), 5);
      const low =
        (or(0, CODE_RATES, delivery.codeRateLp) << 5) |
        (or(2, GUARD_INTERVALS, delivery.guardInterval) << 3) |
        (or(1, TRANSMISSION_MODES, delivery.transmissionMode) << 1);
      data.writeUInt8(low, 6);
      return descriptor(TAG.terrestrialDelivery, data, [0xff, 0xff, 0xff, 0xff]);
    }
    case "dvbt2": {
      const data = Buffer.alloc(13);
      data.writeUInt8(EXTENSION_TAG.t2Delivery);
      data.writeUInt8(delivery.plp ?? 0, 1);
      // T2_system_id 0; SISO, bandwidth, reserved; no other frequency, no TFS; cell 0.
      data.writeUInt8((bandwidth(T2_BANDWIDTHS, delivery.bandwidthHz) << 2) | 0x03, 4);
      const guard = or(1, T2_GUARD_INTERVALS, delivery.guardInterval);
      data.writeUInt8((guard << 5) | (or(5, T2_TRANSMISSION_MODES, delivery.transmissionMode) << 2), 5);
      data.writeUInt32BE(delivery.frequencyHz / 10, 8);
      return descriptor(TAG.extension, data);
    }
    case "dvbc": {
      const modulation = or(0, CABLE_MODULATIONS, delivery.modulation);
      const frequency = bcd(delivery.frequencyHz / 100, 8);
      const rest = bcd(delivery.symbolRate / 100, 7) + hexDigit(or(0, INNER_FECS, delivery.innerFec));
      return descriptor(TAG.cableDelivery, Buffer.from(`${frequency}fff2${hex(modulation)}${rest}`, "hex"));
    }
    case "dvbs":
    case "dvbs2":
      return encodeSatellite(delivery);
    default:
      return null;
  }
}

/** With the second generation's descriptor where there is an input stream to name. */
function encodeSatellite(delivery: Extract<Delivery, { readonly polarisation: string }>): Buffer {
  const position = /^(\d{1,3}\.\d)([EW])$/.exec(delivery.orbital ?? "0.0E");
  if (position === null) throw new RangeError(`"${delivery.orbital}" is no orbital position such as 19.2E`);
  const second = delivery.system === "dvbs2";
  const flags =
    (position[2] === "E" ? 0x80 : 0) |
    (POLARISATIONS.indexOf(delivery.polarisation) << 5) |
    (second ? (or(0, ROLL_OFFS, delivery.rollOff) << 3) | 0x04 : 0) |
    or(second ? 0 : 1, SATELLITE_MODULATIONS, delivery.modulation);
  const where = bcd(delivery.frequencyKHz / 10, 8) + bcd(Number(position[1]) * 10, 4) + hex(flags);
  const rest = bcd(delivery.symbolRate / 100, 7) + hexDigit(or(0, INNER_FECS, delivery.innerFec));
  const first = descriptor(TAG.satelliteDelivery, Buffer.from(where + rest, "hex"));
  if (delivery.streamId === undefined) return first;
  // multiple_input_stream_flag, no time slices.
  return Buffer.concat([first, descriptor(TAG.s2SatelliteDelivery, [0x5f, delivery.streamId])]);
}

function bandwidth(table: Codes<number>, bandwidthHz: number): number {
  const code = codeOf(table, bandwidthHz);
  if (code === null) throw new RangeError(`a bandwidth of ${bandwidthHz} Hz has no code`);
  return code;
}

/** The code of a value, or the usual one where nothing is said. */
const or = (usual: number, codes: Codes<string>, value: string | undefined): number =>
  codeOf(codes, value) ?? usual;

const bcd = (value: number, digits: number): string => Math.round(value).toString().padStart(digits, "0");
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const hexDigit = (nibble: number): string => nibble.toString(16);

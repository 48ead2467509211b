import type { Delivery } from "../ports.ts";
import { descriptor, eachDescriptor, EXTENSION_TAG, TAG } from "./descriptors.ts";
import { decodeBcdDigits } from "./time.ts";

/** Hz by bandwidth code. @see EN 300 468 tables 44 and 119 */
const BANDWIDTHS = [8_000_000, 7_000_000, 6_000_000, 5_000_000];
const T2_BANDWIDTHS = [8_000_000, 7_000_000, 6_000_000, 5_000_000, 10_000_000, 1_712_000];
/** Names as in dtv-scan-tables, by modulation code. @see EN 300 468 table 37 */
const CABLE_MODULATIONS = ["QAM/AUTO", "QAM/16", "QAM/32", "QAM/64", "QAM/128", "QAM/256"];
const POLARISATIONS = ["H", "V", "L", "R"] as const;

/**
 * How to receive the transport stream, from the delivery descriptors of its NIT entry. DVB-T2 and DVB-S2 win over the first
 * generation, whose descriptor may stand beside theirs.
 * @returns null without one, or when its numbers are none
 */
export function decodeDelivery(loop: Buffer): Delivery | null {
  let delivery: Delivery | null = null;
  let s2 = false;
  for (const { tag, data } of eachDescriptor(loop)) {
    switch (tag) {
      case TAG.terrestrialDelivery:
        delivery ??= terrestrial(data);
        break;
      case TAG.cableDelivery:
        delivery ??= cable(data);
        break;
      case TAG.satelliteDelivery:
        delivery ??= satellite(data);
        break;
      case TAG.s2SatelliteDelivery:
        s2 = true;
        break;
      case TAG.extension:
        if (data.length > 0 && data.readUInt8(0) === EXTENSION_TAG.t2Delivery) {
          delivery = secondGenerationTerrestrial(data.subarray(1)) ?? delivery;
        }
        break;
      default:
    }
  }
  return s2 && delivery?.system === "dvbs" ? { ...delivery, system: "dvbs2" } : delivery;
}

/** All ones means "see the frequency list"; some networks write 0 where they do not say. */
const isFrequency = (field: number): boolean => field !== 0 && field !== 0xffff_ffff;

/** @see EN 300 468 §6.2.13.4 */
function terrestrial(data: Buffer): Delivery | null {
  if (data.length < 5) return null;
  const bandwidthHz = BANDWIDTHS[data.readUInt8(4) >> 5];
  const frequencyHz = data.readUInt32BE(0) * 10;
  if (bandwidthHz === undefined || !isFrequency(data.readUInt32BE(0))) return null;
  return { system: "dvbt", frequencyHz, bandwidthHz, plp: null };
}

/** The first cell's first frequency. @see EN 300 468 §6.4.6.3 */
function secondGenerationTerrestrial(data: Buffer): Delivery | null {
  // plp_id, T2_system_id, flags (2 bytes), cell_id, [frequency_loop_length,] centre_frequency
  if (data.length < 5) return null;
  const bandwidthHz = T2_BANDWIDTHS[(data.readUInt8(3) >> 2) & 0x0f];
  const frequencyAt = 7 + (data.readUInt8(4) & 1);
  if (bandwidthHz === undefined || data.length < frequencyAt + 4) return null;
  if (!isFrequency(data.readUInt32BE(frequencyAt))) return null;
  return {
    system: "dvbt2",
    frequencyHz: data.readUInt32BE(frequencyAt) * 10,
    bandwidthHz,
    plp: data.readUInt8(0),
  };
}

/** @see EN 300 468 §6.2.13.1 */
function cable(data: Buffer): Delivery | null {
  if (data.length < 11) return null;
  const frequency = decodeBcdDigits(data, 0, 8);
  const symbols = decodeBcdDigits(data, 7, 7);
  if (frequency === null || symbols === null) return null;
  const modulation = CABLE_MODULATIONS[data.readUInt8(6)] ?? "QAM/AUTO";
  return { system: "dvbc", frequencyHz: frequency * 100, symbolRate: symbols * 100, modulation };
}

/** @see EN 300 468 §6.2.13.2 */
function satellite(data: Buffer): Delivery | null {
  if (data.length < 11) return null;
  const frequency = decodeBcdDigits(data, 0, 8);
  const position = decodeBcdDigits(data, 4, 4);
  const symbols = decodeBcdDigits(data, 7, 7);
  if (frequency === null || symbols === null) return null;
  const flags = data.readUInt8(6);
  return {
    system: (flags & 0x04) === 0 ? "dvbs" : "dvbs2",
    frequencyKHz: frequency * 10,
    symbolRate: symbols * 100,
    polarisation: POLARISATIONS[(flags >> 5) & 3] ?? "H",
    orbital: position === null ? null : `${(position / 10).toFixed(1)}${(flags & 0x80) === 0 ? "W" : "E"}`,
  };
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
      const data = Buffer.from([
        0,
        0,
        0,
        0,
        (code(BANDWIDTHS, delivery.bandwidthHz) << 5) | 0x1f,
        0x82,
        0x12,
      ]);
      data.writeUInt32BE(delivery.frequencyHz / 10);
      return descriptor(TAG.terrestrialDelivery, data, [0xff, 0xff, 0xff, 0xff]);
    }
    case "dvbt2": {
      const data = Buffer.alloc(13);
      data.writeUInt8(EXTENSION_TAG.t2Delivery);
      data.writeUInt8(delivery.plp ?? 0, 1);
      // T2_system_id 0; SISO, bandwidth, reserved; guard interval 1/16, 32k, no other frequency, no TFS; cell 0.
      data.writeUInt8((code(T2_BANDWIDTHS, delivery.bandwidthHz) << 2) | 0x03, 4);
      data.writeUInt8((1 << 5) | (5 << 2), 5);
      data.writeUInt32BE(delivery.frequencyHz / 10, 8);
      return descriptor(TAG.extension, data);
    }
    case "dvbc": {
      const modulation = Math.max(0, CABLE_MODULATIONS.indexOf(delivery.modulation));
      const frequency = bcd(delivery.frequencyHz / 100, 8);
      return descriptor(
        TAG.cableDelivery,
        Buffer.from(`${frequency}fff2${hex(modulation)}${bcd(delivery.symbolRate / 100, 7)}f`, "hex"),
      );
    }
    case "dvbs":
    case "dvbs2": {
      const position = /^(\d{1,3}\.\d)([EW])$/.exec(delivery.orbital ?? "0.0E");
      if (position === null)
        throw new RangeError(`"${delivery.orbital}" is no orbital position such as 19.2E`);
      const flags =
        (position[2] === "E" ? 0x80 : 0) |
        (POLARISATIONS.indexOf(delivery.polarisation) << 5) |
        (delivery.system === "dvbs2" ? 0x06 : 0x01);
      const degrees = bcd(Number(position[1]) * 10, 4);
      const frequency = bcd(delivery.frequencyKHz / 10, 8);
      return descriptor(
        TAG.satelliteDelivery,
        Buffer.from(`${frequency}${degrees}${hex(flags)}${bcd(delivery.symbolRate / 100, 7)}f`, "hex"),
      );
    }
    default:
      return null;
  }
}

function code(table: readonly number[], bandwidthHz: number): number {
  const index = table.indexOf(bandwidthHz);
  if (index < 0) throw new RangeError(`a bandwidth of ${bandwidthHz} Hz has no code`);
  return index;
}

const bcd = (value: number, digits: number): string => Math.round(value).toString().padStart(digits, "0");
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

import { eachDescriptor, PRIVATE_DATA, TAG } from "./descriptors.ts";
import type { LogicalChannel } from "./nit.ts";

/** The numbers that a transport stream's entry in a NIT or BAT gives to its services. */
export interface LogicalChannels {
  readonly lcns: readonly LogicalChannel[];
  /** Numbers for receivers that show an HD simulcast in place of the SD service. */
  readonly hdSimulcastLcns: readonly LogicalChannel[];
}

/** Values of private_data_specifier under which these tags mean something else. @see ETSI TS 101 162 */
const DTG = 0x233a;
const BSKYB = 0x02;
const EUTELSAT = 0x55f;
const OTHER_MEANING: ReadonlySet<number | null> = new Set([BSKYB, EUTELSAT]);

/**
 * Finds logical channel numbers. What a user defined tag means depends on the private_data_specifier before it; networks that
 * forget it are taken to mean EACEM's.
 *
 * | specifier | 0x83 | 0x87 | 0x88 |
 * | --- | --- | --- | --- |
 * | EACEM 0x28, none, others | 10 bits, visible flag | - | HD simulcast |
 * | NorDig 0x29 | 14 bits, visible flag | named lists; the first counts, over 0x83 | - |
 * | DTG 0x233A | 10 bits, all visible | (a short name) | HD simulcast |
 *
 * @see IEC 62216 §8.5.3, NorDig Unified §12.2.9.2, D-Book §8.5.3.6
 */
export function readLogicalChannels(loop: Buffer): LogicalChannels {
  const lcns: LogicalChannel[] = [];
  const second: LogicalChannel[] = [];
  const hdSimulcastLcns: LogicalChannel[] = [];
  let specifier: number | null = null;
  for (const { tag, data } of eachDescriptor(loop)) {
    if (tag === TAG.privateDataSpecifier) specifier = data.length >= 4 ? data.readUInt32BE(0) : null;
    if (OTHER_MEANING.has(specifier)) continue;
    const nordig = specifier === PRIVATE_DATA.nordig;
    if (tag === TAG.logicalChannel) lcns.push(...channels(data, nordig ? 0x3fff : 0x03ff, specifier === DTG));
    else if (tag === TAG.logicalChannelV2 && nordig && second.length === 0)
      second.push(...channels(firstList(data), 0x03ff, false));
    else if (tag === TAG.hdSimulcastLogicalChannel && !nordig)
      hdSimulcastLcns.push(...channels(data, 0x03ff, specifier === DTG));
  }
  return { lcns: second.length > 0 ? second : lcns, hdSimulcastLcns };
}

function channels(data: Buffer, numberMask: number, allVisible: boolean): LogicalChannel[] {
  const found: LogicalChannel[] = [];
  for (let at = 0; at + 4 <= data.length; at += 4) {
    const flagsAndNumber = data.readUInt16BE(at + 2);
    found.push({
      serviceId: data.readUInt16BE(at),
      number: flagsAndNumber & numberMask,
      visible: allVisible || (flagsAndNumber & 0x8000) !== 0,
    });
  }
  return found;
}

/** The first of the channel lists of a NorDig logical channel descriptor, version 2. @see NorDig Unified §12.2.9.2.2 */
function firstList(data: Buffer): Buffer {
  // channel_list_id, name length and name, country (3), length of the list
  const lengthAt = data.length >= 2 ? 2 + data.readUInt8(1) + 3 : data.length;
  if (lengthAt >= data.length) return Buffer.alloc(0);
  return data.subarray(lengthAt + 1, lengthAt + 1 + data.readUInt8(lengthAt));
}

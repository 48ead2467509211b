import { crc32Mpeg } from "../../kernel/crc32.ts";
import { descriptor, eachDescriptor, TAG, threeLetters } from "./descriptors.ts";
import { loopLength, loopWithin, uint16 } from "./section.ts";
import { decodeBcd, decodeUtc, encodeBcd, encodeUtc, UTC_LENGTH } from "./time.ts";

/** Time and date. @see EN 300 468 §5.2.5 */
export interface Tdt {
  /** Epoch milliseconds. */
  readonly utc: number;
}

/** Time offset section. @see EN 300 468 §5.2.6 */
export interface Tot extends Tdt {
  readonly offsets: readonly LocalTimeOffset[];
}

/** How local time of a country differs from UTC. @see EN 300 468 §6.2.20 */
export interface LocalTimeOffset {
  /** ISO 3166, as sent. */
  readonly country: string;
  /** 0: the country has one zone. */
  readonly region: number;
  /** Minutes to add to UTC, negative west of Greenwich. */
  readonly offsetMinutes: number;
  /** When the next offset begins to hold, epoch milliseconds; null when not said. */
  readonly changesAt: number | null;
  readonly nextOffsetMinutes: number;
}

const TDT = 0x70;
const TOT = 0x73;
const HEADER = 3;
const OFFSET = 13;
const CRC_LENGTH = 4;

/** @returns null when it is not a TDT, or holds no valid time */
export function decodeTdt(section: Buffer): Tdt | null {
  if (section.length < HEADER + UTC_LENGTH || section.readUInt8(0) !== TDT) return null;
  const utc = decodeUtc(section, HEADER);
  return utc === null ? null : { utc };
}

export function encodeTdt(tdt: Tdt): Buffer {
  return Buffer.concat([Buffer.from([TDT]), uint16(0x7000 | UTC_LENGTH), encodeUtc(tdt.utc)]);
}

/** @returns null when it is not a TOT, or holds no valid time */
export function decodeTot(section: Buffer): Tot | null {
  const start = HEADER + UTC_LENGTH + 2;
  if (section.length < start + CRC_LENGTH || section.readUInt8(0) !== TOT) return null;
  const utc = decodeUtc(section, HEADER);
  if (utc === null) return null;
  const end = Math.min(HEADER + (section.readUInt16BE(1) & 0x0fff), section.length) - CRC_LENGTH;
  const length = section.readUInt16BE(start - 2) & 0x0fff;
  const offsets: LocalTimeOffset[] = [];
  for (const { tag, data } of eachDescriptor(loopWithin(section, start, length, end))) {
    if (tag !== TAG.localTimeOffset) continue;
    for (let at = 0; at + OFFSET <= data.length; at += OFFSET) {
      const offset = readOffset(data.subarray(at, at + OFFSET));
      if (offset !== null) offsets.push(offset);
    }
  }
  return { utc, offsets };
}

function readOffset(data: Buffer): LocalTimeOffset | null {
  const zone = data.readUInt8(3);
  const sign = (zone & 1) === 1 ? -1 : 1;
  const now = minutes(data, 4);
  const next = minutes(data, 11);
  if (now === null || next === null) return null;
  return {
    country: data.toString("latin1", 0, 3),
    region: zone >> 2,
    // `+ 0` because a zone west of Greenwich may have offset zero, and -0 is not 0 to everybody.
    offsetMinutes: sign * now + 0,
    changesAt: decodeUtc(data, 6),
    nextOffsetMinutes: sign * next + 0,
  };
}

function minutes(data: Buffer, at: number): number | null {
  const hours = decodeBcd(data.readUInt8(at));
  const rest = decodeBcd(data.readUInt8(at + 1));
  return hours === null || rest === null || rest > 59 ? null : hours * 60 + rest;
}

/** @throws RangeError for offsets of different sign in one entry, which its one polarity bit cannot say */
export function encodeTot(tot: Tot): Buffer {
  const loop =
    tot.offsets.length === 0
      ? Buffer.alloc(0)
      : descriptor(TAG.localTimeOffset, ...tot.offsets.map(writeOffset));
  const length = UTC_LENGTH + 2 + loop.length + CRC_LENGTH;
  const section = Buffer.concat([
    Buffer.from([TOT]),
    uint16(0x7000 | length),
    encodeUtc(tot.utc),
    loopLength(0xf000, loop.length),
    loop,
    Buffer.alloc(CRC_LENGTH),
  ]);
  const end = section.length - CRC_LENGTH;
  section.writeUInt32BE(crc32Mpeg(section, 0, end), end);
  return section;
}

function writeOffset(offset: LocalTimeOffset): Buffer {
  const { offsetMinutes: now, nextOffsetMinutes: next } = offset;
  if (now * next < 0) throw new RangeError("both offsets of an entry have the same sign");
  const negative = now < 0 || next < 0;
  return Buffer.concat([
    threeLetters(offset.country),
    Buffer.from([(offset.region << 2) | 0x02 | (negative ? 1 : 0)]),
    bcdMinutes(now),
    encodeUtc(offset.changesAt),
    bcdMinutes(next),
  ]);
}

const bcdMinutes = (value: number): Buffer =>
  Buffer.from([encodeBcd(Math.trunc(Math.abs(value) / 60)), encodeBcd(Math.abs(value) % 60)]);

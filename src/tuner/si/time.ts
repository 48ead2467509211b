/** MJD dates and BCD numbers, as SI writes them. @see EN 300 468 Annex C */

/** Days from 1858-11-17, where MJD begins, to 1970-01-01. */
const MJD_OF_1970 = 40_587;
const DAY_MS = 86_400_000;
/** Bytes of a UTC_time or start_time field. */
export const UTC_LENGTH = 5;

/** Two decimal digits of a byte. @returns null when a nibble is not a digit */
export function decodeBcd(byte: number): number | null {
  const tens = byte >> 4;
  const ones = byte & 0x0f;
  return tens > 9 || ones > 9 ? null : tens * 10 + ones;
}

/** @param value 0..99 */
export function encodeBcd(value: number): number {
  return (Math.trunc(value / 10) << 4) | (value % 10);
}

/** `digits` decimal digits from the bit string at `offset`, the first in the upper half of a byte. @returns null when one is none */
export function decodeBcdDigits(bytes: Buffer, offset: number, digits: number): number | null {
  let value = 0;
  for (let digit = 0; digit < digits; digit++) {
    const byte = bytes.readUInt8(offset + (digit >> 1));
    const nibble = (digit & 1) === 0 ? byte >> 4 : byte & 0x0f;
    if (nibble > 9) return null;
    value = value * 10 + nibble;
  }
  return value;
}

/** Hours, minutes, seconds in BCD. @returns milliseconds; null when undefined (all ones) or no time */
export function decodeDuration(bytes: Buffer, offset: number): number | null {
  const hours = decodeBcd(bytes.readUInt8(offset));
  const minutes = decodeBcd(bytes.readUInt8(offset + 1));
  const seconds = decodeBcd(bytes.readUInt8(offset + 2));
  if (hours === null || minutes === null || seconds === null || minutes > 59 || seconds > 59) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** @param duration milliseconds, 0 to 99:59:59; parts of a second are dropped @throws RangeError beyond */
export function encodeDuration(duration: number): Buffer {
  const seconds = Math.trunc(duration / 1000);
  if (seconds < 0 || seconds >= 360_000) throw new RangeError("a duration is 0 to 99:59:59");
  return Buffer.from([
    encodeBcd(Math.trunc(seconds / 3600)),
    encodeBcd(Math.trunc(seconds / 60) % 60),
    encodeBcd(seconds % 60),
  ]);
}

/** 16 bits of MJD, 24 of BCD time of day. @returns epoch milliseconds UTC; null when undefined (all ones) or no time */
export function decodeUtc(bytes: Buffer, offset: number): number | null {
  const timeOfDay = decodeDuration(bytes, offset + 2);
  if (timeOfDay === null || timeOfDay >= DAY_MS) return null;
  return (bytes.readUInt16BE(offset) - MJD_OF_1970) * DAY_MS + timeOfDay;
}

/**
 * @param utc epoch milliseconds; null: undefined, all ones
 * @throws RangeError outside 1858-11-17..2038-04-22, which is what 16 bits of MJD hold
 */
export function encodeUtc(utc: number | null): Buffer {
  if (utc === null) return Buffer.alloc(UTC_LENGTH, 0xff);
  const day = Math.floor(utc / DAY_MS);
  const field = Buffer.alloc(UTC_LENGTH);
  field.writeUInt16BE(day + MJD_OF_1970);
  encodeDuration(utc - day * DAY_MS).copy(field, 2);
  return field;
}

import { PCR_WRAP, PTS_WRAP } from "../../kernel/units.ts";

/** The transport packet's fields that more than one reader needs. @see ISO/IEC 13818-1 §2.4.3.2 */

export const PACKET_BYTES = 188;
export const SYNC_BYTE = 0x47;
export const NULL_PID = 0x1fff;
/** How many PIDs there are. */
export const PID_COUNT = 0x2000;

/** PID of the packet at `offset`. */
export function packetPid(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset + 1]! & 0x1f) << 8) | bytes[offset + 2]!;
}

/**
 * Where the payload of the packet at `offset` begins.
 * @returns an absolute offset below `offset + 188`, or -1 when there is no payload or the adaptation field is malformed
 */
export function payloadStart(bytes: Uint8Array, offset: number): number {
  const control = bytes[offset + 3]! & 0x30;
  if (control === 0x10) return offset + 4;
  if (control !== 0x30) return -1;
  const length = bytes[offset + 4]!;
  return length > 182 ? -1 : offset + 5 + length;
}

/** Whether the packet at `offset` has an adaptation field with a PCR in it. @see ISO/IEC 13818-1 §2.4.3.4 */
export function hasPcr(bytes: Uint8Array, offset: number): boolean {
  if ((bytes[offset + 3]! & 0x20) === 0) return false;
  const length = bytes[offset + 4]!;
  return length >= 7 && length <= 183 && (bytes[offset + 5]! & 0x10) !== 0;
}

/** The 33-bit base of the PCR of the packet at `offset`, 90 kHz. Only where {@link hasPcr}. */
export function readPcrBase(bytes: Uint8Array, offset: number): number {
  return (
    bytes[offset + 6]! * 0x2000000 +
    ((bytes[offset + 7]! << 17) |
      (bytes[offset + 8]! << 9) |
      (bytes[offset + 9]! << 1) |
      (bytes[offset + 10]! >> 7))
  );
}

/** The PCR of the packet at `offset`, 27 MHz, 0..2^33·300. Only where {@link hasPcr}. */
export function readPcr(bytes: Uint8Array, offset: number): number {
  return readPcrBase(bytes, offset) * 300 + (((bytes[offset + 10]! & 1) << 8) | bytes[offset + 11]!);
}

/** Replaces the PCR of the packet at `offset`; takes any number of 27 MHz ticks and wraps it. */
export function writePcr(bytes: Uint8Array, offset: number, value: number): void {
  const wrapped = ((value % PCR_WRAP) + PCR_WRAP) % PCR_WRAP;
  const base = Math.floor(wrapped / 300);
  const extension = wrapped - base * 300;
  bytes[offset + 6] = Math.floor(base / 0x2000000);
  bytes[offset + 7] = (base / 0x20000) & 0xff;
  bytes[offset + 8] = (base / 0x200) & 0xff;
  bytes[offset + 9] = (base / 2) & 0xff;
  bytes[offset + 10] = ((base % 2) << 7) | 0x7e | (extension >> 8);
  bytes[offset + 11] = extension & 0xff;
}

/** A PTS or DTS field of five bytes, 33 bits. @see ISO/IEC 13818-1 §2.4.3.7 */
export function readTimestamp(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! >> 1) & 7) * 0x40000000 +
    ((bytes[offset + 1]! << 22) |
      ((bytes[offset + 2]! >> 1) << 15) |
      (bytes[offset + 3]! << 7) |
      (bytes[offset + 4]! >> 1))
  );
}

/** Replaces the 33 bits of a PTS or DTS field, keeping its prefix; takes any number of 90 kHz ticks and wraps it. */
export function writeTimestamp(bytes: Uint8Array, offset: number, value: number): void {
  const wrapped = ((value % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
  bytes[offset] = (bytes[offset]! & 0xf0) | (Math.floor(wrapped / 0x40000000) << 1) | 1;
  bytes[offset + 1] = (wrapped / 0x400000) & 0xff;
  bytes[offset + 2] = ((wrapped / 0x4000) & 0xfe) | 1;
  bytes[offset + 3] = (wrapped / 0x80) & 0xff;
  bytes[offset + 4] = ((wrapped * 2) & 0xfe) | 1;
}

/**
 * Whether a stream_id is followed by the optional PES header with flags and time stamps.
 * @see ISO/IEC 13818-1 table 2-22, §2.4.3.6
 */
export function hasPesHeader(streamId: number): boolean {
  switch (streamId) {
    case 0xbc: // program_stream_map
    case 0xbe: // padding_stream
    case 0xbf: // private_stream_2
    case 0xf0: // ECM
    case 0xf1: // EMM
    case 0xf2: // DSM-CC
    case 0xf8: // H.222.1 type E
    case 0xff: // program_stream_directory
      return false;
    default:
      return true;
  }
}

import { PACKET_BYTES, SYNC_BYTE } from "./packet.ts";

/** Distance of packets: plain, with a time stamp before each (M2TS), with Reed-Solomon bytes behind each. */
export type Stride = 188 | 192 | 204;
const STRIDES: readonly Stride[] = [188, 192, 204];

/** So many sync bytes in a row make a stream; a byte 0x47 alone is in every payload. */
const CONFIRM = 5;
/** At the end of the data, where five no longer fit. */
const CONFIRM_AT_END = 3;

export interface PacketPosition {
  /** Of the first sync byte. */
  readonly offset: number;
  readonly stride: Stride;
}

/**
 * Looks for the first packet in `bytes[from..to)`.
 * @param stride when known, only this distance counts
 * @param atEnd nothing follows `to`: three packets in a row are enough
 * @returns null when there is none, or not enough bytes to be sure
 */
export function findPackets(
  bytes: Buffer,
  from: number,
  to: number,
  options: { stride?: Stride; atEnd?: boolean } = {},
): PacketPosition | null {
  const strides = options.stride === undefined ? STRIDES : [options.stride];
  for (let offset = bytes.indexOf(SYNC_BYTE, from); offset >= 0 && offset < to;) {
    for (const stride of strides)
      if (confirmed(bytes, offset, to, stride, options.atEnd === true)) return { offset, stride };
    offset = bytes.indexOf(SYNC_BYTE, offset + 1);
  }
  return null;
}

function confirmed(bytes: Buffer, offset: number, to: number, stride: Stride, atEnd: boolean): boolean {
  let seen = 0;
  for (let at = offset; seen < CONFIRM && at + PACKET_BYTES <= to; at += stride) {
    if (bytes[at] !== SYNC_BYTE) return false;
    seen++;
  }
  return seen === CONFIRM || (atEnd && seen >= CONFIRM_AT_END);
}

/**
 * How many whole packets in a row begin at `from`.
 * @returns 0 when there is no sync byte at `from`
 */
export function packetsInRow(bytes: Buffer, from: number, to: number, stride: Stride): number {
  let count = 0;
  for (let at = from; at + PACKET_BYTES <= to && bytes[at] === SYNC_BYTE; at += stride) count++;
  return count;
}

/** Moves `count` packets at distance `stride` together, to the front of the buffer. */
export function closeRanks(bytes: Buffer, from: number, count: number, stride: Stride): void {
  if (stride === PACKET_BYTES && from === 0) return;
  for (let i = 0; i < count; i++)
    bytes.copyWithin(i * PACKET_BYTES, from + i * stride, from + i * stride + PACKET_BYTES);
}

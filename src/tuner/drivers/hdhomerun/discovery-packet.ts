import { crc32 } from "node:zlib";

/**
 * HDHomeRun's discovery datagrams: type, length, tagged values, and a CRC-32 (IEEE 802.3, little-endian) over all before it.
 * Everything else is big-endian.
 */

/** Where devices listen. */
export const DISCOVERY_PORT = 65_001;

const TYPE = { request: 2, reply: 3 } as const;
const TAG = { deviceType: 0x01, deviceId: 0x02, tunerCount: 0x10, lineupUrl: 0x27, baseUrl: 0x2a } as const;
const TUNER_DEVICE = 1;
const ANY_ID = 0xffffffff;
/** A datagram of the protocol is no longer. */
const MOST_BYTES = 1460;

/** What a device says of itself in its reply. */
export interface DiscoveryReply {
  /** Eight hexadecimal digits, upper case, as on its label. */
  readonly deviceId: string;
  readonly tunerCount: number | null;
  readonly baseUrl: string | null;
  readonly lineupUrl: string | null;
}

/** Asks every tuner, whatever its id. */
export function encodeDiscoveryRequest(): Buffer {
  return encode(TYPE.request, [
    [TAG.deviceType, uint32(TUNER_DEVICE)],
    [TAG.deviceId, uint32(ANY_ID)],
  ]);
}

/** What a device sends. For those who play one. */
export function encodeDiscoveryReply(reply: DiscoveryReply): Buffer {
  const values: [number, Buffer][] = [
    [TAG.deviceType, uint32(TUNER_DEVICE)],
    [TAG.deviceId, Buffer.from(reply.deviceId, "hex")],
  ];
  if (reply.tunerCount !== null) values.push([TAG.tunerCount, Buffer.from([reply.tunerCount])]);
  if (reply.baseUrl !== null) values.push([TAG.baseUrl, Buffer.from(reply.baseUrl)]);
  if (reply.lineupUrl !== null) values.push([TAG.lineupUrl, Buffer.from(reply.lineupUrl)]);
  return encode(TYPE.reply, values);
}

/** Whether a datagram asks for tuners. For those who play one. */
export function isDiscoveryRequest(datagram: Buffer): boolean {
  return open(datagram, TYPE.request) !== null;
}

/** @returns null for what is no whole reply of a tuner */
export function decodeDiscoveryReply(datagram: Buffer): DiscoveryReply | null {
  const payload = open(datagram, TYPE.reply);
  if (payload === null) return null;
  let deviceType: number | null = null;
  let deviceId: string | null = null;
  let tunerCount: number | null = null;
  let baseUrl: string | null = null;
  let lineupUrl: string | null = null;
  for (let at = 0; at < payload.length;) {
    const value = valueAt(payload, at);
    if (value === null) return null;
    const { tag, bytes } = value;
    if (tag === TAG.deviceType && bytes.length === 4) deviceType = bytes.readUInt32BE();
    else if (tag === TAG.deviceId && bytes.length === 4) deviceId = bytes.toString("hex").toUpperCase();
    else if (tag === TAG.tunerCount && bytes.length === 1) tunerCount = bytes.readUInt8();
    else if (tag === TAG.baseUrl) baseUrl = textOf(bytes);
    else if (tag === TAG.lineupUrl) lineupUrl = textOf(bytes);
    at = value.end;
  }
  if (deviceType !== TUNER_DEVICE || deviceId === null) return null;
  return { deviceId, tunerCount, baseUrl, lineupUrl };
}

/** The payload of a whole datagram of a type. */
function open(datagram: Buffer, type: number): Buffer | null {
  if (datagram.length < 8 || datagram.length > MOST_BYTES || datagram.readUInt16BE(0) !== type) return null;
  const end = 4 + datagram.readUInt16BE(2);
  if (end + 4 !== datagram.length || crc32(datagram.subarray(0, end)) !== datagram.readUInt32LE(end))
    return null;
  return datagram.subarray(4, end);
}

/** Lengths up to 127 take one byte; longer ones their lower seven bits with the eighth set, then the rest. */
function valueAt(payload: Buffer, at: number): { tag: number; bytes: Buffer; end: number } | null {
  if (at + 2 > payload.length) return null;
  const tag = payload.readUInt8(at);
  let length = payload.readUInt8(at + 1);
  let from = at + 2;
  if (length > 0x7f) {
    if (from >= payload.length) return null;
    length = (length & 0x7f) | (payload.readUInt8(from) << 7);
    from++;
  }
  const end = from + length;
  return end > payload.length ? null : { tag, bytes: payload.subarray(from, end), end };
}

function encode(type: number, values: readonly (readonly [number, Buffer])[]): Buffer {
  const payload = Buffer.concat(
    values.flatMap(([tag, bytes]) => [
      Buffer.from(
        bytes.length > 0x7f ? [tag, (bytes.length & 0x7f) | 0x80, bytes.length >> 7] : [tag, bytes.length],
      ),
      bytes,
    ]),
  );
  const datagram = Buffer.alloc(8 + payload.length);
  datagram.writeUInt16BE(type, 0);
  datagram.writeUInt16BE(payload.length, 2);
  payload.copy(datagram, 4);
  datagram.writeUInt32LE(crc32(datagram.subarray(0, 4 + payload.length)), 4 + payload.length);
  return datagram;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Printable ASCII, else null. Old firmware ends its strings with a zero. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString("latin1").replace(/\0+$/, "");
  return /^[\x21-\x7e]+$/.test(text) ? text : null;
}

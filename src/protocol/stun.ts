import { crc32 } from "node:zlib";

/**
 * STUN Binding over UDP, as far as it tells a machine how the internet sees it: the box asks, and the cloud's responder answers.
 * Addresses are bytes, 4 of IPv4 or 16 of IPv6.
 * @see RFC 8489
 */

/** Where servers listen. @see RFC 8489 §18.6 */
export const STUN_PORT = 3478;
/** Bytes of a transaction id. */
export const TRANSACTION_BYTES = 12;
/** Bytes of a datagram that is read at all; Binding needs a tenth of it. */
const LONGEST = 1280;

const HEAD = 20;
const COOKIE = 0x2112a442;
const REQUEST = 0x0001;
const SUCCESS = 0x0101;
const FAILURE = 0x0111;
const XOR_MAPPED_ADDRESS = 0x0020;
const ERROR_CODE = 0x0009;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
/** Attributes of a type below this have to be understood. @see RFC 8489 §14 */
const OPTIONAL = 0x8000;
/** Those that are known and say nothing here: MAPPED-ADDRESS, USERNAME, two MESSAGE-INTEGRITY, REALM, NONCE. */
const PASSED_OVER = new Set([0x0001, 0x0006, 0x0008, 0x001c, 0x0014, 0x0015]);

export interface MappedAddress {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** What a server answered. */
export type BindingAnswer =
  | ({ readonly kind: "mapped" } & MappedAddress)
  /** 300 to 699. @see RFC 8489 §14.8 */
  | { readonly kind: "refused"; readonly code: number };

/** A request, with FINGERPRINT. @param transaction 12 random bytes */
export function encodeBindingRequest(transaction: Uint8Array): Buffer {
  return message(REQUEST, transaction, Buffer.alloc(0));
}

/**
 * The transaction of a Binding request; null for whatever else came, and for one with a wrong FINGERPRINT or an attribute that it
 * demands an answerer to understand.
 */
export function decodeBindingRequest(bytes: Uint8Array): Buffer | null {
  const read = attributesOf(bytes, REQUEST);
  if (read === null) return null;
  return read.attributes.some(({ type }) => type < OPTIONAL) ? null : read.transaction;
}

/**
 * The answer to a request, with XOR-MAPPED-ADDRESS and FINGERPRINT.
 * @param transaction of the request
 * @param from where the request came from
 */
export function encodeBindingAnswer(transaction: Uint8Array, from: MappedAddress): Buffer {
  const value = Buffer.alloc(4 + from.address.length);
  value[1] = from.address.length === 4 ? 1 : 2;
  value.writeUInt16BE(from.port ^ (COOKIE >>> 16), 2);
  value.set(masked(from.address, transaction), 4);
  return message(SUCCESS, transaction, attribute(XOR_MAPPED_ADDRESS, value));
}

/**
 * The answer to the request of that transaction; null for whatever else came.
 * @param transaction 12 bytes, that of the request
 */
export function decodeBindingAnswer(bytes: Uint8Array, transaction: Uint8Array): BindingAnswer | null {
  const refused = attributesOf(bytes, FAILURE);
  if (refused !== null) {
    if (!refused.transaction.equals(transaction)) return null;
    const error = refused.attributes.find(({ type }) => type === ERROR_CODE)?.value;
    const code = error === undefined || error.length < 4 ? 500 : (error[2]! & 7) * 100 + error[3]!;
    return { kind: "refused", code };
  }
  const read = attributesOf(bytes, SUCCESS);
  if (read === null || !read.transaction.equals(transaction)) return null;
  const strange = ({ type }: Attribute): boolean =>
    type < OPTIONAL && type !== XOR_MAPPED_ADDRESS && !PASSED_OVER.has(type);
  if (read.attributes.some(strange)) return null;
  const value = read.attributes.find(({ type }) => type === XOR_MAPPED_ADDRESS)?.value;
  if (value === undefined || value.length < 8) return null;
  const length = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const port = value.readUInt16BE(2) ^ (COOKIE >>> 16);
  return { kind: "mapped", address: masked(value.subarray(4), transaction), port };
}

interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}

/** @see RFC 8489 §14.2 */
function masked(address: Uint8Array, transaction: Uint8Array): Uint8Array {
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(COOKIE);
  mask.set(transaction.subarray(0, TRANSACTION_BYTES), 4);
  return Uint8Array.from(address, (byte, at) => byte ^ mask[at]!);
}

function message(type: number, transaction: Uint8Array, attributes: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(type);
  // FINGERPRINT counts itself in. RFC 8489 §14.7
  head.writeUInt16BE(attributes.length + 8, 2);
  head.writeUInt32BE(COOKIE, 4);
  head.set(transaction.subarray(0, TRANSACTION_BYTES), 8);
  const before = Buffer.concat([head, attributes]);
  return Buffer.concat([before, attribute(FINGERPRINT, fingerprint(before))]);
}

function attribute(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function fingerprint(before: Uint8Array): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE((crc32(before) ^ FINGERPRINT_XOR) >>> 0);
  return value;
}

/** A message of a type, taken apart; null for another one, and one that is not well-formed. @see RFC 8489 §5, §14, §6.3 */
function attributesOf(
  bytes: Uint8Array,
  type: number,
): { transaction: Buffer; attributes: Attribute[] } | null {
  if (bytes.length < HEAD || bytes.length > LONGEST) return null;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (data.readUInt16BE(0) !== type || data.readUInt32BE(4) !== COOKIE) return null;
  if (data.readUInt16BE(2) !== data.length - HEAD || data.length % 4 !== 0) return null;
  const attributes: Attribute[] = [];
  for (let at = HEAD; at < data.length;) {
    const [kind, length] = [data.readUInt16BE(at), data.readUInt16BE(at + 2)];
    const value = data.subarray(at + 4, at + 4 + length);
    if (value.length !== length) return null;
    const end = at + 4 + length + (-length & 3);
    if (kind === FINGERPRINT) {
      // The last one, and the bytes before it are what it says.
      if (end !== data.length || !value.equals(fingerprint(data.subarray(0, at)))) return null;
    } else attributes.push({ type: kind, value });
    at = end;
  }
  return { transaction: data.subarray(8, HEAD), attributes };
}

/** STUN binding, the same bytes for who asks and who answers. @see RFC 8489 */

/** @see RFC 8489 §5 */
const COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
/** Bytes of a transaction id. */
export const TRANSACTION_BYTES = 12;
/** Bytes of a message that is read at all: ours have up to 44, and nobody needs more for a binding. */
const LONGEST = 548;

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Attributes below must be understood. @see RFC 8489 §14 */
const OPTIONAL_FROM = 0x8000;
/** Of those, what a binding may have and means nothing to a server without credentials: it asks for none (RFC 8489 §9). */
const PASSED_OVER = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);

export interface BindingRequest {
  /** {@link TRANSACTION_BYTES}. */
  readonly transaction: Uint8Array;
  /** Attributes that had to be understood and are not; as many as one error tells. */
  readonly unknown: readonly number[];
}

/** An address as bytes (4 or 16) with its port. */
export interface Mapped {
  readonly address: Uint8Array;
  readonly port: number;
}

/** @returns null for whatever is no binding request; those of RFC 3489 are none */
export function readBindingRequest(bytes: Uint8Array): BindingRequest | null {
  const message = readMessage(bytes);
  if (message?.type !== BINDING_REQUEST) return null;
  const unknown = message.attributes
    .map(({ type }) => type)
    .filter((type) => type < OPTIONAL_FROM && !PASSED_OVER.has(type));
  return { transaction: message.transaction, unknown: [...new Set(unknown)].slice(0, 4) };
}

/**
 * What a binding request was answered.
 * @param transaction of the request: others' answers are none
 * @returns the sender's address as the server saw it; null for anything else, an error too
 */
export function readBindingAnswer(bytes: Uint8Array, transaction: Uint8Array): Mapped | null {
  const message = readMessage(bytes);
  if (message?.type !== BINDING_SUCCESS || !equal(message.transaction, transaction)) return null;
  const valueOf = (wanted: number): Uint8Array | undefined =>
    message.attributes.find(({ type }) => type === wanted)?.value;
  const veiled = valueOf(XOR_MAPPED_ADDRESS);
  if (veiled !== undefined) return readAddress(veiled, veilOf(transaction));
  const plain = valueOf(MAPPED_ADDRESS);
  return plain === undefined ? null : readAddress(plain, new Uint8Array(16));
}

/** @param transaction random */
export function bindingRequest(transaction: Uint8Array): Uint8Array {
  return message(BINDING_REQUEST, transaction, new Uint8Array());
}

/** 12 bytes more than the smallest request for IPv4, 24 more for IPv6: the least that there is. */
export function bindingAnswer(transaction: Uint8Array, { address, port }: Mapped): Uint8Array {
  const veil = veilOf(transaction);
  const body = new Uint8Array(8 + address.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, XOR_MAPPED_ADDRESS);
  view.setUint16(2, 4 + address.length);
  view.setUint8(5, address.length === 4 ? 1 : 2);
  view.setUint16(6, port ^ (COOKIE >>> 16));
  address.forEach((byte, at) => view.setUint8(8 + at, byte ^ (veil[at] ?? 0)));
  return message(BINDING_SUCCESS, transaction, body);
}

/** 420. @param unknown 1 to 4. @see RFC 8489 §6.3.1.1 */
export function unknownAttributes(transaction: Uint8Array, unknown: readonly number[]): Uint8Array {
  const body = new Uint8Array(8 + 4 + 2 * (unknown.length + (unknown.length % 2)));
  const view = new DataView(body.buffer);
  view.setUint16(0, ERROR_CODE);
  view.setUint16(2, 4);
  view.setUint8(6, 4);
  view.setUint8(7, 20);
  view.setUint16(8, UNKNOWN_ATTRIBUTES);
  view.setUint16(10, 2 * unknown.length);
  unknown.forEach((type, at) => view.setUint16(12 + 2 * at, type));
  return message(BINDING_ERROR, transaction, body);
}

interface Message {
  readonly type: number;
  readonly transaction: Uint8Array;
  readonly attributes: readonly { readonly type: number; readonly value: Uint8Array }[];
}

/** @see RFC 8489 §5, §14 */
function readMessage(bytes: Uint8Array): Message | null {
  if (bytes.length < HEADER_BYTES || bytes.length > LONGEST || bytes.length % 4 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(0);
  const isWhole = view.getUint16(2) === bytes.length - HEADER_BYTES;
  if (type >= 0x4000 || !isWhole || view.getUint32(4) !== COOKIE) return null;
  const attributes: { type: number; value: Uint8Array }[] = [];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const length = view.getUint16(at + 2);
    const from = at + 4;
    if (from + length > bytes.length) return null;
    attributes.push({ type: view.getUint16(at), value: bytes.slice(from, from + length) });
    // Padding to a multiple of four.
    at = from + Math.ceil(length / 4) * 4;
  }
  return { type, transaction: bytes.slice(8, HEADER_BYTES), attributes };
}

/** @param veil what the address is veiled with; its first two bytes veil the port. @see RFC 8489 §14.1, §14.2 */
function readAddress(value: Uint8Array, veil: Uint8Array): Mapped | null {
  const length = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const open = (at: number): number => (value[at] ?? 0) ^ (veil[at < 4 ? at - 2 : at - 4] ?? 0);
  const address = Uint8Array.from({ length }, (_, at) => open(4 + at));
  return { address, port: (open(2) << 8) | open(3) };
}

function veilOf(transaction: Uint8Array): Uint8Array {
  return Uint8Array.from([0x21, 0x12, 0xa4, 0x42, ...transaction]);
}

function message(type: number, transaction: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, type);
  view.setUint16(2, body.length);
  view.setUint32(4, COOKIE);
  bytes.set(transaction, 8);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

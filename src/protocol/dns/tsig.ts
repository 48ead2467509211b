import { createHmac, timingSafeEqual } from "node:crypto";
import { readMessage, type WireRecord } from "./message.ts";
import { encodeName, readName } from "./name.ts";
import { CLASS, TYPE } from "./numbers.ts";

/** Signed DNS messages. @see RFC 8945 */

export const TSIG_ALGORITHMS = { "hmac-sha256": "sha256", "hmac-sha512": "sha512" } as const;
export type TsigAlgorithm = keyof typeof TSIG_ALGORITHMS;

export interface TsigKey {
  /** As the server has it; part of what is signed. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** How far the clocks of both may be apart, s. @see RFC 8945 §10 */
export const FUDGE = 300;
/** Of the TSIG record's error field. @see RFC 8945 §3 */
export const TSIG_ERROR = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
export type TsigError = keyof typeof TSIG_ERROR;

export interface Signed {
  readonly bytes: Buffer;
  /** What the answer's signature begins with. */
  readonly mac: Buffer;
}

export interface SignOptions {
  /** An answer: the MAC of what it answers. */
  readonly requestMac?: Uint8Array;
  readonly error?: TsigError;
  /** With BADTIME: the server's clock, s since 1970. */
  readonly serverTime?: number;
}

/**
 * Signs a message.
 * @param message without a TSIG record
 * @param now s since 1970
 * @throws RangeError when the key has no name that can be sent
 */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  now: number,
  options: SignOptions = {},
): Signed {
  const { requestMac, error, serverTime } = options;
  const other = serverTime === undefined ? Buffer.alloc(0) : time48(serverTime);
  const variables = { time: now, fudge: FUDGE, error: error === undefined ? 0 : TSIG_ERROR[error], other };
  const mac = macOf(key, requestMac, message, variables);
  const tail = Buffer.alloc(6);
  message.subarray(0, 2).forEach((octet, index) => (tail[index] = octet));
  tail.writeUInt16BE(variables.error, 2);
  tail.writeUInt16BE(other.length, 4);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    time48(now),
    word(FUDGE),
    word(mac.length),
    mac,
    tail,
    other,
  ]);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(TYPE.TSIG, 0);
  head.writeUInt16BE(CLASS.ANY, 2);
  head.writeUInt16BE(data.length, 8);
  const bytes = Buffer.concat([message, encodeName(key.name), head, data]);
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return { bytes, mac };
}

/** Octets that {@link signMessage} adds. */
export function signatureLength(key: TsigKey): number {
  return signMessage(Buffer.alloc(12), key, 0).bytes.length - 12;
}

/** What came of a signature: good, the server's word of what is wrong with ours, or what is wrong with the one that came. */
export type Verdict =
  | { readonly kind: "good" }
  | {
      readonly kind: "rejected";
      readonly error: TsigError;
      /** s since 1970, with BADTIME. */ readonly serverTime: number | null;
    }
  | { readonly kind: "unsigned" }
  /** BADTIME: it is signed, and its sender's clock (`serverTime`) is off, or ours. */
  | { readonly kind: "forged"; readonly error: TsigError; readonly serverTime: number | null };

/**
 * Checks the signature of an answer, or of a request when there is no `requestMac`.
 * @param now s since 1970
 * @see RFC 8945 §5.2, §5.3, §5.4
 */
export function verifyMessage(
  bytes: Uint8Array,
  key: TsigKey,
  now: number,
  requestMac?: Uint8Array,
): Verdict {
  const read = readTsig(bytes);
  if (read === null) return { kind: "unsigned" };
  const { record, algorithm, time, mac, originalId, error, other } = read;
  const rejected = nameOf(error);
  // These two come without a signature: the server has no key that both know (§5.2.1, §5.2.2).
  if (rejected === "BADKEY" || rejected === "BADSIG")
    return { kind: "rejected", error: rejected, serverTime: null };
  if (record.name !== key.name.toLowerCase() || algorithm !== key.algorithm)
    return { kind: "forged", error: "BADKEY", serverTime: null };
  const plain = Buffer.from(bytes.subarray(0, record.at));
  plain.writeUInt16BE(originalId, 0);
  plain.writeUInt16BE(plain.readUInt16BE(10) - 1, 10);
  const expected = macOf(key, requestMac, plain, read);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected))
    return { kind: "forged", error: "BADSIG", serverTime: null };
  const serverTime = other.length === 6 ? timeOf(other) : null;
  if (rejected !== null) return { kind: "rejected", error: rejected, serverTime };
  if (Math.abs(now - time) > read.fudge) return { kind: "forged", error: "BADTIME", serverTime: time };
  return { kind: "good" };
}

/** The MAC of a signed message. @returns null when there is none */
export function macIn(bytes: Uint8Array): Buffer | null {
  return readTsig(bytes)?.mac ?? null;
}

interface Variables {
  readonly time: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

interface TsigRecord extends Variables {
  readonly record: WireRecord;
  readonly algorithm: string;
  readonly mac: Buffer;
  readonly originalId: number;
}

/** It is the last record, or there is none. @see RFC 8945 §4.2, §5.1 */
function readTsig(bytes: Uint8Array): TsigRecord | null {
  const record = readMessage(bytes)?.additionals.at(-1);
  if (record?.type !== TYPE.TSIG || record.class !== CLASS.ANY || record.ttl !== 0) return null;
  const algorithm = readName(bytes, record.dataAt);
  if (algorithm === null || algorithm.end + 10 > record.end) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = algorithm.end;
  const macEnd = at + 10 + view.readUInt16BE(at + 8);
  if (macEnd + 6 > record.end || macEnd + 6 + view.readUInt16BE(macEnd + 4) !== record.end) return null;
  return {
    record,
    algorithm: algorithm.name,
    time: timeOf(view.subarray(at, at + 6)),
    fudge: view.readUInt16BE(at + 6),
    mac: view.subarray(at + 10, macEnd),
    originalId: view.readUInt16BE(macEnd),
    error: view.readUInt16BE(macEnd + 2),
    other: view.subarray(macEnd + 6, record.end),
  };
}

/** @see RFC 8945 §4.3 */
function macOf(
  key: TsigKey,
  requestMac: Uint8Array | undefined,
  message: Uint8Array,
  { time, fudge, error, other }: Variables,
): Buffer {
  const hmac = createHmac(TSIG_ALGORITHMS[key.algorithm], key.secret);
  if (requestMac !== undefined) hmac.update(word(requestMac.length)).update(requestMac);
  hmac.update(message).update(encodeName(key.name));
  // Class ANY, TTL 0.
  hmac.update(Buffer.from([0, CLASS.ANY, 0, 0, 0, 0])).update(encodeName(key.algorithm));
  hmac.update(time48(time)).update(word(fudge)).update(word(error)).update(word(other.length)).update(other);
  return hmac.digest();
}

function nameOf(error: number): TsigError | null {
  for (const name of Object.keys(TSIG_ERROR) as TsigError[]) if (TSIG_ERROR[name] === error) return name;
  return null;
}

function word(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function time48(seconds: number): Buffer {
  const out = Buffer.alloc(6);
  out.writeUIntBE(Math.floor(seconds), 0, 6);
  return out;
}

function timeOf(octets: Uint8Array): number {
  return Buffer.from(octets).readUIntBE(0, 6);
}

/** The key's octets, of base64 as `tsig-keygen` prints it between the quotation marks; null: it is something else. */
export function tsigSecretOf(text: string): Uint8Array | null {
  const base64 = text.trim();
  return /^[A-Za-z0-9+/]{4,}={0,2}$/.test(base64) ? Buffer.from(base64, "base64") : null;
}

import { TYPE } from "../../protocol/dns/numbers.ts";
import { decodeRdata, encodeRdata } from "../../protocol/dns/rdata.ts";
import type { RecordSet, RecordType } from "../../protocol/dns/records.ts";

/**
 * The record sets of a name in one string of octets (U+0000 to U+00FF), which V8 keeps in a byte each, with 16 around it: a million
 * names as objects would take five times as much.
 *
 * `children 3 | (type 2 | ttl 4 | count 1 | (length 2 | rdata) * count) * sets`; numbers are big-endian; `children` is how many names
 * are right below this one.
 */
export type PackedSets = string;

/** Octets before the first set. */
export const SETS_AT = 3;
/** No sets, and nothing below. */
export const NOTHING: PackedSets = "\0\0\0";
/** Values of one set at the most, and octets of all sets of a name: whatever is asked, its answer fits a message. */
export const MOST_VALUES = 64;
export const MOST_OCTETS = 16_384;
/** Where a set's values begin, from its own beginning. */
export const VALUES_AT = 7;

/**
 * @throws RangeError when something cannot be published: a value that is none of its type, an alias beside other records (RFC 2181
 * §10.1), a type twice, too much
 */
export function packSets(sets: readonly RecordSet[]): string {
  const parts: Buffer[] = [];
  if (sets.length > 1 && sets.some(({ type }) => type === "CNAME"))
    throw new RangeError("an alias stands alone at its name");
  if (new Set(sets.map(({ type }) => type)).size < sets.length) throw new RangeError("a type is there twice");
  for (const { type, ttl, values } of [...sets].sort((a, b) => TYPE[a.type] - TYPE[b.type])) {
    const most = type === "CNAME" ? 1 : MOST_VALUES;
    if (values.length < 1 || values.length > most || new Set(values).size < values.length)
      throw new RangeError(`a set of ${type} has 1 to ${most} values, each once`);
    parts.push(
      packRrset(
        TYPE[type],
        ttl,
        values.map((value) => encodeRdata(type, value)),
      ),
    );
  }
  const packed = Buffer.concat(parts);
  if (packed.length > MOST_OCTETS)
    throw new RangeError(`a name has more than ${MOST_OCTETS} octets of records`);
  return packed.toString("latin1");
}

/** One set, as {@link PackedSets} has it. @param rdata in the wire's form */
export function packRrset(type: number, ttl: number, rdata: readonly Buffer[]): Buffer {
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 0x7fffffff)
    throw new RangeError(`${ttl} is no TTL (RFC 2181 §8)`);
  const head = Buffer.alloc(VALUES_AT);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(ttl, 2);
  head.writeUInt8(rdata.length, 6);
  return Buffer.concat([
    head,
    ...rdata.flatMap((one) => [Buffer.from([one.length >> 8, one.length & 0xff]), one]),
  ]);
}

/** @returns what is at the name with another number of names below it */
export function withChildren(packed: PackedSets, children: number): PackedSets {
  return withSets(children, packed.slice(SETS_AT));
}

/** @param sets of {@link packSets} */
export function withSets(children: number, sets: string): PackedSets {
  const out = Buffer.allocUnsafe(SETS_AT + sets.length);
  out.writeUIntBE(children, 0, SETS_AT);
  out.write(sets, SETS_AT, "latin1");
  // Through a buffer, so that it is flat: joined strings would keep their parts.
  return out.toString("latin1");
}

export function childrenOf(packed: PackedSets): number {
  return (packed.charCodeAt(0) << 16) | (packed.charCodeAt(1) << 8) | packed.charCodeAt(2);
}

export function wordAt(packed: PackedSets, at: number): number {
  return (packed.charCodeAt(at) << 8) | packed.charCodeAt(at + 1);
}

/** Where the set of a type begins; -1 when there is none. */
export function findSet(packed: PackedSets, type: number): number {
  for (let at = SETS_AT; at < packed.length; at = afterSet(packed, at))
    if (wordAt(packed, at) === type) return at;
  return -1;
}

/** Where the next set begins. */
function afterSet(packed: PackedSets, at: number): number {
  const count = packed.charCodeAt(at + 6);
  let next = at + VALUES_AT;
  for (let n = 0; n < count; n++) next += 2 + wordAt(packed, next);
  return next;
}

/** The values of a set as `RecordSet` has them; none when there is no such set. */
export function valuesOf(packed: PackedSets, type: RecordType): string[] {
  const set = findSet(packed, TYPE[type]);
  if (set < 0) return [];
  const octets = Buffer.from(packed, "latin1");
  const values: string[] = [];
  let at = set + VALUES_AT;
  for (let left = packed.charCodeAt(set + 6); left > 0; left--) {
    const end = at + 2 + wordAt(packed, at);
    const value = decodeRdata(type, octets, at + 2, end);
    if (value !== null) values.push(value);
    at = end;
  }
  return values;
}

import { FLAG, HEADER, RCODE, TYPE } from "../../protocol/dns/numbers.ts";
import { AnswerWriter, ownPart, type Transport } from "./answer-writer.ts";
import { SETS_AT, VALUES_AT, findSet, wordAt, type PackedSets } from "./packed-sets.ts";
import { Query } from "./query.ts";
import type { Zone } from "./zone.ts";

/** What sort of answer it is; those of one sort, about one subject, to one network are limited. */
export type AnswerKind = "records" | "no-records" | "no-name" | "refused" | "malformed" | "not-implemented";

export interface Answer {
  readonly bytes: Buffer;
  readonly kind: AnswerKind;
  /** The name that was asked for, of those that are there; the zone, of one that is not; else `""`. Octets. */
  readonly subject: string;
}

/** Aliases that are followed in one answer. */
const MOST_ALIASES = 8;

/** Where the search for an answer is: at which name of which zone, and where both stand in the message. */
interface Position {
  zone: Zone;
  key: string;
  owner: number;
  zoneAt: number;
}

/**
 * Answers for zones, and for nothing else: no recursion, no transfer. An answer is never longer than the datagram that its asker can
 * take, or 1232 octets; over TCP as long as it has to be.
 * @see RFC 1034 §4.3.2, RFC 2308, RFC 6604, RFC 6891, RFC 8482
 */
export class Answerer {
  /** The longest names first: what is in a zone within another is that one's. */
  readonly #zones: readonly Zone[];
  readonly #query = new Query();
  readonly #writer = new AnswerWriter();

  constructor(zones: readonly Zone[]) {
    this.#zones = [...zones].sort((a, b) => b.wire.length - a.wire.length);
  }

  /** @returns null when there is nothing to answer: it is no query */
  answer(bytes: Buffer, transport: Transport): Answer | null {
    const query = this.#query;
    const fault = query.read(bytes);
    if (fault === "drop") return null;
    this.#writer.begin(bytes, query, transport);
    if (fault === "malformed") return this.#end("malformed", "", 0, RCODE.FORMERR);
    if (fault === "not-implemented") return this.#end(fault, "", 0, RCODE.NOTIMP);
    if (query.edns && query.version > 0) return this.#end("malformed", "", 0, RCODE.BADVERS);
    const start = this.#locate(query.name, HEADER);
    const transfer = query.type === TYPE.AXFR || query.type === TYPE.IXFR;
    if (start === null || transfer || !query.ofInternet) return this.#end("refused", "", 0, RCODE.REFUSED);
    return this.#resolve(start);
  }

  /**
   * The same answer with nothing in it but that it shall be asked for over TCP, where nobody can pretend to be another.
   * @param answer of a query without EDNS options, as all of ours
   */
  static slip({ bytes }: Answer): Buffer {
    let end = HEADER;
    if (bytes.readUInt16BE(4) > 0) {
      while ((bytes[end] ?? 0) > 0) end += 1 + (bytes[end] ?? 0);
      end += 5;
    }
    const out = Buffer.from(bytes.subarray(0, end));
    out.fill(0, 6, HEADER);
    out.writeUInt16BE((out.readUInt16BE(2) & ~0xf) | FLAG.TC, 2);
    return out;
  }

  #resolve(position: Position): Answer {
    const { type, name } = this.#query;
    let at = position;
    const passed = [name];
    for (let aliases = 0; aliases <= MOST_ALIASES; aliases++) {
      const packed = at.zone.at(at.key);
      if (packed === undefined) return this.#negative(at, "no-name", RCODE.NXDOMAIN);
      const alias = type === TYPE.CNAME || type === TYPE.ANY ? -1 : findSet(packed, TYPE.CNAME);
      if (alias < 0) return this.#records(at, packed);
      const dataAt = this.#writer.set(1, at.owner, packed, alias);
      const from = alias + VALUES_AT;
      const target = packed.slice(from + 2, from + 2 + wordAt(packed, from));
      const next = this.#locate(target, dataAt, at);
      if (next === null || passed.includes(target)) break;
      passed.push(target);
      at = next;
    }
    return this.#end("records", name, FLAG.AA, RCODE.NOERROR);
  }

  /** What is at a name that is there. */
  #records(at: Position, packed: PackedSets): Answer {
    const { type, name } = this.#query;
    const writer = this.#writer;
    if (type === TYPE.SOA && at.key === "") writer.set(1, at.owner, at.zone.soa, SETS_AT);
    else {
      const set = type === TYPE.ANY ? anySet(packed) : findSet(packed, type);
      if (set < 0) return this.#negative(at, "no-records", RCODE.NOERROR);
      const begin = writer.at;
      writer.set(1, at.owner, packed, set);
      if (type === TYPE.NS) this.#glue(at, packed, set, begin);
    }
    return this.#end("records", name, FLAG.AA, RCODE.NOERROR);
  }

  /** With the SOA, which says for how long that may be believed. @see RFC 2308 §3 */
  #negative({ zone, zoneAt }: Position, kind: "no-name" | "no-records", rcode: number): Answer {
    const ttl = Math.min(zone.ttl, zone.minimum);
    this.#writer.set(2, zoneAt, zone.soa, SETS_AT, ttl);
    return this.#end(kind, kind === "no-name" ? zone.wire : this.#query.name, FLAG.AA, rcode);
  }

  /** Addresses of the name servers that are in the zone, as far as there is room. */
  #glue({ zone, zoneAt }: Position, packed: PackedSets, set: number, begin: number): void {
    let from = set + VALUES_AT;
    // The names stand in the answer, right after 12 octets each; where is known by going over them again.
    let nameAt = begin + 12;
    for (let left = packed.charCodeAt(set + 6); left > 0 && nameAt <= 0x3fff; left--) {
      const name = packed.slice(from + 2, from + 2 + wordAt(packed, from));
      const own = ownPart(name, zone.wire);
      const sets = own < 0 ? undefined : zone.at(name.slice(0, own));
      for (const type of [TYPE.A, TYPE.AAAA]) {
        const found = sets === undefined ? -1 : findSet(sets, type);
        if (found >= 0) this.#writer.set(3, own === 0 ? zoneAt : nameAt, sets ?? "", found, undefined, true);
      }
      nameAt += 12 + (own < 0 ? name.length : own + 2);
      from += 2 + name.length;
    }
  }

  /**
   * @param name on the wire
   * @param nameAt where it stands in the message
   * @param before where the name was that led here: whether this one was compressed depends on it
   */
  #locate(name: string, nameAt: number, before?: Position): Position | null {
    for (const zone of this.#zones) {
      const own = ownPart(name, zone.wire);
      if (own < 0) continue;
      const key = name.slice(0, own);
      if (before?.zone === zone) return { zone, key, owner: nameAt, zoneAt: before.zoneAt };
      this.#writer.compress(zone.wire, nameAt + own);
      return { zone, key, owner: nameAt, zoneAt: nameAt + own };
    }
    return null;
  }

  #end(kind: AnswerKind, subject: string, flags: number, rcode: number): Answer {
    return { bytes: this.#writer.end(this.#query, flags, rcode), kind, subject };
  }
}

/** One set is enough for who asks for any. @see RFC 8482 §4.1 */
function anySet(packed: PackedSets): number {
  return packed.length > SETS_AT ? SETS_AT : -1;
}

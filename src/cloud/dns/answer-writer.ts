import { CLASS, FLAG, HEADER, TYPE } from "../../protocol/dns/numbers.ts";
import { VALUES_AT, wordAt, type PackedSets } from "./packed-sets.ts";
import type { Query } from "./query.ts";

/** Of a datagram that passes every network without being cut into pieces. @see RFC 6891 §6.2.5, DNS Flag Day 2020 */
export const UDP_SIZE = 1232;
/** What who does not say otherwise can take. @see RFC 1035 §4.2.1 */
const PLAIN_UDP_SIZE = 512;
const TCP_SIZE = 65_535;
/** Octets of an OPT record without options. */
const OPT_LENGTH = 11;

export type Transport = "udp" | "tcp";
/** Index of a section's count. */
export type Section = 1 | 2 | 3;

/** Writes one answer at a time into memory of its own. Names are compressed against the question and the zone's part of it. */
export class AnswerWriter {
  readonly #out = Buffer.alloc(TCP_SIZE);
  readonly #counts = [0, 0, 0, 0];
  #at = 0;
  #limit = 0;
  #questionEnd = HEADER;
  #full = false;
  /** The zone whose names are compressed, and where in the message it stands. */
  #zone = "";
  #zoneAt = 0;

  /** Where the next record begins. */
  get at(): number {
    return this.#at;
  }

  begin(bytes: Buffer, query: Query, transport: Transport): void {
    const { questionEnd, edns, udpSize } = query;
    const asked = edns ? Math.min(UDP_SIZE, Math.max(PLAIN_UDP_SIZE, udpSize)) : PLAIN_UDP_SIZE;
    this.#limit = (transport === "tcp" ? TCP_SIZE : asked) - (edns ? OPT_LENGTH : 0);
    this.#questionEnd = questionEnd;
    this.#counts[0] = questionEnd > HEADER ? 1 : 0;
    this.#counts[1] = this.#counts[2] = this.#counts[3] = 0;
    this.#full = false;
    this.#zone = "";
    // Octet by octet: for so few, a call costs more. The name keeps its case (draft-vixie-dnsext-dns0x20).
    const out = this.#out;
    for (let at = 0; at < questionEnd; at++) out[at] = bytes[at] ?? 0;
    this.#at = questionEnd;
  }

  /** @param at where in the message the zone's name stands */
  compress(zone: string, at: number): void {
    this.#zone = zone;
    this.#zoneAt = at;
  }

  /**
   * All records of one set.
   * @param owner where in the message its name stands
   * @param set where it begins in `packed`
   * @param ttl other than the set's own
   * @param optional whether it is left out when it does not fit
   * @returns where the data of the last of them begins, in the message
   */
  set(
    section: Section,
    owner: number,
    packed: PackedSets,
    set: number,
    ttl?: number,
    optional = false,
  ): number {
    const begin = this.#at;
    const type = wordAt(packed, set);
    const count = packed.charCodeAt(set + 6);
    let from = set + VALUES_AT;
    let dataAt = 0;
    for (let n = 0; n < count; n++) {
      const length = wordAt(packed, from);
      if (this.#at + 12 + length > this.#limit) {
        this.#at = begin;
        if (!optional) this.#full = true;
        return begin;
      }
      this.#word(0xc000 | owner);
      this.#word(type);
      this.#word(CLASS.IN);
      if (ttl === undefined) {
        this.#word(wordAt(packed, set + 2));
        this.#word(wordAt(packed, set + 4));
      } else {
        this.#word(ttl >>> 16);
        this.#word(ttl & 0xffff);
      }
      dataAt = this.#at + 2;
      this.#at = dataAt;
      this.#data(type, packed, from + 2, from + 2 + length);
      this.#out[dataAt - 2] = (this.#at - dataAt) >> 8;
      this.#out[dataAt - 1] = (this.#at - dataAt) & 0xff;
      from += 2 + length;
    }
    this.#counts[section] = (this.#counts[section] ?? 0) + count;
    return dataAt;
  }

  /**
   * @param flags of the answer's header, beside QR, TC and what the query has of opcode, RD and CD
   * @param rcode extended: more than 15 takes an OPT record
   * @returns the message, in memory of its own
   */
  end(query: Query, flags: number, rcode: number): Buffer {
    if (this.#full) {
      // Nothing rather than a part of a set, which nobody could use (RFC 2181 §9).
      this.#at = this.#questionEnd;
      this.#counts[1] = this.#counts[2] = this.#counts[3] = 0;
    }
    if (query.edns) this.#opt(rcode, query.dnssecOk);
    const kept = query.flags & (0x7800 | FLAG.RD | FLAG.CD);
    const all = FLAG.QR | kept | flags | (this.#full ? FLAG.TC : 0) | (rcode & 0xf);
    const out = this.#out;
    out[2] = all >> 8;
    out[3] = all & 0xff;
    for (let section = 0; section < 4; section++) {
      const count = this.#counts[section] ?? 0;
      out[4 + section * 2] = count >> 8;
      out[5 + section * 2] = count & 0xff;
    }
    const answer = Buffer.allocUnsafe(this.#at);
    out.copy(answer, 0, 0, this.#at);
    return answer;
  }

  #data(type: number, packed: PackedSets, from: number, to: number): void {
    switch (type) {
      case TYPE.CNAME:
      case TYPE.NS:
        return this.#name(packed.slice(from, to));
      case TYPE.SOA: {
        const names = [nameEnd(packed, from)];
        names.push(nameEnd(packed, names[0] ?? 0));
        const [primaryEnd = 0, contactEnd = 0] = names;
        this.#name(packed.slice(from, primaryEnd));
        this.#name(packed.slice(primaryEnd, contactEnd));
        return this.#octets(packed, contactEnd, to);
      }
      default:
        return this.#octets(packed, from, to);
    }
  }

  #name(name: string): void {
    const own = ownPart(name, this.#zone);
    // A pointer reaches so far only. @see RFC 1035 §4.1.4
    if (own < 0 || this.#zone === "" || this.#zoneAt > 0x3fff) return this.#octets(name, 0, name.length);
    this.#octets(name, 0, own);
    this.#word(0xc000 | this.#zoneAt);
  }

  #octets(text: string, from: number, to: number): void {
    const out = this.#out;
    let at = this.#at;
    for (let n = from; n < to; n++) out[at++] = text.charCodeAt(n);
    this.#at = at;
  }

  #word(value: number): void {
    this.#out[this.#at++] = value >> 8;
    this.#out[this.#at++] = value & 0xff;
  }

  /** @see RFC 6891 §6.1.3 */
  #opt(rcode: number, dnssecOk: boolean): void {
    this.#out[this.#at++] = 0;
    this.#word(TYPE.OPT);
    this.#word(UDP_SIZE);
    this.#word((rcode >> 4) << 8);
    this.#word(dnssecOk ? 0x8000 : 0);
    this.#word(0);
    this.#counts[3] = (this.#counts[3] ?? 0) + 1;
  }
}

/**
 * How many octets of a name stand before a zone's; -1 when it is not within.
 * @param name and zone on the wire, as strings of octets
 */
export function ownPart(name: string, zone: string): number {
  const own = name.length - zone.length;
  if (own < 0 || !name.endsWith(zone)) return -1;
  // The last octets may look like the zone and begin within a label.
  let at = 0;
  while (at < own) at += 1 + name.charCodeAt(at);
  return at === own ? own : -1;
}

function nameEnd(packed: PackedSets, from: number): number {
  let at = from;
  for (let length = packed.charCodeAt(at); length > 0; length = packed.charCodeAt(at)) at += 1 + length;
  return at + 1;
}

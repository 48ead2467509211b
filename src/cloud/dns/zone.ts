import { isWithin, encodeName } from "../../protocol/dns/name.ts";
import { TYPE } from "../../protocol/dns/numbers.ts";
import type { NameRecords, RecordSet, RecordType } from "../../protocol/dns/records.ts";
import { encodeRdata } from "../../protocol/dns/rdata.ts";
import {
  NOTHING,
  SETS_AT,
  childrenOf,
  packRrset,
  packSets,
  valuesOf,
  withChildren,
  withSets,
  type PackedSets,
} from "./packed-sets.ts";

/** Who serves a zone. */
export interface NameServerEntry {
  readonly name: string;
  /** Of a name within the zone: where it is, IPv4 and IPv6 (its glue); of others none. */
  readonly addresses: readonly string[];
}

export interface ZoneOptions {
  /** The name of the zone. */
  readonly origin: string;
  /** At least one; the first is the primary. */
  readonly nameServers: readonly NameServerEntry[];
  /** The mailbox of whoever runs it, its `@` as a dot; default `hostmaster` of the zone. */
  readonly contact?: string;
  /** CAA values of the zone itself, which hold for all names below that have none of their own (RFC 8659 §3); default none. */
  readonly caa?: readonly string[];
  /** Further names that publishing never touches; those of name servers are always among them. */
  readonly fixed?: readonly NameRecords[];
  /** Of SOA, NS, CAA and glue, s; default 3600. */
  readonly ttl?: number;
  /** How long an answer that there is nothing may be kept, s; default 60. @see RFC 2308 §5 */
  readonly minimum?: number;
  /** Names at the most, those between others included; default 8 million. */
  readonly mostNames?: number;
}

const REFRESH = 3600;
const RETRY = 600;
const EXPIRE = 14 * 86_400;

/**
 * One zone in memory: what is at each name, and that names between others exist too. Names inside are octets of the wire without the
 * zone's part, as in `\x03lan\x10abcdefghijklmnop`; `""` is the zone itself.
 */
export class Zone {
  readonly origin: string;
  /** The zone's name on the wire, as a string of octets. */
  readonly wire: string;
  /** s */
  readonly ttl: number;
  /** s */
  readonly minimum: number;
  readonly #names = new Map<string, PackedSets>();
  readonly #fixed = new Set<string>();
  readonly #most: number;
  readonly #mname: string;
  readonly #rname: string;
  #serial = 0;
  #soa: PackedSets = NOTHING;

  /**
   * @param now s since 1970; the serial begins with it, so that it grows from one start to the next
   * @throws RangeError when something of it cannot be published
   */
  constructor(options: ZoneOptions, now: number) {
    const { origin, nameServers, caa = [], ttl = 3600, minimum = 60 } = options;
    this.origin = origin;
    this.wire = encodeName(origin).toString("latin1");
    this.ttl = ttl;
    this.minimum = minimum;
    this.#most = options.mostNames ?? 8_000_000;
    const [primary] = nameServers;
    if (primary === undefined) throw new RangeError("a zone has at least one name server");
    this.#mname = primary.name;
    this.#rname = options.contact ?? `hostmaster.${origin}`;
    const fixed = [...this.#glue(nameServers), ...(options.fixed ?? [])];
    const own = fixed.filter(({ name }) => name === origin).flatMap(({ sets }) => sets);
    this.#names.set("", withSets(0, this.#apex(nameServers, caa, own)));
    this.#fixed.add("");
    for (const { name, sets } of fixed) {
      if (name === origin) continue;
      const key = this.#keyOf(name);
      if (this.#fixed.has(key)) throw new RangeError(`"${name}" is named twice`);
      this.#put(key, packSets(sets));
      this.#fixed.add(key);
    }
    this.#nextSerial(now);
  }

  /** Grows whenever anything changes. @see RFC 1982 */
  get serial(): number {
    return this.#serial;
  }

  /** The SOA record, as a set. */
  get soa(): PackedSets {
    return this.#soa;
  }

  /** Names that exist, those between others included. */
  get size(): number {
    return this.#names.size;
  }

  /**
   * Makes names what they shall be; all, or none.
   * @param now s since 1970
   * @returns whether anything changed
   * @throws RangeError when something of it cannot be published, or there is no room
   */
  publish(names: readonly NameRecords[], now: number): boolean {
    const changes = names.map(({ name, sets }) => {
      const key = this.#keyOf(name);
      if (this.#fixed.has(key)) throw new RangeError(`"${name}" is the zone's own, and is not published`);
      return [key, packSets(sets)] as const;
    });
    const added = changes.filter(([key, sets]) => sets !== "" && !this.#names.has(key)).length;
    if (added > 0 && this.#names.size + added > this.#most)
      throw new RangeError(`the zone has ${this.#most} names, which is as many as it may`);
    let changed = false;
    for (const [key, sets] of changes) changed = this.#put(key, sets) || changed;
    if (changed) this.#nextSerial(now);
    return changed;
  }

  /** What is at a name (octets of the wire, lower case, without the zone's); undefined when there is no such name. */
  at(key: string): PackedSets | undefined {
    return this.#names.get(key);
  }

  /** @param name whole. @returns values as `RecordSet` has them */
  values(name: string, type: RecordType): string[] {
    const packed = isWithin(name, this.origin) ? this.#names.get(this.#keyOf(name)) : undefined;
    return packed === undefined ? [] : valuesOf(packed, type);
  }

  #keyOf(name: string): string {
    if (!isWithin(name, this.origin)) throw new RangeError(`"${name}" is not within ${this.origin}`);
    const wire = encodeName(name);
    return wire.toString("latin1", 0, wire.length - this.wire.length);
  }

  /** @returns whether anything changed */
  #put(key: string, sets: string): boolean {
    const before = this.#names.get(key);
    if (before === undefined) {
      if (sets === "") return false;
      this.#names.set(key, withSets(0, sets));
      this.#count(key, 1);
      return true;
    }
    if (before.slice(SETS_AT) === sets) return false;
    const children = childrenOf(before);
    if (sets === "" && children === 0) this.#remove(key);
    else this.#names.set(key, withSets(children, sets));
    return true;
  }

  /** A name has come or gone: the one above it has one more or less below it, and comes or goes with that. */
  #count(key: string, by: 1 | -1): void {
    if (key === "") return;
    const above = parentOf(key);
    const packed = this.#names.get(above);
    const next = withChildren(packed ?? NOTHING, (packed === undefined ? 0 : childrenOf(packed)) + by);
    if (next === NOTHING && above !== "") this.#remove(above);
    else this.#names.set(above, next);
    if (packed === undefined) this.#count(above, 1);
  }

  #remove(key: string): void {
    this.#names.delete(key);
    this.#count(key, -1);
  }

  #apex(servers: readonly NameServerEntry[], caa: readonly string[], own: readonly RecordSet[]): string {
    const hosts = servers.map(({ name }) => encodeName(name));
    if (own.some(({ type }) => type === "CNAME"))
      throw new RangeError("a zone itself is no alias (RFC 1912 §2.4)");
    const sets = packSets(own);
    const rules = caa.map((value) => encodeRdata("CAA", value));
    return Buffer.concat([
      packRrset(TYPE.NS, this.ttl, hosts),
      ...(rules.length > 0 ? [packRrset(TYPE.CAA, this.ttl, rules)] : []),
      Buffer.from(sets, "latin1"),
    ]).toString("latin1");
  }

  #glue(servers: readonly NameServerEntry[]): NameRecords[] {
    return servers.flatMap(({ name, addresses }) => {
      if (!isWithin(name, this.origin)) return [];
      const set = (type: "A" | "AAAA", values: readonly string[]): NameRecords["sets"] =>
        values.length > 0 ? [{ type, ttl: this.ttl, values }] : [];
      const sets = [
        ...set(
          "A",
          addresses.filter((address) => !address.includes(":")),
        ),
        ...set(
          "AAAA",
          addresses.filter((address) => address.includes(":")),
        ),
      ];
      if (sets.length === 0)
        throw new RangeError(`the name server "${name}" is within its zone, and has no address`);
      return [{ name, sets }];
    });
  }

  #nextSerial(now: number): void {
    this.#serial = Math.max(this.#serial + 1, Math.floor(now)) >>> 0;
    const numbers = Buffer.alloc(20);
    [this.#serial, REFRESH, RETRY, EXPIRE, this.minimum].forEach((value, index) =>
      numbers.writeUInt32BE(value, index * 4),
    );
    const rdata = Buffer.concat([encodeName(this.#mname), encodeName(this.#rname), numbers]);
    this.#soa = withSets(0, packRrset(TYPE.SOA, this.ttl, [rdata]).toString("latin1"));
  }
}

/** Without its first label. */
function parentOf(key: string): string {
  const above = 1 + key.charCodeAt(0);
  // Copied: a slice of it would keep the longer name in memory.
  return Buffer.from(key.slice(above), "latin1").toString("latin1");
}

import { RecentMap } from "../kernel/recent-map.ts";

/** How many connections there may be. */
export interface ConnectionLimits {
  /** Of one sender at once; default 64. */
  readonly perSender: number;
  /** Of strangers of one region at once; default 128. */
  readonly perRegion: number;
  /** In all; default 512. */
  readonly inAll: number;
  /** Of all, so many are only for senders where somebody has proven lately who he is; default 64. */
  readonly reserved: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  perSender: 64,
  perRegion: 128,
  inAll: 512,
  reserved: 64,
};

/** Whoever may be one subscriber. */
export interface ConnectionSender {
  /** In the home network the address; elsewhere the IPv4 address or the IPv6 /64. */
  readonly key: string;
  /** Elsewhere: what one attacker may have many senders of, an IPv4 /24 or an IPv6 /48. Null: in the home network. */
  readonly region: string | null;
}

/** What is known of a sender that has connections. */
interface SenderRecord extends ConnectionSender {
  connections: number;
  /** When somebody there proved last who he is, monotonic ms. */
  provenAt: number;
}

/** One connection, as far as it matters for who may stay. */
export interface Connection {
  readonly sender: Readonly<SenderRecord>;
  /** When it last began or ended to have anything to do, monotonic ms. */
  since: number;
  /** Whole requests so far (their heads). */
  requests: number;
  /** Requests without a finished answer. */
  open: number;
  /** Somebody has proven on it who he is, or holds a grant. */
  proven: boolean;
}

/** A sender where somebody has proven who he is stands above strangers for so long, ms. */
const PROVEN_FOR = 24 * 3_600_000;
/** Of those so many are remembered. */
const PROVEN_SENDERS = 512;
/** How a sender stands: a stranger, in the home network, or where somebody has proven lately who he is. */
type Standing = 0 | 1 | 2;

/** Who goes first when there is no room; those of the last kind never do. */
const RANKS = ["silent", "idle", "asking", "idle-proven", "at-work"] as const;
type Rank = (typeof RANKS)[number];
/** How long one must have been what it is before it may be taken, ms: everybody begins silent, and asks before it has proven. */
const GRACE: Record<Rank, number> = {
  silent: 1000,
  idle: 1000,
  asking: 5000,
  "idle-proven": 1000,
  "at-work": Infinity,
};

function rankOf({ requests, open, proven }: Connection): Rank {
  if (requests === 0) return "silent";
  if (open === 0) return proven ? "idle-proven" : "idle";
  return proven ? "at-work" : "asking";
}

/** What may be taken from whoever stands lower, however few it has. */
const OF_LOWER: ReadonlySet<Rank> = new Set<Rank>(["silent", "idle", "asking"]);

/**
 * All connections of the doors to the network, and who may come in. When a sender has as many as it may, one of its own
 * that does nothing makes room for its next. When all are taken, strangers give before the home network, and both before
 * those where somebody has proven who he is; of equals the sender with most gives one to whoever has fewer.
 */
export class ConnectionTable {
  readonly #limits: ConnectionLimits;
  readonly #all = new Set<Connection>();
  readonly #senders = new Map<string, SenderRecord>();
  /** By region. */
  readonly #counts = new Map<string, number>();
  /** {@link SenderRecord.provenAt} of senders without a connection. */
  readonly #proven = new RecentMap<number>(PROVEN_SENDERS);

  constructor(limits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many senders there are. */
  get senders(): number {
    return this.#senders.size;
  }

  countOf(sender: ConnectionSender): number {
    return this.#senders.get(sender.key)?.connections ?? 0;
  }

  /**
   * Whether one more may come in.
   * @param now monotonic ms
   * @returns `yes`, `no`, or the connection that must go for it
   */
  room(sender: ConnectionSender, now: number): "yes" | "no" | Connection {
    const { perSender, perRegion, inAll, reserved } = this.#limits;
    const known = this.#senders.get(sender.key) ?? this.#recordOf(sender);
    const { region, connections: own } = known;
    if (own >= perSender) return this.#firstToGo(now, (one) => one.sender === known) ?? "no";
    const standing = standingOf(known, now);
    if (standing === 0 && region !== null && (this.#counts.get(region) ?? 0) >= perRegion) {
      const may = ({ sender: one }: Connection): boolean =>
        one.region === region && standingOf(one, now) === 0 && one.connections > own;
      return this.#firstToGo(now, may) ?? "no";
    }
    if (this.#all.size < (standing === 2 ? inAll : inAll - reserved)) return "yes";
    const may = (one: Connection): boolean => {
      if (one.sender === known) return true;
      const theirs = standingOf(one.sender, now);
      // Of equals, nobody gives who has no more than the one that asks.
      return theirs === standing
        ? one.sender.connections > own
        : theirs < standing && OF_LOWER.has(rankOf(one));
    };
    return this.#firstToGo(now, may) ?? "no";
  }

  add(sender: ConnectionSender, now: number): Connection {
    const record = this.#senders.get(sender.key) ?? this.#recordOf(sender);
    this.#senders.set(record.key, record);
    record.connections++;
    if (record.region !== null) this.#countRegion(record.region, 1);
    const connection = { sender: record, since: now, requests: 0, open: 0, proven: false };
    this.#all.add(connection);
    return connection;
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const record = this.#senders.get(connection.sender.key) as SenderRecord;
    if (record.region !== null) this.#countRegion(record.region, -1);
    if (--record.connections > 0) return;
    this.#senders.delete(record.key);
    if (record.provenAt > -Infinity) this.#proven.set(record.key, record.provenAt);
  }

  /** A request's head is there. */
  began(connection: Connection, now: number): void {
    connection.requests++;
    if (connection.open++ === 0) connection.since = now;
  }

  /** Its answer is over. */
  ended(connection: Connection, now: number): void {
    if (--connection.open === 0) connection.since = now;
    if (connection.proven) this.prove(connection, now);
  }

  /** Somebody has proven on it who he is, or holds a grant. */
  prove(connection: Connection, now: number): void {
    connection.proven = true;
    const record = this.#senders.get(connection.sender.key);
    if (record !== undefined) record.provenAt = now;
  }

  #recordOf({ key, region }: ConnectionSender): SenderRecord {
    return { key, region, connections: 0, provenAt: this.#proven.get(key) ?? -Infinity };
  }

  #countRegion(region: string, by: number): void {
    const next = (this.#counts.get(region) ?? 0) + by;
    if (next > 0) this.#counts.set(region, next);
    else this.#counts.delete(region);
  }

  /** Of who stands lowest, the sender with most: the one that does least, and has so for longest. Allocates nothing. */
  #firstToGo(now: number, may: (connection: Connection) => boolean): Connection | null {
    let first: Connection | null = null;
    let lowest = 0;
    let most = 0;
    let least = 0;
    for (const connection of this.#all) {
      const rank = rankOf(connection);
      if (now - connection.since < GRACE[rank] || !may(connection)) continue;
      const standing = standingOf(connection.sender, now);
      const held = connection.sender.connections;
      const order = RANKS.indexOf(rank);
      const after =
        standing - lowest || most - held || order - least || connection.since - (first?.since ?? 0);
      if (first !== null && after >= 0) continue;
      [first, lowest, most, least] = [connection, standing, held, order];
    }
    return first;
  }
}

function standingOf({ region, provenAt }: SenderRecord, now: number): Standing {
  if (now - provenAt < PROVEN_FOR) return 2;
  return region === null ? 1 : 0;
}

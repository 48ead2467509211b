/** How many connections there may be. */
export interface ConnectionLimits {
  /** From one sender (IPv4 address, IPv6 /64) at once; default 64. */
  readonly perSender: number;
  /** In all; default 512. */
  readonly inAll: number;
  /** Of all, so many are only for senders that hold fewer than `few`; default 64. */
  readonly reserved: number;
  /** Default 8. */
  readonly few: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  perSender: 64,
  inAll: 512,
  reserved: 64,
  few: 8,
};

/** One connection, as far as it matters for who may stay. */
export interface Connection {
  readonly sender: string;
  /** When it last began or ended to have anything to do, monotonic ms. */
  since: number;
  /** Whole requests so far (their heads). */
  requests: number;
  /** Requests without a finished answer. */
  open: number;
  /** Somebody has proven on it who he is, or holds a grant. */
  proven: boolean;
}

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

/**
 * All connections of the doors to the network, and who may come in. When a sender has as many as it may, one of its own
 * that does nothing makes room for its next. When all are taken, the sender with most of them gives one to whoever has fewer.
 */
export class ConnectionTable {
  readonly #limits: ConnectionLimits;
  readonly #all = new Set<Connection>();
  readonly #counts = new Map<string, number>();

  constructor(limits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many senders there are. */
  get senders(): number {
    return this.#counts.size;
  }

  countOf(sender: string): number {
    return this.#counts.get(sender) ?? 0;
  }

  /**
   * Whether one more may come in.
   * @param now monotonic ms
   * @returns `yes`, `no`, or the connection that must go for it
   */
  room(sender: string, now: number): "yes" | "no" | Connection {
    const { perSender, inAll, reserved, few } = this.#limits;
    const own = this.countOf(sender);
    if (own >= perSender) return this.#firstToGo(now, (one) => one.sender === sender) ?? "no";
    if (this.#all.size < (own < few ? inAll : inAll - reserved)) return "yes";
    // Nobody gives who has no more than the one that asks; but one may give one of its own.
    return this.#firstToGo(now, (one) => one.sender === sender || this.countOf(one.sender) > own) ?? "no";
  }

  add(sender: string, now: number): Connection {
    const connection = { sender, since: now, requests: 0, open: 0, proven: false };
    this.#all.add(connection);
    this.#counts.set(sender, this.countOf(sender) + 1);
    return connection;
  }

  remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const left = this.countOf(connection.sender) - 1;
    if (left > 0) this.#counts.set(connection.sender, left);
    else this.#counts.delete(connection.sender);
  }

  /** A request's head is there. */
  began(connection: Connection, now: number): void {
    connection.requests++;
    if (connection.open++ === 0) connection.since = now;
  }

  /** Its answer is over. */
  ended(connection: Connection, now: number): void {
    if (--connection.open === 0) connection.since = now;
  }

  /** Of the sender with most, the one that does least, and has so for longest. */
  #firstToGo(now: number, may: (connection: Connection) => boolean): Connection | null {
    let first: Connection | null = null;
    let most = 0;
    let least: number = RANKS.length;
    for (const connection of this.#all) {
      if (!may(connection)) continue;
      const rank = rankOf(connection);
      if (now - connection.since < GRACE[rank]) continue;
      const count = this.countOf(connection.sender);
      const order = RANKS.indexOf(rank);
      const before =
        count !== most
          ? count > most
          : order !== least
            ? order < least
            : connection.since < (first?.since ?? 0);
      if (before) [first, most, least] = [connection, count, order];
    }
    return first;
  }
}

import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import type { Database } from "../kernel/store/database.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import { requireDoor } from "./applicant.ts";
import type { Approvals } from "./approvals.ts";
import type { Asks } from "./asks.ts";
import { secretHash } from "./bytes.ts";
import type { Claims } from "./claims.ts";
import { isActive, type ClientKind, type Clients } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";
import { refused } from "./pairing-refusals.ts";
import type { Room } from "./room.ts";
import type { IssuedTokens, TokenIssuer } from "./tokens.ts";

export interface TokenDeliveryDeps {
  approvals: Approvals;
  asks: Asks;
  claims: Claims;
  clients: Clients;
  clock: Clock;
  database: Database;
  limits: AccessLimits;
  room: Room;
  tokens: TokenIssuer;
}

/** A poll's answer, and how its secret travels: in the body, or in the cookie of its kind of client. */
export interface Delivery extends IssuedTokens {
  readonly by: "body" | ClientKind;
}

/** Where whoever was let in collects its tokens, once. */
export class TokenDelivery {
  readonly #deps: TokenDeliveryDeps;
  /** Answers of the last minute, so that a poll whose answer was lost can be repeated. */
  readonly #delivered: RecentMap<{ at: number; delivery: Promise<Delivery> }>;

  constructor(deps: TokenDeliveryDeps) {
    this.#deps = deps;
    this.#delivered = new RecentMap(deps.limits.clients);
  }

  /**
   * Hands out a claim's tokens, once; for a minute the same answer again.
   * @returns null while an owner has not decided
   * @throws TellyportError `pairing-refused` for an unknown, expired or used claim; `pairing-denied` when an owner said no;
   *   `secure-origin-required`, `not-from-lan`
   */
  async poll(secret: string, origin: RequestOrigin): Promise<Delivery | null> {
    const { approvals, asks, clock, claims, clients, database, limits, room, tokens } = this.#deps;
    room.clear();
    const now = clock.now();
    const asking = asks.find(secretHash(secret));
    if (asking !== null) {
      requireDoor(asking, origin, limits);
      return null;
    }
    const waiting = approvals.find(secretHash(secret));
    if (waiting === "denied") {
      throw new TellyportError("pairing-denied", "The box's owner said no. Ask for another offer.");
    }
    if (waiting === "wrong-number") {
      throw new TellyportError(
        "pairing-denied",
        "The box's owner chose another number than the one shown here. Ask for another offer, and compare the numbers.",
        { detail: { wrongNumber: true } },
      );
    }
    if (waiting !== null) {
      requireDoor(waiting, origin, limits);
      return null;
    }
    const claim = claims.find(secret);
    const client = claim === null ? undefined : clients.get(claim.client);
    if (claim === null || client === undefined || !isActive(client, now)) throw refused();
    requireDoor({ kind: client.kind, refresh: claim.refresh }, origin, limits);
    const monotonic = clock.monotonic();
    const known = this.#delivered.get(claim.secretHash);
    if (known !== undefined && monotonic - known.at <= limits.retryGrace) return known.delivery;
    // Delivered by a process that is gone: a new session replaces the one whose secret nobody may hold.
    const isFirst = claim.deliveredAt === null;
    if (!isFirst && Math.abs(now - claim.deliveredAt) > limits.retryGrace) throw refused();
    const by = client.kind === "key" && claim.refresh === "body" ? "body" : client.kind;
    const issued = database.transaction(() => {
      if (isFirst) claims.delivered(claim, now);
      return tokens.begin(client, claim.nonce);
    });
    const delivery = issued.then((tokens): Delivery => ({ ...tokens, by }));
    this.#delivered.set(claim.secretHash, { at: monotonic, delivery });
    return delivery;
  }

  /** The number that a device which asked shows, once an owner has seen its code; else null. @param secret of its claim */
  matchOf(secret: string): string | null {
    return this.#deps.approvals.matchOf(secretHash(secret));
  }
}

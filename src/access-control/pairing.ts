import { createPublicKey } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../kernel/store/database.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { Offer, PairingClaim, PairingClaimed, PublicJwk } from "../protocol/api.ts";
import { toBase32 } from "../protocol/base64url.ts";
import type { Role } from "../protocol/principal.ts";
import { RecentMap, secretHash } from "./bytes.ts";
import type { Claims, PendingClaim } from "./claims.ts";
import { isActive, type ClientRecord, type Clients } from "./clients.ts";
import { RECOVERY_OFFER } from "../protocol/pairing.ts";
import type { AuditPort } from "./audit/port.ts";
import { thumbprintOf } from "./keys.ts";
import type { AccessLimits } from "./limits.ts";
import type { OfferOptions, Offers } from "./offers.ts";
import type { RecoveryPort } from "./recovery.ts";
import { requireConfidential, type IssuedTokens, type TokenIssuer } from "./tokens.ts";

export interface PairingDeps {
  database: Database;
  offers: Offers;
  claims: Claims;
  clients: Clients;
  tokens: TokenIssuer;
  recovery: RecoveryPort;
  audit: AuditPort;
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  log: Log;
}

/** A poll's answer, and how its secret travels. */
export interface Delivery extends IssuedTokens {
  readonly by: "body" | "refresh-cookie" | "lan-cookie";
}

/** From an open offer to a client with tokens. */
export class Pairing {
  readonly #deps: PairingDeps;
  /** Answers of the last minute, so that a poll whose answer was lost can be repeated. */
  readonly #delivered: RecentMap<{ at: number; delivery: Promise<Delivery> }>;

  constructor(deps: PairingDeps) {
    this.#deps = deps;
    this.#delivered = new RecentMap(deps.limits.clients);
    this.#expire();
  }

  /** Whether the box has an owner. */
  claimed(): boolean {
    this.#expire();
    return this.#deps.clients.owners(this.#deps.clock.now()).length > 0;
  }

  open(): boolean {
    return this.#deps.offers.anyOpen;
  }

  /**
   * Opens an offer. @param role default: owner when the box has none, else viewer
   * @throws TellyportError `pairing-too-many`
   */
  openOffer(role?: Role, options?: OfferOptions): Offer {
    const { clients, clock, limits, log, offers } = this.#deps;
    const defaultRole = this.claimed() ? "viewer" : "owner";
    if (clients.active(clock.now()).length >= limits.clients) {
      throw new TellyportError(
        "pairing-too-many",
        `${limits.clients} clients are paired, and that is the limit. Remove one first: tellyport clients revoke.`,
      );
    }
    const offer = offers.open(role ?? defaultRole, options);
    log.info({ offer: offer.id, role: offer.role, expiresAt: offer.expiresAt }, "offer-opened");
    return offer;
  }

  /**
   * Takes a claim: when it answers, the client is on disk.
   * @throws TellyportError `pairing-refused` for wrong, unknown, expired and closed alike; `secure-origin-required`,
   *   `not-from-lan`, `body-invalid` by the request alone, whatever is open
   */
  claim(claim: PairingClaim, origin: RequestOrigin): PairingClaimed {
    const { audit, clock, database, clients, claims, limits, log, offers, random, recovery } = this.#deps;
    requireDoor(claim, origin);
    const thumbprint = claim.key === null ? "" : thumbprintOf(requireKey(claim.key));
    this.#expire();
    const { offer, proof, nonce } = claim;
    const markUsed =
      offer === RECOVERY_OFFER && claim.key !== null ? recovery.redeem({ proof, nonce, thumbprint }) : null;
    // A wrong recovery code is an offer that is not open: counted against its sender, and closes nothing.
    const redeemed =
      markUsed === null
        ? offers.redeem({ offer, proof, nonce, thumbprint }, origin.address)
        : ({ role: "owner", payer: null } as const);
    const now = clock.now();
    // An owner who lost every phone gets in beside all of them.
    const full = markUsed === null && clients.active(now).length >= limits.clients;
    if (redeemed === null || full) {
      log.warn({ address: origin.address }, "pairing-refused");
      throw refused();
    }
    const role = claim.key === null && redeemed.role === "owner" ? "viewer" : redeemed.role;
    const id = toBase32(random(10));
    const client: ClientRecord = {
      id,
      name: cleanName(claim.name) || claim.terminalType,
      role,
      terminalType: claim.terminalType,
      kind: claim.key === null ? "lan" : "key",
      jwk: claim.key,
      thumbprint,
      user: id,
      payer: role === "guest" ? (redeemed.payer ?? id) : id,
      pairedAt: now,
      lastSeenAt: null,
      lastAddress: origin.address,
      notAfter: role === "guest" ? now + limits.guest : null,
      revokedAt: null,
    };
    const secret = random(32).toString("base64url");
    const expiresAt = now + limits.claimLifetime;
    const pending: PendingClaim = {
      secretHash: secretHash(secret),
      client: id,
      nonce,
      refresh: claim.refresh,
      expiresAt,
      deliveredAt: null,
    };
    database.transaction(() => {
      clients.write(client);
      claims.write(pending);
      if (markUsed === null) return;
      markUsed();
      const { name } = client;
      audit.note({
        event: "owner-recovered",
        client: id,
        name,
        address: origin.address,
        detail: { by: "code" },
      });
    });
    clients.remember(client);
    log.info({ client: id, role, kind: client.kind, address: origin.address }, "client-paired");
    return { claim: secret, match: null, expiresAt: new Date(expiresAt).toISOString() };
  }

  /**
   * Hands out a claim's tokens, once; for a minute the same answer again.
   * @throws TellyportError `pairing-refused` for an unknown, expired or used claim; `secure-origin-required`, `not-from-lan`
   */
  async poll(secret: string, origin: RequestOrigin): Promise<Delivery> {
    const { clock, claims, clients, limits, tokens } = this.#deps;
    this.#expire();
    const now = clock.now();
    const claim = claims.find(secret);
    const client = claim === null ? undefined : clients.get(claim.client);
    if (claim === null || client === undefined || !isActive(client, now)) throw refused();
    requireDoor({ key: client.jwk, refresh: claim.refresh }, origin);
    const monotonic = clock.monotonic();
    const known = this.#delivered.get(claim.secretHash);
    if (known !== undefined && monotonic - known.at <= limits.retryGrace) return known.delivery;
    // Delivered by a process that is gone: a new session replaces the one whose secret nobody may hold.
    if (claim.deliveredAt === null) claims.delivered(claim, now);
    else if (Math.abs(now - claim.deliveredAt) > limits.retryGrace) throw refused();
    const by = client.kind === "lan" ? "lan-cookie" : claim.refresh === "cookie" ? "refresh-cookie" : "body";
    const delivery = tokens.begin(client, claim.nonce).then((issued): Delivery => ({ ...issued, by }));
    this.#delivered.set(claim.secretHash, { at: monotonic, delivery });
    return delivery;
  }

  #expire(): void {
    const { claims, clients, clock, database, limits } = this.#deps;
    // Whoever never collected tokens must not count as an owner.
    database.transaction(() => {
      for (const client of claims.expire(clock.now(), limits.retryGrace)) clients.forget(client);
    });
  }
}

function refused(): TellyportError {
  return new TellyportError(
    "pairing-refused",
    "The code is wrong or no longer good. Open a new one at the box (tellyport pair) or on a phone that is an owner, and type it again.",
  );
}

/** Which door a client of its kind may pair through. */
function requireDoor(
  client: { key: PublicJwk | null; refresh: "cookie" | "body" },
  origin: RequestOrigin,
): void {
  if (client.key !== null) {
    requireConfidential({ origin });
    if (client.refresh === "cookie" && origin.listener !== "https") {
      throw new TellyportError(
        "secure-origin-required",
        'A refresh token goes into a cookie over https only. Use the box\'s https address, or ask with refresh "body".',
      );
    }
  } else if (!origin.onLink || origin.listener !== "http") {
    throw new TellyportError(
      "not-from-lan",
      "Without a key of its own a phone pairs only at the box's http address, in the home network.",
    );
  }
}

/** @throws TellyportError `body-invalid` when it is no point of P-256 */
function requireKey(jwk: PublicJwk): PublicJwk {
  try {
    createPublicKey({ key: { ...jwk }, format: "jwk" });
    return jwk;
  } catch (error) {
    throw new TellyportError("body-invalid", "The key is not a public key of the curve P-256.", {
      detail: { field: "key" },
      cause: error,
    });
  }
}

/** A name for lists and logs: no control or direction characters. */
export function cleanName(name: string): string {
  return name
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
}

import { SparingLog } from "../kernel/log-sparingly.ts";
import { isLoopback } from "../kernel/network-address.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import { TellyportError } from "../kernel/errors.ts";
import type {
  AnswerRequest,
  Asked,
  AskRequest,
  HandOff,
  OfferState,
  ScreenLink,
} from "../protocol/access-api.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { Offer, PairingClaim, PairingClaimed } from "../protocol/api.ts";
import type { Principal, Role } from "../protocol/principal.ts";
import { admit, type AdmitDeps } from "./admit.ts";
import { kindOf, requireDoor, requireHome, roleFor, thumbprintOfClaim, type Applicant } from "./applicant.ts";
import type { Approvals } from "./approvals.ts";
import { answer, ask } from "./asking.ts";
import type { Asks } from "./asks.ts";
import { secretHash } from "./bytes.ts";
import { cleanName } from "./clean-name.ts";
import { isActive, type ClientKind } from "./clients.ts";
import type { HandOffs } from "./hand-offs.ts";
import { isHome } from "./home.ts";
import { offerNotFound, type OfferStates } from "./offer-states.ts";
import { describeOffer, type OfferOptions, type Offers } from "./offers.ts";
import type { Admission, Redemption } from "./redemption.ts";
import { seesOffer } from "./screen-view.ts";
import type { IssuedTokens, TokenIssuer } from "./tokens.ts";

export interface PairingDeps extends AdmitDeps {
  offers: Offers;
  handOffs: HandOffs;
  approvals: Approvals;
  asks: Asks;
  redemption: Redemption;
  states: OfferStates;
  tokens: TokenIssuer;
  /** Revokes a client at the box's own wish. */
  remove: (client: string) => void;
}

/** A poll's answer, and how its secret travels: in the body, or in the cookie of its kind of client. */
export interface Delivery extends IssuedTokens {
  readonly by: "body" | ClientKind;
}

/** From an open offer, or a hand-off, to a client with tokens. */
export class Pairing {
  readonly #deps: PairingDeps;
  /** Of what strangers do; each is told of to the owner too, who sees how often, and from where. */
  readonly #strangers: SparingLog;
  /** Answers of the last minute, so that a poll whose answer was lost can be repeated. */
  readonly #delivered: RecentMap<{ at: number; delivery: Promise<Delivery> }>;

  constructor(deps: PairingDeps) {
    this.#deps = deps;
    this.#strangers = new SparingLog(deps.log, deps.clock);
    this.#delivered = new RecentMap(deps.limits.clients);
    this.#expire();
  }

  /** Whether the box has an owner. */
  claimed(): boolean {
    const { claims, clients, clock } = this.#deps;
    const owners = clients.owners(clock.now());
    if (owners.length === 0) return false;
    // Who never collected its tokens is none, even where there is no room to write that down.
    const abandoned = claims.abandoned(clock.now());
    return owners.some(({ id }) => !abandoned.includes(id));
  }

  open(): boolean {
    const { offers, redemption } = this.#deps;
    return offers.list().some(({ screen }) => !screen) && !redemption.locked;
  }

  /**
   * Opens an offer. @param role default: owner when the box has none, else viewer
   * @throws TellyportError `pairing-too-many` when too many are open, or clients paired, or pairing is closed and nobody is at
   *   the box
   */
  openOffer(role?: Role, options: OfferOptions = {}): Offer {
    const { approvals, audit, log, offers, redemption } = this.#deps;
    this.#expire();
    const defaultRole = this.claimed() ? "viewer" : "owner";
    if (options.physical ?? true) redemption.unlock();
    redemption.requireUnlocked();
    this.#requireRoom(null);
    const offer = offers.open(role ?? defaultRole, options, approvals.offerEnds());
    log.info({ offer: offer.id, role: offer.role, expiresAt: offer.expiresAt }, "offer-opened");
    const client = options.openedBy ?? options.shownBy;
    audit.note({ event: "offer-opened", client, detail: { role: offer.role } });
    return offer;
  }

  /**
   * Makes the link by which a browser on the box becomes its own screen; the screen that was is none from then on.
   * @throws TellyportError `pairing-too-many`; `address-not-available` when the box does not listen at loopback
   */
  openScreen(): ScreenLink {
    const { id, url, expiresAt } = this.openOffer("viewer", { screen: true });
    if (isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""))) return { url, expiresAt };
    this.#deps.offers.close(id);
    throw new TellyportError(
      "address-not-available",
      "The box does not listen at this machine's own address, 127.0.0.1, which its screen needs. Leave http.address out of the configuration, and start it again.",
    );
  }

  /**
   * Lets a device at home ask for an owner who sees its code.
   * @throws TellyportError `owner-missing` when there is nobody to ask, `pairing-too-many`, and as of {@link ask}
   */
  ask(request: AskRequest, origin: RequestOrigin): Asked {
    if (!this.claimed()) throw ownerMissing();
    this.#requireRoom(null);
    return ask(this.#deps, request, origin);
  }

  /** An owner has seen the code of a device that asks. @throws TellyportError `offer-not-found`, `pairing-too-many` */
  answer(request: AnswerRequest, by: Principal): OfferState {
    this.#requireRoom(null);
    return answer(this.#deps, request, by);
  }

  /** The number that a device which asked shows, once an owner has seen its code; else null. @param secret of its claim */
  matchOf(secret: string): string | null {
    return this.#deps.approvals.matchOf(secretHash(secret));
  }

  /**
   * Makes a pass for a client's next origin or browser.
   * @throws TellyportError `pairing-too-many`; `client-not-found` for one that is no client (the box's own command line);
   *   `owner-missing` for a LAN viewer's, to which an owner says yes, when there is none
   */
  handOff(asking: Principal): HandOff {
    const { approvals, clients, clock, handOffs, log, redemption } = this.#deps;
    const parent = clients.get(asking.client);
    if (parent === undefined || !isActive(parent, clock.now())) {
      throw new TellyportError(
        "client-not-found",
        "Only a paired client hands its place on. On the box, open an offer: tellyport pair.",
      );
    }
    if (parent.kind === "lan" && !this.claimed()) throw ownerMissing();
    redemption.requireUnlocked();
    this.#requireRoom(parent.id);
    const made = handOffs.issue(parent, approvals.countOf(parent.id));
    log.info({ handOff: made.id, client: parent.id, expiresAt: made.expiresAt }, "hand-off-made");
    return made;
  }

  /**
   * Takes a claim. When it answers without a number to match, the client is on disk; with one it waits in memory.
   * @throws TellyportError `pairing-refused` for wrong, unknown, expired and closed alike; `hand-off-used` for a pass that was
   *   used; `secure-origin-required` also for an owner's offer over plain http, unless the claim says `watchOnly`, with
   *   `detail.codeGood`: whether a typed code can still be typed elsewhere; `owner-missing` for a pass that nobody can say yes to;
   *   else `secure-origin-required`, `not-from-lan`, `body-invalid` by the request alone, whatever is open
   */
  claim(claim: PairingClaim, origin: RequestOrigin): PairingClaimed {
    const { approvals, clock, limits, log, random, states } = this.#deps;
    const kind = kindOf(claim, origin);
    requireDoor({ kind, refresh: claim.refresh }, origin, limits);
    requireHome(origin, limits);
    const thumbprint = thumbprintOfClaim(claim.key);
    this.#expire();
    const mayOwn = kind !== "lan" || claim.watchOnly === true;
    const admission = this.#judge(claim, thumbprint, origin, mayOwn);
    const secret = random(32).toString("base64url");
    const applicant: Applicant = {
      admission,
      secretHash: secretHash(secret),
      role: roleFor(kind, admission.role),
      kind,
      name: cleanName(claim.name) || claim.terminalType,
      terminalType: claim.terminalType,
      key: claim.key,
      thumbprint,
      nonce: claim.nonce,
      refresh: claim.refresh,
      origin,
      home: isHome(origin),
    };
    if (admission.asks && !this.claimed()) throw ownerMissing();
    if (admission.asks) {
      admission.take();
      const { match, expiresAt } = approvals.wait(applicant);
      log.info({ offer: admission.id, role: applicant.role, address: origin.address }, "pairing-waiting");
      return { claim: secret, match, expiresAt: new Date(expiresAt).toISOString() };
    }
    const screens = admission.screen === true ? this.#screens() : [];
    admit(this.#deps, applicant);
    admission.take();
    for (const screen of screens) this.#deps.remove(screen);
    if (admission.parent === null) {
      states.tell({ ...describeOffer({ ...admission, role: applicant.role }), state: "paired" });
    }
    return {
      claim: secret,
      match: null,
      expiresAt: new Date(clock.now() + limits.claimLifetime).toISOString(),
    };
  }

  /** Offers that are open, and claims that wait, as somebody sees them. */
  offerStates(asking: Principal): OfferState[] {
    const { approvals, offers } = this.#deps;
    const all = [...offers.list().map(describeOffer), ...approvals.states()];
    return all.filter((offer) => seesOffer(asking, offer));
  }

  /** One of them, or one that ended lately. @throws TellyportError `offer-not-found` */
  offerState(id: string, asking: Principal): OfferState {
    const state = this.offerStates(asking).find((one) => one.id === id) ?? this.#deps.states.ended(id);
    if (state === null) throw offerNotFound();
    return state;
  }

  /**
   * An owner's answer to who waits. When it returns after a yes, the client is on disk.
   * @param match the number that the owner chose; null, and a wrong one, are a no
   * @throws TellyportError `offer-not-found` when nobody waits there (any more); `pairing-too-many` when the box is full
   */
  decide(id: string, match: string | null, by: Principal): void {
    const { approvals, audit, clients, clock, log } = this.#deps;
    const { applicant, right } = approvals.judge(id, match);
    const { admission, name, origin } = applicant;
    if (!seesOffer(by, { role: applicant.role, state: "waiting" })) throw offerNotFound();
    if (!right) {
      approvals.end(id, "refused", match === null ? "denied" : "wrong-number");
      log.warn({ offer: id, address: origin.address, by: by.client }, "pairing-denied");
      audit.note({
        event: "pairing-denied",
        name,
        address: origin.address,
        detail: { role: applicant.role },
      });
      return;
    }
    const parent = admission.parent === null ? undefined : clients.get(admission.parent);
    if (admission.parent !== null && (parent === undefined || !isActive(parent, clock.now()))) {
      approvals.end(id, "closed");
      throw offerNotFound();
    }
    this.#requireRoom(admission.parent);
    admit(this.#deps, applicant);
    approvals.end(id, "paired");
  }

  /** Closes an offer, or turns away who waits there; the box's own screen what it shows. @throws TellyportError `offer-not-found` */
  closeOffer(id: string, asking: Principal): void {
    const own = this.#deps.offers.get(id)?.shownBy === asking.client;
    if (asking.role !== "owner" && !own) throw offerNotFound();
    if (!this.#deps.offers.close(id)) this.#deps.approvals.end(id, "closed");
  }

  /** Voids what a client opened, made and let wait: it may no longer. */
  endOf(client: string): void {
    const { approvals, handOffs, offers } = this.#deps;
    offers.closeOf(client);
    handOffs.endOf(client);
    approvals.closeOf(client);
  }

  /**
   * Hands out a claim's tokens, once; for a minute the same answer again.
   * @returns null while an owner has not decided
   * @throws TellyportError `pairing-refused` for an unknown, expired or used claim; `pairing-denied` when an owner said no;
   *   `secure-origin-required`, `not-from-lan`
   */
  async poll(secret: string, origin: RequestOrigin): Promise<Delivery | null> {
    const { approvals, asks, clock, claims, clients, database, limits, tokens } = this.#deps;
    this.#expire();
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

  /** @throws TellyportError `pairing-refused`, `hand-off-used`, `secure-origin-required` */
  #judge(claim: PairingClaim, thumbprint: string, origin: RequestOrigin, mayOwn: boolean): Admission {
    const { audit, log, redemption } = this.#deps;
    const { offer, proof, nonce } = claim;
    const { address } = origin;
    const judgement = redemption.redeem({ offer, proof, nonce, thumbprint }, origin, mayOwn);
    if (judgement.verdict === "insecure") throw ownerNeedsHttps(judgement.codeGood);
    if (judgement.verdict === "replayed") {
      this.#strangers.warn({ client: judgement.parent, address }, "hand-off-replayed");
      audit.note({ event: "hand-off-replayed", client: judgement.parent, address });
      throw new TellyportError(
        "hand-off-used",
        "This hand-off has been used: the owner is told. Make another on the phone that is paired.",
      );
    }
    if (judgement.verdict === "right") {
      const { by, parent } = judgement.admission;
      // An owner who lost every phone gets in beside all of them.
      if (by === "recovery-code" || this.#hasRoom(parent)) return judgement.admission;
    }
    this.#strangers.warn({ address }, "pairing-refused");
    audit.note({ event: "pairing-refused", address });
    if (judgement.verdict === "wrong" && judgement.closed) {
      log.warn({ address }, "pairing-closed");
      audit.note({ event: "pairing-closed", address });
    }
    throw refused();
  }

  /** @param parent id of the client whose user is to have one more; null: a user of its own */
  #hasRoom(parent: string | null): boolean {
    const { clients, clock, limits } = this.#deps;
    const active = clients.active(clock.now());
    const user = parent === null ? undefined : clients.get(parent)?.user;
    const alike = user === undefined ? 0 : active.filter((client) => client.user === user).length;
    return active.length < limits.clients && alike < limits.clientsPerUser;
  }

  /** @throws TellyportError `pairing-too-many` */
  #requireRoom(parent: string | null): void {
    if (this.#hasRoom(parent)) return;
    const { clients, clientsPerUser } = this.#deps.limits;
    const most = parent === null ? "" : `, or ${clientsPerUser} of this user,`;
    throw new TellyportError(
      "pairing-too-many",
      `${clients} clients${most} are paired, and that is the limit. Remove one first: tellyport clients revoke.`,
    );
  }

  /** Clients that are the box's own screen. */
  #screens(): string[] {
    const { clients, clock } = this.#deps;
    return clients
      .active(clock.now())
      .filter(({ screen }) => screen)
      .map(({ id }) => id);
  }

  #expire(): void {
    const { claims, clients, clock, database, limits } = this.#deps;
    const now = clock.now();
    if (!claims.hasExpired(now, limits.retryGrace)) return;
    // Whoever never collected tokens must not count as an owner.
    database.transaction(() => {
      for (const client of claims.expire(now, limits.retryGrace)) clients.forget(client);
    });
  }
}

function ownerNeedsHttps(codeGood: boolean): TellyportError {
  const cure = codeGood
    ? "Open the box's https address with the same code."
    : "The code that was typed went out in the open and is no longer good: open a new one at the box (tellyport pair), and type it at the box's https address.";
  return new TellyportError("secure-origin-required", `This code makes an owner, over https alone. ${cure}`, {
    detail: { codeGood },
  });
}

function ownerMissing(): TellyportError {
  return new TellyportError(
    "owner-missing",
    "An owner has to say yes to this, and the box has none. Pair one at the box's https address first: tellyport pair.",
  );
}

function refused(): TellyportError {
  return new TellyportError(
    "pairing-refused",
    "The code is wrong or no longer good. Open a new one at the box (tellyport pair) or on a phone that is an owner, and type it again.",
  );
}

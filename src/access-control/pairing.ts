import { SparingLog } from "../kernel/log-sparingly.ts";
import { isLoopback } from "../kernel/network-address.ts";
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
import { isActive } from "./clients.ts";
import type { HandOffs } from "./hand-offs.ts";
import { isHome } from "./home.ts";
import { offerNotFound, type OfferStates } from "./offer-states.ts";
import { describeOffer, type OfferOptions, type Offers } from "./offers.ts";
import { ownerMissing, ownerNeedsHttps, refused } from "./pairing-refusals.ts";
import type { Admission, Redemption } from "./redemption.ts";
import type { Room } from "./room.ts";
import { seesOffer } from "./screen-view.ts";

export interface PairingDeps extends AdmitDeps {
  offers: Offers;
  handOffs: HandOffs;
  approvals: Approvals;
  asks: Asks;
  redemption: Redemption;
  states: OfferStates;
  room: Room;
  /** Revokes a client at the box's own wish. */
  remove: (client: string) => void;
}

/** From an open offer, or a hand-off, to a client with tokens. */
export class Pairing {
  readonly #deps: PairingDeps;
  /** Of what strangers do; each is told of to the owner too, who sees how often, and from where. */
  readonly #strangers: SparingLog;

  constructor(deps: PairingDeps) {
    this.#deps = deps;
    this.#strangers = new SparingLog(deps.log, deps.clock);
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
    const { approvals, audit, log, offers, redemption, room } = this.#deps;
    room.clear();
    const defaultRole = room.claimed() ? "viewer" : "owner";
    if (options.physical ?? true) redemption.unlock();
    redemption.requireUnlocked();
    room.require(null);
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
    if (!this.#deps.room.claimed()) throw ownerMissing();
    this.#deps.room.require(null);
    return ask(this.#deps, request, origin);
  }

  /** An owner has seen the code of a device that asks. @throws TellyportError `offer-not-found`, `pairing-too-many` */
  answer(request: AnswerRequest, by: Principal): OfferState {
    this.#deps.room.require(null);
    return answer(this.#deps, request, by);
  }

  /**
   * Makes a pass for a client's next origin or browser.
   * @throws TellyportError `pairing-too-many`; `client-not-found` for one that is no client (the box's own command line);
   *   `owner-missing` for a LAN viewer's, to which an owner says yes, when there is none
   */
  handOff(asking: Principal): HandOff {
    const { approvals, clients, clock, handOffs, log, redemption, room } = this.#deps;
    const parent = clients.get(asking.client);
    if (parent === undefined || !isActive(parent, clock.now())) {
      throw new TellyportError(
        "client-not-found",
        "Only a paired client hands its place on. On the box, open an offer: tellyport pair.",
      );
    }
    if (parent.kind === "lan" && !room.claimed()) throw ownerMissing();
    redemption.requireUnlocked();
    room.require(parent.id);
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
    const { approvals, clock, limits, log, random, room, states } = this.#deps;
    const kind = kindOf(claim, origin);
    requireDoor({ kind, refresh: claim.refresh }, origin, limits);
    requireHome(origin, limits);
    const thumbprint = thumbprintOfClaim(claim.key);
    room.clear();
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
    if (admission.asks && !room.claimed()) throw ownerMissing();
    if (admission.asks) {
      admission.take();
      const { match, expiresAt } = approvals.wait(applicant);
      log.info({ offer: admission.id, role: applicant.role, address: origin.address }, "pairing-waiting");
      return { claim: secret, match, expiresAt: new Date(expiresAt).toISOString() };
    }
    const screens = admission.screen === true ? room.screens() : [];
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
    const { approvals, audit, clients, clock, log, room } = this.#deps;
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
    room.require(admission.parent);
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

  /** @throws TellyportError `pairing-refused`, `hand-off-used`, `secure-origin-required` */
  #judge(claim: PairingClaim, thumbprint: string, origin: RequestOrigin, mayOwn: boolean): Admission {
    const { audit, log, redemption, room } = this.#deps;
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
      if (by === "recovery-code" || room.has(parent)) return judgement.admission;
    }
    this.#strangers.warn({ address }, "pairing-refused");
    audit.note({ event: "pairing-refused", address });
    if (judgement.verdict === "wrong" && judgement.closed) {
      log.warn({ address }, "pairing-closed");
      audit.note({ event: "pairing-closed", address });
    }
    throw refused();
  }
}

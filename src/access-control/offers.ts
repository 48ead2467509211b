import { hkdfSync } from "node:crypto";
import type { Clock, Timer } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { OfferState } from "../protocol/access-api.ts";
import type { Offer } from "../protocol/api.ts";
import { CODE_KDF, CODE_LENGTH, formatCode, pairingFragment, screenFragment } from "../protocol/pairing.ts";
import type { Role } from "../protocol/principal.ts";
import { randomLetters } from "./letters.ts";
import type { AccessLimits } from "./limits.ts";
import { TIMER_SLACK, type OfferStates } from "./offer-states.ts";
import type { Proof } from "./proof.ts";

/** An open offer: in memory only, good for one client. */
export interface OpenOffer {
  readonly id: string;
  readonly role: Role;
  /** User who is charged for a guest's viewing; null: the client itself. */
  readonly payer: string | null;
  /** The owner's client that opened it; null: whoever stands at the box, and no further yes is needed. */
  readonly openedBy: string | null;
  /** Opened for an owner who lost every phone: the pairing that comes of it is told as such. */
  readonly recovery: boolean;
  /** Makes a browser on the box its own screen; no code is typed for it. */
  readonly screen: boolean;
  /** The box's own screen that shows it; null: another way. */
  readonly shownBy: string | null;
  /** HMAC key of a claim by QR code, 16 bytes. */
  readonly secretKey: Buffer;
  /** HMAC key of a claim by typed code, 32 bytes; undefined once the code is void. */
  codeKey: Buffer | undefined;
  /** Monotonic ms. */
  readonly expires: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly timer: Timer;
  wrong: number;
}

export interface OfferOptions {
  /** Whoever opens it stands at the box (its command line, its start): lifts a closure after too many wrong codes. Default true. */
  physical?: boolean;
  /** User who is charged for a guest's viewing; default the guest. */
  payer?: string;
  /**
   * Client of the owner who opens it from elsewhere: an owner must then say which client it is that claims it. Default:
   * opened at the box, and so approved.
   */
  openedBy?: string;
  /** It is for an owner who lost every phone. Default false. */
  recovery?: boolean;
  /** It makes the box's own screen. Default false. */
  screen?: boolean;
  /** The box's own screen that shows it: its former ones close. Default: none. */
  shownBy?: string;
}

export interface OffersDeps {
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  publicOrigin: () => string;
  /** As {@link publicOrigin}, for browsers on the box itself. */
  localOrigin: () => string;
  states: OfferStates;
}

/** The open offers. */
export class Offers {
  readonly #deps: OffersDeps;
  readonly #open = new Map<string, OpenOffer>();

  constructor(deps: OffersDeps) {
    this.#deps = deps;
  }

  /**
   * @param waiting when (monotonic ms) each claim of an offer that waits for an owner's yes ends: they count as open
   * @throws TellyportError `pairing-too-many`
   */
  open(role: Role, options: OfferOptions, waiting: readonly number[]): Offer {
    const { clock, limits, random, publicOrigin, localOrigin } = this.#deps;
    if (options.shownBy !== undefined)
      for (const offer of this.list()) if (offer.shownBy === options.shownBy) this.#close(offer);
    const ends = [...this.list().map((offer) => offer.expires), ...waiting];
    if (ends.length >= limits.openOffers) {
      throw new TellyportError(
        "pairing-too-many",
        `${limits.openOffers} pairing codes are open already. Use one of them, or wait until one runs out.`,
        { retryAfterMs: Math.min(...ends) - clock.monotonic() },
      );
    }
    const code = randomLetters(random, CODE_LENGTH);
    const secretKey = random(16);
    const offer: OpenOffer = {
      id: random(8).toString("base64url"),
      role,
      payer: options.payer ?? null,
      openedBy: options.openedBy ?? null,
      recovery: options.recovery ?? false,
      screen: options.screen ?? false,
      shownBy: options.shownBy ?? null,
      secretKey,
      codeKey: options.screen === true ? undefined : codeKey(code),
      expires: clock.monotonic() + limits.offerLifetime,
      expiresAt: clock.now() + limits.offerLifetime,
      timer: clock.after(limits.offerLifetime + TIMER_SLACK, () => this.list()),
      wrong: 0,
    };
    this.#open.set(offer.id, offer);
    return {
      id: offer.id,
      role,
      code: formatCode(code),
      url: offer.screen
        ? `${localOrigin()}/tv${screenFragment(offer.id, secretKey.toString("base64url"))}`
        : publicOrigin() + pairingFragment(offer.id, secretKey.toString("base64url")),
      expiresAt: new Date(offer.expiresAt).toISOString(),
    };
  }

  /** Those that are open now, the oldest first. */
  list(): OpenOffer[] {
    const now = this.#deps.clock.monotonic();
    for (const offer of this.#open.values()) if (now >= offer.expires) this.#close(offer);
    return [...this.#open.values()];
  }

  get(id: string): OpenOffer | null {
    return this.list().find((offer) => offer.id === id) ?? null;
  }

  /** @returns whether it was open */
  close(id: string): boolean {
    const offer = this.get(id);
    if (offer !== null) this.#close(offer);
    return offer !== null;
  }

  closeAll(): void {
    for (const offer of this.list()) this.#close(offer);
  }

  /** Closes those that a client opened or shows: it may no longer. */
  closeOf(client: string): void {
    for (const offer of this.list())
      if (offer.openedBy === client || offer.shownBy === client) this.#close(offer);
  }

  /**
   * Holds a proof against as many keys as offers may be open, so that it takes the same work whatever is open.
   * @param id of the one offer that a claim by QR code names; undefined: a code was typed, good for whichever offer it is of
   * @returns the offers that the proof was aimed at, and the one that it fits
   */
  match(id: string | undefined, proof: Proof): { aimed: readonly OpenOffer[]; found: OpenOffer | null } {
    const aimed = this.list().filter((offer) => id === undefined || id === offer.id);
    let found: OpenOffer | null = null;
    for (let slot = 0; slot < this.#deps.limits.openOffers; slot++) {
      const offer = aimed[slot];
      const right = proof.fits(id === undefined ? offer?.codeKey : offer?.secretKey);
      if (right && offer !== undefined) found = offer;
    }
    return { aimed, found };
  }

  /** Uses an offer up: nobody else can claim it. */
  take(offer: OpenOffer): void {
    offer.timer.cancel();
    this.#open.delete(offer.id);
  }

  /** Its typed code is good no longer; its QR code is. */
  voidCode(offer: OpenOffer): void {
    offer.codeKey = undefined;
  }

  /** Counts a wrong proof against an offer, which bears so many. */
  blame(offer: OpenOffer): void {
    offer.wrong++;
    if (offer.wrong >= this.#deps.limits.badProofsPerOffer) this.#close(offer);
  }

  #close(offer: OpenOffer): void {
    this.take(offer);
    this.#deps.states.tell({ ...describeOffer(offer), state: "closed" });
  }
}

/** An open offer as owners see it. */
export function describeOffer(offer: Pick<OpenOffer, "id" | "role" | "expiresAt">): OfferState {
  const { id, role } = offer;
  return { id, role, expiresAt: new Date(offer.expiresAt).toISOString(), state: "open", claim: null };
}

function codeKey(code: string): Buffer {
  return Buffer.from(hkdfSync("sha256", code, CODE_KDF.salt, CODE_KDF.info, 32));
}

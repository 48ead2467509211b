import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import { RECOVERY_OFFER } from "../protocol/pairing.ts";
import type { Role } from "../protocol/principal.ts";
import { isFromBox } from "./at-box.ts";
import { Attempts } from "./attempts.ts";
import type { ClientRecord } from "./clients.ts";
import type { HandOffs } from "./hand-offs.ts";
import { isHome } from "./home.ts";
import type { AccessLimits } from "./limits.ts";
import type { Offers, OpenOffer } from "./offers.ts";
import { Proof, type ProofClaim } from "./proof.ts";
import type { RecoveryPort } from "./recovery.ts";

/** What a right proof opens. Nothing is used up before somebody comes in by it, or waits for an owner's yes. */
export interface Admission {
  /** Of the offer or pass. */
  readonly id: string;
  /** Of that, milliseconds since 1970. */
  readonly expiresAt: number;
  /** `recovery`: an offer that was opened at the box for an owner who lost every phone. */
  readonly by: "code" | "qr" | "hand-off" | "recovery" | "recovery-code" | "screen" | "asked";
  readonly role: Role;
  /** User who is charged for a guest's viewing; null: the client itself, or as its parent. */
  readonly payer: string | null;
  /** The client that hands over its place; null for an offer. */
  readonly parent: string | null;
  /** The owner's client that opened the offer; null when it was opened at the box, and for hand-offs. */
  readonly openedBy: string | null;
  /** It makes the box's own screen. */
  readonly screen?: true;
  /** An owner has to say yes first. */
  readonly asks: boolean;
  /** Uses the offer or pass up: to be called when its claim waits, or its client is on disk. */
  readonly take: () => void;
  /** To be called in the transaction that writes the client: what it came in by is used up on disk with that. */
  readonly use?: () => void;
}

export type Judgement =
  | { readonly verdict: "right"; readonly admission: Admission }
  /** A pass was used twice; whose it was. */
  | { readonly verdict: "replayed"; readonly parent: string }
  /** Right, for an owner's offer, which this client could only spend: it stays open. @property codeGood the typed code, too */
  | { readonly verdict: "insecure"; readonly codeGood: boolean }
  /** Wrong, unknown, expired, closed. @property closed pairing closed itself by this */
  | { readonly verdict: "wrong"; readonly closed: boolean };

export interface RedemptionDeps {
  boxId: string;
  offers: Offers;
  handOffs: HandOffs;
  recovery: RecoveryPort;
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
}

/**
 * Judges the proofs of claims, and how often one may guess.
 *
 * What a guesser can reach: a code has 20^8 values and an offer bears five wrong proofs, so it falls with a chance of
 * 5 / 20^8 = 2e-10. A typed code names no offer and is held against all that are open, at most four: five guesses at four
 * codes hit one of them with 20 / 20^8 = 8e-10, after which all four are void. Over an hour in which owners keep opening four
 * at a time, the box takes fewer than twenty wrong guesses (80 / 20^8 = 3e-9 for all of that hour's offers together) before
 * it closes pairing until somebody stands at it; and an offer that was not opened at the box still needs an owner's yes.
 * The secrets of QR codes and passes have 128 bits.
 */
export class Redemption {
  readonly #deps: RedemptionDeps;
  readonly #attempts: Attempts;

  constructor(deps: RedemptionDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps.limits.badProofsPerAddress, deps.limits.badProofsPerBox);
  }

  /** Pairing closed itself: nobody is heard until {@link unlock}. */
  get locked(): boolean {
    return this.#attempts.locked;
  }

  /** Somebody stands at the box. */
  unlock(): void {
    this.#attempts.unlock();
  }

  /** @throws TellyportError `pairing-too-many` while it is locked */
  requireUnlocked(): void {
    if (!this.locked) return;
    throw new TellyportError(
      "pairing-too-many",
      "Pairing closed itself after too many wrong codes. Open it again at the box: tellyport pair.",
    );
  }

  /**
   * Judges a claim's proof. Takes the same work whatever is open.
   * @param mayOwn whether the client can become an owner, or its person knows that it will not
   */
  redeem(claim: ProofClaim, origin: RequestOrigin, mayOwn: boolean): Judgement {
    if (claim.offer === RECOVERY_OFFER) return this.#recover(claim);
    const { boxId, clock, handOffs, offers, random } = this.#deps;
    const proof = new Proof(boxId, claim, random);
    const { aimed, found: matched } = offers.match(claim.offer, proof);
    const found = matched?.screen === true && !isScreen(claim, origin) ? null : matched;
    const handOff = handOffs.match(claim.offer, proof);
    const now = clock.monotonic();
    const anything = offers.list().length > 0 || handOffs.has(claim.offer);
    if (!anything || !this.#attempts.heard(origin.address, now)) return { verdict: "wrong", closed: false };
    if (found !== null && found.role === "owner" && !mayOwn) return this.#insecure(found, claim);
    if (found !== null) {
      const take = (): void => offers.take(found);
      const { id, expiresAt, role, payer, openedBy } = found;
      const by = wayOf(found, claim);
      const screen = found.screen && { screen: true as const };
      const asks = openedBy !== null;
      return {
        verdict: "right",
        admission: { id, expiresAt, by, role, payer, parent: null, openedBy, ...screen, asks, take },
      };
    }
    if (handOff !== null && takesHandOff(handOff.parent, origin)) {
      const { pass, parent } = handOff;
      if (pass.used) return { verdict: "replayed", parent: parent.id };
      return {
        verdict: "right",
        admission: {
          id: pass.id,
          expiresAt: pass.expiresAt,
          by: "hand-off",
          role: parent.role,
          payer: null,
          parent: parent.id,
          openedBy: null,
          asks: parent.kind === "lan",
          take: () => handOffs.use(pass),
        },
      };
    }
    for (const offer of aimed) offers.blame(offer);
    const closed = this.#attempts.countWrong(origin.address, now, aimed.length > 0);
    if (closed) offers.closeAll();
    return { verdict: "wrong", closed };
  }

  /**
   * An owner's offer is not spent on a client that can only watch. What proved a typed code was sent in the open, and whoever
   * read it finds the code by trying 2^34 of them at home: unless an owner says yes to whoever claims it, it is void.
   */
  #insecure(offer: OpenOffer, claim: ProofClaim): Judgement {
    const codeGood = claim.offer !== undefined || offer.openedBy !== null;
    if (!codeGood) this.#deps.offers.voidCode(offer);
    return { verdict: "insecure", codeGood };
  }

  /**
   * A recovery code, for clients with a key. It is heard whatever anybody did, and counts for nothing else: with 86 bits nobody
   * guesses it, and a stranger must neither keep the owner out nor wash away what was guessed at offers.
   */
  #recover(claim: ProofClaim): Judgement {
    const { boxId, clock, limits, random, recovery } = this.#deps;
    const use = claim.thumbprint === "" ? null : recovery.redeem(new Proof(boxId, claim, random));
    if (use === null) return { verdict: "wrong", closed: false };
    const expiresAt = clock.now() + limits.claimLifetime;
    const owner = { role: "owner", payer: null, parent: null, openedBy: null, asks: false } as const;
    const take = (): void => undefined; // it is kept on disk alone
    return {
      verdict: "right",
      admission: { ...owner, id: RECOVERY_OFFER, expiresAt, by: "recovery-code", take, use },
    };
  }
}

/** The box's own screen has a key, and is in a browser on the box: its link is worth nothing elsewhere. */
function isScreen({ thumbprint }: ProofClaim, origin: RequestOrigin): boolean {
  return thumbprint !== "" && isFromBox(origin);
}

function wayOf({ recovery, screen }: OpenOffer, { offer }: ProofClaim): Admission["by"] {
  if (recovery) return "recovery";
  if (screen) return "screen";
  return offer === undefined ? "code" : "qr";
}

/** A LAN viewer's pass travels where it can be read: it is good in the home network alone. */
function takesHandOff(parent: ClientRecord, origin: RequestOrigin): boolean {
  return parent.kind !== "lan" || isHome(origin);
}

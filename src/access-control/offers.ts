import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import {
  CODE_ALPHABET,
  CODE_KDF,
  CODE_LENGTH,
  formatCode,
  pairingFragment,
  pairingProofBytes,
} from "../protocol/pairing.ts";
import type { Role } from "../protocol/principal.ts";
import type { Offer } from "../protocol/api.ts";
import { Attempts } from "./attempts.ts";
import type { AccessLimits } from "./limits.ts";

/** An open offer: pre-approved, in memory only, good for one client. */
interface OpenOffer {
  readonly id: string;
  readonly role: Role;
  /** User who is charged for a guest's viewing; null: the client itself. */
  readonly payer: string | null;
  /** HMAC key of a claim by QR code, 16 bytes. */
  readonly secretKey: Buffer;
  /** HMAC key of a claim by typed code, 32 bytes. */
  readonly codeKey: Buffer;
  /** Monotonic ms. */
  readonly expires: number;
  wrong: number;
}

export interface OfferOptions {
  /** Whoever opens it stands at the box (its command line, its start): lifts a closure after too many wrong codes. Default true. */
  physical?: boolean;
  /** User who is charged for a guest's viewing; default the guest. */
  payer?: string;
}

/** What a claim proves itself with; fields as in the proof's canonical bytes. */
export interface ProofClaim {
  offer: string | undefined;
  proof: string;
  nonce: string;
  thumbprint: string;
}

export interface OffersDeps {
  boxId: string;
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  publicOrigin: () => string;
}

/** The open offers and who may still guess at them. */
export class Offers {
  readonly #deps: OffersDeps;
  readonly #open = new Map<string, OpenOffer>();
  readonly #attempts: Attempts;

  constructor(deps: OffersDeps) {
    this.#deps = deps;
    this.#attempts = new Attempts(deps.limits.badProofsPerAddress, deps.limits.badProofsPerBox);
  }

  /** @throws TellyportError `pairing-too-many` when too many are open, or pairing is closed and nobody is at the box */
  open(role: Role, options: OfferOptions = {}): Offer {
    const { clock, limits, random, publicOrigin } = this.#deps;
    if (options.physical ?? true) this.#attempts.unlock();
    if (this.#attempts.locked) {
      throw new TellyportError(
        "pairing-too-many",
        "Pairing closed itself after too many wrong codes. Open it again at the box: tellyport pair.",
      );
    }
    this.#expire();
    if (this.#open.size >= limits.openOffers) {
      const soonest = Math.min(...[...this.#open.values()].map((offer) => offer.expires));
      throw new TellyportError(
        "pairing-too-many",
        `${limits.openOffers} pairing codes are open already. Use one of them, or wait until one runs out.`,
        { retryAfterMs: soonest - clock.monotonic() },
      );
    }
    const code = randomCode(random);
    const secretKey = random(16);
    const offer: OpenOffer = {
      id: random(8).toString("base64url"),
      role,
      payer: options.payer ?? null,
      secretKey,
      codeKey: codeKey(code),
      expires: clock.monotonic() + limits.offerLifetime,
      wrong: 0,
    };
    this.#open.set(offer.id, offer);
    return {
      id: offer.id,
      role,
      code: formatCode(code),
      url: publicOrigin() + pairingFragment(offer.id, secretKey.toString("base64url")),
      expiresAt: new Date(clock.now() + limits.offerLifetime).toISOString(),
    };
  }

  /** @returns whether it was open */
  close(id: string): boolean {
    this.#expire();
    return this.#open.delete(id);
  }

  get anyOpen(): boolean {
    this.#expire();
    return this.#open.size > 0 && !this.#attempts.locked;
  }

  /**
   * Judges a claim's proof; the right one uses its offer up. Takes the same work whatever is open.
   * @param address of the accepted socket
   * @returns null for wrong, unknown, expired and closed alike
   */
  redeem(claim: ProofClaim, address: string | null): { role: Role; payer: string | null } | null {
    const { clock, boxId, limits, random } = this.#deps;
    this.#expire();
    const now = clock.monotonic();
    const data = pairingProofBytes({
      box: boxId,
      offer: claim.offer ?? "",
      thumbprint: claim.thumbprint,
      nonce: claim.nonce,
    });
    const proof = Buffer.from(claim.proof, "base64url");
    const aimed = [...this.#open.values()].filter(
      (offer) => claim.offer === undefined || claim.offer === offer.id,
    );
    let found: OpenOffer | null = null;
    for (let slot = 0; slot < limits.openOffers; slot++) {
      const offer = aimed[slot];
      const key = claim.offer === undefined ? offer?.codeKey : offer?.secretKey;
      const expected = createHmac("sha256", key ?? random(32))
        .update(data)
        .digest();
      const right = expected.length === proof.length && timingSafeEqual(expected, proof);
      if (right && offer !== undefined) found = offer;
    }
    if (this.#open.size === 0 || !this.#attempts.heard(address, now)) return null;
    if (found !== null) {
      this.#open.delete(found.id);
      return { role: found.role, payer: found.payer };
    }
    for (const offer of aimed) {
      offer.wrong++;
      if (offer.wrong >= limits.badProofsPerOffer) this.#open.delete(offer.id);
    }
    if (this.#attempts.countWrong(address, now, aimed.length > 0)) this.#open.clear();
    return null;
  }

  #expire(): void {
    const now = this.#deps.clock.monotonic();
    for (const offer of this.#open.values()) if (now >= offer.expires) this.#open.delete(offer.id);
  }
}

function codeKey(code: string): Buffer {
  return Buffer.from(hkdfSync("sha256", code, CODE_KDF.salt, CODE_KDF.info, 32));
}

/** Eight letters, each equally likely. */
function randomCode(random: (bytes: number) => Buffer): string {
  const letters = CODE_ALPHABET.length;
  const fair = 256 - (256 % letters);
  let code = "";
  while (code.length < CODE_LENGTH) {
    const byte = random(1)[0] as number;
    if (byte < fair) code += CODE_ALPHABET.charAt(byte % letters);
  }
  return code;
}

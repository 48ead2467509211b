import { createHmac, timingSafeEqual } from "node:crypto";
import { pairingProofBytes } from "../protocol/pairing.ts";

/** What a claim proves itself with; fields as in the proof's canonical bytes. */
export interface ProofClaim {
  /** Id of an offer or of a hand-off, or the name of recovery codes; undefined when a code was typed. */
  readonly offer: string | undefined;
  readonly proof: string;
  readonly nonce: string;
  readonly thumbprint: string;
}

/** A claim's proof, ready to be held against keys. */
export class Proof {
  readonly #covered: Uint8Array;
  readonly #proof: Buffer;
  readonly #random: (bytes: number) => Buffer;

  constructor(boxId: string, claim: ProofClaim, random: (bytes: number) => Buffer) {
    const { nonce, offer = "", thumbprint } = claim;
    this.#covered = pairingProofBytes({ box: boxId, offer, thumbprint, nonce });
    this.#proof = Buffer.from(claim.proof, "base64url");
    this.#random = random;
  }

  /** Whether it was made with this key; the same work, and false, where there is none. */
  fits(key: Buffer | undefined): boolean {
    const expected = createHmac("sha256", key ?? this.#random(32))
      .update(this.#covered)
      .digest();
    const right = expected.length === this.#proof.length && timingSafeEqual(expected, this.#proof);
    return right && key !== undefined;
  }
}

import { addressBucket as bucketOf } from "../kernel/address-bucket.ts";

const HOUR = 3_600_000;

/** Wrong proofs remembered at the most: those aimed at no offer are not bounded by the box's limit. */
const MAX_REMEMBERED = 1000;

/** Counts wrong proofs of the last hour, per address and for the box. */
export class Attempts {
  readonly #perAddress: number;
  readonly #perBox: number;
  #wrong: { at: number; from: string; guess: boolean }[] = [];
  #locked = false;

  constructor(perAddress: number, perBox: number) {
    this.#perAddress = perAddress;
    this.#perBox = perBox;
  }

  /** Pairing is closed until {@link unlock}. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Whether this address is still heard. @param now monotonic ms */
  heard(address: string | null, now: number): boolean {
    this.#forget(now);
    const from = addressBucket(address);
    return !this.#locked && this.#wrong.filter((entry) => entry.from === from).length < this.#perAddress;
  }

  /**
   * @param guess it was aimed at an open offer: one that names an offer that is not there could never have hit, and must
   *   not let a stranger close pairing for the whole box
   * @returns true when this wrong proof closed pairing
   */
  countWrong(address: string | null, now: number, guess: boolean): boolean {
    this.#forget(now);
    this.#wrong.push({ at: now, from: addressBucket(address), guess });
    if (this.#wrong.length > MAX_REMEMBERED) this.#wrong.shift();
    this.#locked = this.#wrong.filter((entry) => entry.guess).length >= this.#perBox;
    return this.#locked;
  }

  /** Somebody stands at the box. */
  unlock(): void {
    if (!this.#locked) return;
    this.#locked = false;
    this.#wrong = [];
  }

  #forget(now: number): void {
    if (!this.#locked) this.#wrong = this.#wrong.filter((entry) => now - entry.at < HOUR);
  }
}

/** What counts as one sender: an IPv4 address, an IPv6 /64, or everybody behind the tunnel. */
export function addressBucket(address: string | null): string {
  return address === null ? "tunnel" : bucketOf(address);
}

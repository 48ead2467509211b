import { createHmac } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { sameText } from "./bytes.ts";

/** A nonce is new every half minute ... */
const STEP = 30_000;
/** ... and good for five minutes. */
const GOOD_STEPS = 10;

/**
 * Server-chosen nonces for proofs (RFC 9449 §8), without a list of them: a count of half minutes and its HMAC.
 *
 * They count monotonic time and live as long as the process: a clock that jumps cannot revive a proof, nor can a restart,
 * after which the list of proofs seen is empty. A client then takes the new nonce from the 401, once.
 */
export class Nonces {
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Buffer;
  #key: Buffer;
  #current: { step: number; nonce: string } | null = null;

  constructor(clock: Clock, random: (bytes: number) => Buffer) {
    this.#clock = clock;
    this.#random = random;
    this.#key = random(32);
  }

  /** The nonce to send now. */
  current(): string {
    const step = this.#step();
    if (this.#current?.step !== step) this.#current = { step, nonce: this.#make(step) };
    return this.#current.nonce;
  }

  good(nonce: string): boolean {
    const match = /^([0-9a-z]{1,9})\.[A-Za-z0-9_-]{16}$/.exec(nonce);
    if (match === null) return false;
    const step = parseInt(match[1] as string, 36);
    const now = this.#step();
    return step <= now && now - step < GOOD_STEPS && sameText(nonce, this.#make(step));
  }

  /** From now on no nonce given so far is good. */
  renew(): void {
    this.#key = this.#random(32);
    this.#current = null;
  }

  #step(): number {
    return Math.floor(this.#clock.monotonic() / STEP);
  }

  #make(step: number): string {
    const text = step.toString(36);
    const mac = createHmac("sha256", this.#key).update(text).digest();
    return `${text}.${mac.toString("base64url", 0, 12)}`;
  }
}

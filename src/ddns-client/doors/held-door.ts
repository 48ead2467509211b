import type { Clock } from "../../kernel/clock.ts";
import type { DoorLease, DoorProtocol } from "./door-protocol.ts";
import { pauseAfter, renewAgainAfter, renewalAfter } from "./lease-plan.ts";

/** How a renewal that was not answered counts for a lease without an end, ms. */
const PERMANENT_RETRY_MS = 60_000;

/** An open door, and when something is due about it. */
export class HeldDoor {
  readonly protocol: DoorProtocol;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #endsAt: number;
  lease: DoorLease;
  #renewAt: number;
  #checkAt: number;
  /** Checks in a row that the router did not answer. */
  #silences = 0;

  constructor(protocol: DoorProtocol, lease: DoorLease, clock: Clock, random: () => number) {
    const now = clock.monotonic();
    this.protocol = protocol;
    this.lease = lease;
    this.#clock = clock;
    this.#random = random;
    this.#endsAt = lease.lifetime === 0 ? Infinity : now + lease.lifetime * 1000;
    this.#renewAt = now + renewalAfter(lease.lifetime, random());
    this.#checkAt = now + this.#pollAfter();
  }

  get isRenewalDue(): boolean {
    return this.#clock.monotonic() >= this.#renewAt;
  }

  get isCheckDue(): boolean {
    return this.#clock.monotonic() >= this.#checkAt;
  }

  /** Until something is, ms. */
  get dueAfter(): number {
    return Math.min(this.#renewAt, this.#checkAt) - this.#clock.monotonic();
  }

  /** Until when the router promised it, ms since 1970; null: for good */
  get until(): number | null {
    const { now, left } = { now: this.#clock.now(), left: this.#left };
    return Number.isFinite(left) ? Math.round(now + left) : null;
  }

  /** A renewal was not answered. @returns false: the lease is over */
  postponeRenewal(): boolean {
    const left = this.#left;
    if (left <= 0) return false;
    const again = renewAgainAfter(Number.isFinite(left) ? left : PERMANENT_RETRY_MS, this.#random());
    this.#renewAt = this.#clock.monotonic() + Math.min(left, again);
    return true;
  }

  /** A check was made. @param isSilent it was not answered: the router may be starting anew, and has forgotten everything when it is back */
  checked(isSilent: boolean): void {
    this.#silences = isSilent ? this.#silences + 1 : 0;
    const soon = isSilent ? pauseAfter(this.#silences, this.#random()) : Infinity;
    this.#checkAt = this.#clock.monotonic() + Math.min(soon, this.#pollAfter());
  }

  get #left(): number {
    return this.#endsAt - this.#clock.monotonic();
  }

  #pollAfter(): number {
    return this.protocol.pollMs * (1 + this.#random() / 8);
  }
}

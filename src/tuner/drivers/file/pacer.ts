import { JUMP, pcrDelta } from "./file-clock.ts";

/** So far behind (an event loop held up, a machine asleep), the lag is given up instead of sent in one burst; ms. */
const GIVE_UP_MS = 1000;

/**
 * Says how many packets are due. Between two PCRs packets are evenly spread; a packet with a PCR goes out when its time has
 * come and neither earlier nor much later; a jump of the clock is taken as passing the usual time.
 */
export class Pacer {
  readonly #fallback: number;
  /** Milliseconds between packets now. */
  #msPerPacket: number;
  /** When the packet {@link #since} packets ago was due, monotonic ms. */
  #anchor: number;
  #since = 0;
  #pcr: number | null = null;

  /** @param msPerPacket the file's mean, for where no PCR says better */
  constructor(msPerPacket: number, now: number) {
    this.#fallback = msPerPacket;
    this.#msPerPacket = msPerPacket;
    this.#anchor = now;
  }

  /**
   * @param until packets before the next with a PCR, or before the end of what is known
   * @param next that PCR, 27 MHz; null when it is not known
   * @returns how many of them are to be sent by `now`
   */
  due(now: number, until: number, next: number | null): number {
    if (next !== null && this.#pcr !== null && until + this.#since > 0) {
      const ahead = pcrDelta(this.#pcr, next);
      // From the anchor to the next PCR lie as many packets as were sent since, and those still to send.
      if (ahead > 0 && ahead <= JUMP) this.#msPerPacket = ahead / 27_000 / (this.#since + until);
    }
    const dueBy = Math.floor((now - this.#anchor) / this.#msPerPacket) + 1 - this.#since;
    return Math.max(0, Math.min(until, dueBy));
  }

  sent(packets: number): void {
    this.#since += packets;
  }

  /**
   * A packet with a PCR comes next.
   * @returns whether it is due; then it counts as sent, and its time is the new anchor
   */
  pcr(now: number, value: number): boolean {
    const delta = this.#pcr === null ? -1 : pcrDelta(this.#pcr, value);
    const steady = delta >= 0 && delta <= JUMP;
    if (!steady) this.#msPerPacket = this.#fallback;
    const at = this.#anchor + (steady ? delta / 27_000 : this.#since * this.#msPerPacket);
    if (at > now) return false;
    this.#anchor = now - at > GIVE_UP_MS ? now : at;
    this.#since = 1;
    this.#pcr = value;
    return true;
  }

  /** Without a clock in the stream, lag is given up here. */
  forgive(now: number): void {
    const late = now - (this.#anchor + this.#since * this.#msPerPacket);
    if (late > GIVE_UP_MS) this.#anchor += late;
  }
}

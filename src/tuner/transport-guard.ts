/** Packets of the multiplex before may still come for so long after a lock; ms. */
export const STALE_MS = 300;

/**
 * Whether what comes is the multiplex that was tuned to. Pure.
 *
 * What a device still holds of the multiplex before is passed over, and a transport stream that is another than the one
 * known of this multiplex is told: a front end that stayed where it was, a dish that turned elsewhere.
 * @see ISO/IEC 13818-1 §2.4.4.5 (transport_stream_id)
 */
export class TransportGuard {
  readonly #expected: number | null;
  readonly #stale: number | null;
  #lockedAt = 0;
  #open: boolean;
  #seen: number | null = null;

  /**
   * @param expected transport_stream_id known of the multiplex, or null
   * @param stale that of the multiplex that the device received before, or null
   */
  constructor(expected: number | null, stale: number | null) {
    this.#expected = expected;
    this.#stale = stale;
    this.#open = expected === null && stale === null;
  }

  /** Whether tables may be believed. */
  get open(): boolean {
    return this.#open;
  }

  /** transport_stream_id of the last PAT that was no leftover; null before. */
  get seen(): number | null {
    return this.#seen;
  }

  locked(now: number): void {
    this.#lockedAt = now;
  }

  /** @param now monotonic ms, as {@link locked} had it */
  pat(transportStreamId: number, now: number): "accept" | "ignore" | "wrong" {
    const early = now - this.#lockedAt < STALE_MS;
    if (this.#expected !== null && transportStreamId !== this.#expected) {
      this.#open = false;
      if (early) return "ignore";
      this.#seen = transportStreamId;
      return "wrong";
    }
    if (this.#expected === null && early && transportStreamId === this.#stale) return "ignore";
    this.#open = true;
    this.#seen = transportStreamId;
    return "accept";
  }
}

/** Something that holds media in memory and can do with less. */
export interface MediaHolder {
  /** Bytes held. */
  readonly held: number;
  /** Of these, bytes that a playlist lists. */
  readonly listed: number;
  /** Takes the oldest piece out of the playlists, down to their wanted length; it stays fetchable. @returns false: nothing to take */
  unlist(): boolean;
  /**
   * Lets the least wanted piece go.
   * @param pressure 0: only what no playlist lists any more; 1: the window down to its wanted length; 2: the window down to
   *   what a player needs to go on; 3: anything
   * @returns whether anything was let go
   */
  shed(pressure: 0 | 1 | 2 | 3): boolean;
}

/** So much of the budget is listed: what leaves the playlists stays fetchable in the rest for a while (P-05). */
const LISTED = 0.75;

/** One limit for the media of all streams: the windows are what fits into it. */
export class MediaBudget {
  readonly limit: number;
  readonly #holders = new Set<MediaHolder>();

  /** @param limit bytes */
  constructor(limit: number) {
    this.limit = limit;
  }

  join(holder: MediaHolder): void {
    this.#holders.add(holder);
  }

  leave(holder: MediaHolder): void {
    this.#holders.delete(holder);
  }

  get used(): number {
    let sum = 0;
    for (const holder of this.#holders) sum += holder.held;
    return sum;
  }

  /** Makes the streams shed until they fit together; who holds most sheds first. */
  enforce(): void {
    this.#until(
      ({ listed }) => listed,
      this.limit * LISTED,
      (holder) => holder.unlist(),
    );
    for (const pressure of [0, 1, 2, 3] as const) {
      const fits = this.#until(
        ({ held }) => held,
        this.limit,
        (holder) => holder.shed(pressure),
      );
      if (fits) return;
    }
  }

  /** @returns whether the sum is below the limit now */
  #until(
    size: (holder: MediaHolder) => number,
    limit: number,
    less: (holder: MediaHolder) => boolean,
  ): boolean {
    for (;;) {
      let sum = 0;
      for (const holder of this.#holders) sum += size(holder);
      if (sum <= limit) return true;
      const bySize = [...this.#holders].sort((a, b) => size(b) - size(a));
      if (!bySize.some(less)) return false;
    }
  }
}

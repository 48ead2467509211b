/** Something that holds media in memory and can do with less. */
export interface MediaHolder {
  /** Bytes held. */
  readonly held: number;
  /**
   * Lets the least wanted piece go.
   * @param pressure 0: only what no playlist lists any more; 1: the window down to its wanted length; 2: the window down to
   *   what a player needs to go on; 3: anything
   * @returns whether anything was let go
   */
  shed(pressure: 0 | 1 | 2 | 3): boolean;
}

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
    let used = this.used;
    for (const pressure of [0, 1, 2, 3] as const) {
      const bySize = [...this.#holders].sort((a, b) => b.held - a.held);
      while (used > this.limit) {
        const holder = bySize.find((candidate) => candidate.shed(pressure));
        if (holder === undefined) break;
        used = this.used;
        bySize.sort((a, b) => b.held - a.held);
      }
      if (used <= this.limit) return;
    }
  }
}

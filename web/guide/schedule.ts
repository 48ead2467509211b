import type { Programme } from "../../src/protocol/api.ts";
import { cellsOf, type Cell } from "./cells.ts";
import { BLOCK, blocksIn, partKey, type Part } from "./wishes.ts";

/** Parts kept: some eight a channel and day, and half a megabyte for a hundred. */
const MOST = 900;

interface Kept extends Part {
  readonly programmes: readonly Programme[];
  /** When it came, ms since 1970; -Infinity: it is known to be out of date. */
  at: number;
}

/** What the box has told of the schedule, as much as is worth keeping. */
export class Schedule {
  /** The one that was used last comes last. */
  readonly #parts = new Map<string, Kept>();
  readonly #cells = new Map<string, readonly Cell[]>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#parts.size;
  }

  /** Everything that is known of a channel, in order; the same array until something changes. */
  cells(channel: string): readonly Cell[] {
    let cells = this.#cells.get(channel);
    if (cells === undefined) {
      const parts = [...this.#parts.values()].filter((part) => part.channel === channel);
      const told = parts
        .sort((a, b) => a.block - b.block)
        .map(({ block, programmes }) => ({ from: block * BLOCK, to: (block + 1) * BLOCK, programmes }));
      this.#cells.set(channel, (cells = cellsOf(told)));
    }
    return cells;
  }

  /** When a part came, ms since 1970; undefined: it is not here. It counts as used now. */
  use(part: Part): number | undefined {
    const key = partKey(part);
    const kept = this.#parts.get(key);
    if (kept === undefined) return undefined;
    this.#parts.delete(key);
    this.#parts.set(key, kept);
    return kept.at;
  }

  put(part: Part, programmes: readonly Programme[], at: number): void {
    const [from, to] = [part.block * BLOCK, (part.block + 1) * BLOCK];
    const own = programmes.filter(
      ({ startsAt, endsAt }) => Date.parse(startsAt) < to && Date.parse(endsAt) > from,
    );
    const key = partKey(part);
    this.#parts.delete(key);
    this.#parts.set(key, { ...part, programmes: own, at });
    this.#cells.delete(part.channel);
    for (const [oldest, kept] of this.#parts) {
      if (this.#parts.size <= this.#most) break;
      this.#parts.delete(oldest);
      this.#cells.delete(kept.channel);
    }
  }

  /**
   * The list says what is on a channel. Where that is something else than what is known here, it is asked for again.
   * @returns whether that is so
   */
  compare(channel: string, programmes: readonly (Programme | null)[]): boolean {
    let differs = false;
    for (const programme of programmes) {
      if (programme === null) continue;
      const blocks = blocksIn(Date.parse(programme.startsAt), Date.parse(programme.endsAt));
      for (const block of blocks) {
        const kept = this.#parts.get(partKey({ channel, block }));
        if (kept === undefined || kept.programmes.some((one) => isSame(one, programme))) continue;
        kept.at = -Infinity;
        differs = true;
      }
    }
    return differs;
  }
}

function isSame(one: Programme, other: Programme): boolean {
  return one.startsAt === other.startsAt && one.endsAt === other.endsAt && one.title === other.title;
}

import { seconds, type Milliseconds, type Seconds } from "../../kernel/units.ts";

/** How long a stretch is remembered that was counted, ms: a player that tries again does so much sooner. */
const REMEMBERED = 10 * 60_000;
/** What follows within so many ms is kept as one piece with it, and forgotten with it. */
const ONE_PIECE = 60_000;
/** Pieces remembered at most: ten for who just watches, one more for each jump. */
const MOST = 128;

/** Programme time that was counted: [from, until), epoch ms. */
interface Piece {
  from: number;
  until: number;
  /** Monotonic ms at which the first of it was counted. */
  readonly since: number;
}

/**
 * What one playback watched, by what was sent to it: each stretch of the programme once, in whatever order it was fetched, and in
 * however many renditions (sound alone counts as the picture does; both together count once). What is watched a second time,
 * ten minutes later or with many jumps between, counts again: that is watching, too.
 */
export class WatchedStretches {
  /** Disjoint, in order of `since`. */
  readonly #pieces: Piece[] = [];

  /**
   * Counts what was sent.
   * @param from programme time, epoch s; to the nearest ms
   * @param length seconds
   * @param now monotonic
   * @returns how much of it was not counted yet; 0 for what is no stretch at all
   */
  add(from: number, length: number, now: Milliseconds): Seconds {
    const whole = { from: Math.round(from * 1000), until: Math.round((from + length) * 1000) };
    if (!Number.isFinite(whole.from) || !Number.isFinite(whole.until)) return seconds(0);
    this.#forget(now - REMEMBERED);
    let fresh = [whole];
    for (const piece of this.#pieces) fresh = fresh.flatMap((stretch) => without(stretch, piece));
    let sum = 0;
    for (const stretch of fresh) {
      if (stretch.until <= stretch.from) continue;
      sum += stretch.until - stretch.from;
      this.#keep(stretch, now);
    }
    while (this.#pieces.length > MOST) this.#pieces.shift();
    return seconds(sum / 1000);
  }

  #keep({ from, until }: Stretch, now: number): void {
    const young = (piece: Piece): boolean => now - piece.since < ONE_PIECE;
    const before = this.#pieces.findLast((piece) => piece.until === from && young(piece));
    const after = this.#pieces.findLast((piece) => piece.from === until && young(piece));
    if (before !== undefined) before.until = until;
    else if (after !== undefined) after.from = from;
    else this.#pieces.push({ from, until, since: now });
  }

  #forget(before: number): void {
    while ((this.#pieces[0]?.since ?? Infinity) <= before) this.#pieces.shift();
  }
}

type Stretch = Pick<Piece, "from" | "until">;

/** What is left of a stretch: nothing, one piece or two. */
function without(stretch: Stretch, piece: Stretch): Stretch[] {
  if (piece.until <= stretch.from || piece.from >= stretch.until) return [stretch];
  const left = [];
  if (stretch.from < piece.from) left.push({ from: stretch.from, until: piece.from });
  if (piece.until < stretch.until) left.push({ from: piece.until, until: stretch.until });
  return left;
}

/** When keys follow one another: values in, values out. Times in milliseconds, `from` and `now` since 1970. */

export interface RingKey {
  /** Signs from then on. */
  readonly from: number;
}

export interface RingTimes {
  /** How long a key signs. */
  readonly life: number;
  /** How long before its first use a key is published. */
  readonly publishedBefore: number;
  /** How long after its last use a key is needed. */
  readonly term: number;
}

export interface RingPlan<Key> {
  readonly keys: readonly Key[];
  /** When the key that is to be made signs first; null: none is. */
  readonly makeFrom: number | null;
  readonly changed: boolean;
}

/** The newest that has begun; the oldest when the clock was set back before all of them. */
export function signing<Key extends RingKey>(keys: readonly Key[], now: number): Key {
  const sorted = inOrder(keys);
  const current = sorted.filter(({ from }) => from <= now).at(-1) ?? sorted[0];
  if (current === undefined) throw new RangeError("a ring has a key");
  return current;
}

/**
 * What is to become of a ring at `now`: who has been succeeded for longer than its term goes, and who will have signed for its
 * life when a day has passed gets a successor. A key from a future that was none begins tomorrow.
 * @param keys at least one
 */
export function planRing<Key extends RingKey>(
  keys: readonly Key[],
  now: number,
  times: RingTimes,
): RingPlan<Key> {
  const latest = now + times.publishedBefore;
  const moved = inOrder(keys).map((key) => (key.from > latest ? { ...key, from: latest } : key));
  const current = signing(moved, now);
  const kept = moved.filter((_key, index) => {
    const successor = moved[index + 1];
    return successor === undefined || now < successor.from + times.term;
  });
  const succeeded = kept.some(({ from }) => from > now && from > current.from);
  const makeFrom = succeeded || latest < current.from + times.life ? null : latest;
  const changed =
    makeFrom !== null || kept.length !== keys.length || moved.some((key) => !keys.includes(key));
  return { keys: kept, makeFrom, changed };
}

function inOrder<Key extends RingKey>(keys: readonly Key[]): Key[] {
  return [...keys].sort((a, b) => a.from - b.from);
}

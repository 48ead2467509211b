/** Which number a channel has: pure, so that the same list always gives the same numbers. */

export interface Numbered {
  readonly id: string;
  /** Logical channel number from the NIT; null or 0 when there is none. */
  readonly lcn: number | null;
  /** The number it has had until now; null for a new one. */
  readonly number: number | null;
  /** It is on air now, and not only remembered. */
  readonly present: boolean;
  /** The number that the owner gave it; goes before everything. Absent or null: none. */
  readonly fixed?: number | null;
}

/** Where channels go whose LCN another one has, as receivers usually do. @see IEC 62216 §8.5.3 */
const SPILL_OVER = 800;

/**
 * Gives every channel a number of its own: the owner's, else its LCN where that is free, else the number it had, else the next
 * free, from 800 when another one has its LCN and from 1 when it has none.
 * Channels on air come before remembered ones, holders of a number before newcomers; otherwise the order given decides.
 */
export function assignNumbers(channels: readonly Numbered[]): Map<string, number> {
  const taken = new Set<number>();
  const numbers = new Map<string, number>();
  const take = (channel: Numbered, number: number): void => {
    if (numbers.has(channel.id) || taken.has(number)) return;
    taken.add(number);
    numbers.set(channel.id, number);
  };
  const ranked = [...channels].sort((a, b) => rank(a) - rank(b));
  const given = channels.filter(
    (channel): channel is Numbered & { fixed: number } => typeof channel.fixed === "number",
  );
  // Who has the number already, should two have been given it.
  for (const channel of given) if (channel.number === channel.fixed) take(channel, channel.fixed);
  for (const channel of given) take(channel, channel.fixed);
  for (const channel of ranked) if (hasLcn(channel)) take(channel, channel.lcn);
  for (const channel of ranked) if (channel.number !== null) take(channel, channel.number);
  for (const channel of channels) {
    if (numbers.has(channel.id)) continue;
    take(channel, nextFree(taken, hasLcn(channel) ? SPILL_OVER : 1));
  }
  return numbers;
}

/** The lowest number from `first` on that nobody has. */
export function nextFree(taken: ReadonlySet<number>, first: number): number {
  let next = first;
  while (taken.has(next)) next++;
  return next;
}

function hasLcn(channel: Numbered): channel is Numbered & { lcn: number } {
  return channel.lcn !== null && channel.lcn > 0;
}

function rank(channel: Numbered): number {
  const holder = hasLcn(channel) && channel.number === channel.lcn;
  return (channel.present ? 0 : 2) + (holder ? 0 : 1);
}

/** Which number a channel has: pure, so that the same list always gives the same numbers. */

export interface Numbered {
  readonly id: string;
  /** Logical channel number from the NIT; null or 0 when there is none. */
  readonly lcn: number | null;
  /** The number it has had until now; null for a new one. */
  readonly number: number | null;
  /** It is on air now, and not only remembered. */
  readonly present: boolean;
}

/**
 * Gives every channel a number of its own: its LCN where that is free, else the number it had, else the next free from 1.
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
  for (const channel of ranked) if (hasLcn(channel)) take(channel, channel.lcn);
  for (const channel of ranked) if (channel.number !== null) take(channel, channel.number);
  let next = 1;
  for (const channel of channels) {
    if (numbers.has(channel.id)) continue;
    while (taken.has(next)) next++;
    take(channel, next);
  }
  return numbers;
}

function hasLcn(channel: Numbered): channel is Numbered & { lcn: number } {
  return channel.lcn !== null && channel.lcn > 0;
}

function rank(channel: Numbered): number {
  const holder = hasLcn(channel) && channel.number === channel.lcn;
  return (channel.present ? 0 : 2) + (holder ? 0 : 1);
}

import type { Channel, ChannelDecision } from "../../src/protocol/api.ts";

/** Which decisions make the list of channels another one: pure, and each can be taken back. */

export const LAST_NUMBER = 9999;

/** What is decided about a channel now. */
export function decisionOf({ id, decided, favourite = false }: Channel): ChannelDecision {
  return {
    channel: id,
    number: decided?.number ?? null,
    name: decided?.name ?? null,
    hidden: decided?.hidden ?? null,
    favourite,
  };
}

/** Whether anything of it is the owner's and not the broadcaster's. */
export function isDecided(channel: Channel): boolean {
  const { number, name, hidden, favourite } = decisionOf(channel);
  return number !== null || name !== null || hidden !== null || favourite;
}

/** A channel as it is broadcast, as far as the owner may say so. */
export function asBroadcast(channel: Channel): ChannelDecision {
  return { channel: channel.id, number: null, name: null, hidden: null, favourite: false };
}

/** In the order in which it is shown. */
export function inOrder(channels: readonly Channel[]): Channel[] {
  return [...channels].sort((a, b) => a.number - b.number);
}

/**
 * One step up or down: it exchanges its number with its neighbour.
 * @param shown in order
 * @returns null at the end of the list
 */
export function stepped(shown: readonly Channel[], id: string, step: 1 | -1): ChannelDecision[] | null {
  const at = shown.findIndex((channel) => channel.id === id);
  const one = shown[at];
  const other = shown[at + step];
  if (one === undefined || other === undefined) return null;
  return [
    { ...decisionOf(one), number: other.number },
    { ...decisionOf(other), number: one.number },
  ];
}

/**
 * To a number: who has it makes room, by one, and so on as far as numbers are taken without a gap.
 * @param channels all, in order
 * @returns null when there is no room up to {@link LAST_NUMBER}
 */
export function numbered(channels: readonly Channel[], id: string, number: number): ChannelDecision[] | null {
  const moved = channels.find((channel) => channel.id === id);
  if (moved === undefined) return null;
  const decisions = [{ ...decisionOf(moved), number }];
  let next = number;
  for (const channel of channels) {
    if (channel.id === id || channel.number < next) continue;
    if (channel.number > next) break;
    if (++next > LAST_NUMBER) return null;
    decisions.push({ ...decisionOf(channel), number: next });
  }
  return decisions;
}

/** What was decided before, to take decisions back. */
export function undoing(
  channels: readonly Channel[],
  decisions: readonly ChannelDecision[],
): ChannelDecision[] {
  const touched = new Set(decisions.map(({ channel }) => channel));
  return channels.filter(({ id }) => touched.has(id)).map(decisionOf);
}

/** The list once some of it is another. */
export function withChanged(channels: readonly Channel[], changed: readonly Channel[]): Channel[] {
  const news = new Map(changed.map((channel) => [channel.id, channel]));
  return inOrder(channels.map((channel) => news.get(channel.id) ?? channel));
}

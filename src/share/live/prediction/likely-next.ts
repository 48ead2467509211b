import type { ListedChannel } from "../../channels/stored-channel.ts";

/** Somebody who watches: what, and what before that. */
export interface Watching {
  readonly channel: string;
  /** null: nothing before, as far as is known. */
  readonly previous: string | null;
}

/**
 * Which channels those who watch are likely to change to, the likeliest first: back to the one before, the next and the previous
 * of the list, and the favourites. Nobody's own channel is among them. Pure.
 * @param channels in the order of the list
 */
export function likelyNext(
  watching: readonly Watching[],
  channels: readonly ListedChannel[],
): ListedChannel[] {
  const list = channels.filter(({ visible, scrambled, kind }) => visible && !scrambled && kind !== "data");
  const byId = new Map(list.map((channel) => [channel.id, channel]));
  const watched = new Set(watching.map(({ channel }) => channel));
  const beside = (id: string, step: number): ListedChannel | undefined => {
    const at = list.findIndex((channel) => channel.id === id);
    return at < 0 ? undefined : list[(at + step + list.length) % list.length];
  };
  const wishes = [
    ...watching.map(({ previous }) => byId.get(previous ?? "")),
    ...watching.map(({ channel }) => beside(channel, 1)),
    ...watching.map(({ channel }) => beside(channel, -1)),
    ...list.filter(({ favourite }) => favourite),
  ].filter((channel) => channel !== undefined && !watched.has(channel.id));
  return [...new Set(wishes)] as ListedChannel[];
}

import type { Channel } from "../../src/protocol/api.ts";

/** What was watched on this device. */
export interface Watched {
  /** The last channel; null: none yet. */
  readonly last: string | null;
  /** How often, by channel. */
  readonly counts: Readonly<Record<string, number>>;
}

export const NOTHING: Watched = { last: null, counts: {} };

/** So many channels are counted; what was watched least is forgotten. */
const AT_MOST = 40;
/** From here on all counts are halved: habits change. */
const ENOUGH = 200;

/** @param long whether somebody stayed: who only zaps past does not watch */
export function noted(watched: Watched, id: string, long: boolean): Watched {
  if (!long) return { ...watched, last: id };
  const count = (watched.counts[id] ?? 0) + 1;
  const all = Object.entries({ ...watched.counts, [id]: count })
    .map(([one, times]): [string, number] => [one, count > ENOUGH ? Math.floor(times / 2) : times])
    .filter(([, times]) => times > 0)
    .sort(([, a], [, b]) => b - a);
  const kept = all.slice(0, AT_MOST);
  if (!kept.some(([one]) => one === id)) kept.splice(-1, 1, [id, count]);
  return { last: id, counts: Object.fromEntries(kept) };
}

/** @param text what an earlier visit left; anything else counts as nothing */
export function watchedOf(text: string | null): Watched {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    if (typeof found !== "object" || found === null || !("counts" in found) || !("last" in found))
      return NOTHING;
    const counts = Object.entries(found.counts ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0,
    );
    return {
      last: typeof found.last === "string" ? found.last : null,
      counts: Object.fromEntries(counts.slice(0, AT_MOST)),
    };
  } catch {
    return NOTHING;
  }
}

/** The channel to begin with, and whether it is the one where one left off. */
export interface Beginning<T> {
  readonly channel: T;
  readonly again: boolean;
}

/**
 * Where one left off; else what is watched most, a favourite, or the first in the list.
 * @param canWatch whether a channel can be watched here and now
 * @returns null when there is nothing to watch
 */
export function beginning<T extends Pick<Channel, "id" | "kind">>(
  channels: readonly T[],
  { last, counts }: Watched,
  isFavourite: (channel: T) => boolean,
  canWatch: (channel: T) => boolean,
): Beginning<T> | null {
  const possible = channels.filter(canWatch);
  const left = possible.find(({ id }) => id === last);
  if (left !== undefined) return { channel: left, again: true };
  const often = possible
    .filter(({ id }) => counts[id] !== undefined)
    .reduce<T | undefined>(
      (most, one) => ((counts[one.id] ?? 0) > (most ? (counts[most.id] ?? 0) : 0) ? one : most),
      undefined,
    );
  const channel =
    often ?? possible.find(isFavourite) ?? possible.find(({ kind }) => kind === "tv") ?? possible[0];
  return channel === undefined ? null : { channel, again: false };
}

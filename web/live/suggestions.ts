import type { Channel } from "../../src/protocol/api.ts";
import type { Watched } from "./watched.ts";

/** So many fit below the reason. */
const THREE = 3;

/** Instead of a channel that cannot be watched: of its kind, what this person likes first, then what stands near it. */
export function suggestions(
  channels: readonly Channel[],
  instead: Channel,
  { counts }: Watched,
  isFavourite: (channel: Channel) => boolean,
  canWatch: (channel: Channel) => boolean,
): readonly Channel[] {
  const weight = (channel: Channel): number =>
    (channel.kind === instead.kind ? 0 : 1e6) -
    (isFavourite(channel) ? 1e4 : 0) -
    Math.min(counts[channel.id] ?? 0, 99) * 1e2 +
    Math.min(Math.abs(channel.number - instead.number), 99);
  return channels
    .filter((channel) => channel.id !== instead.id && canWatch(channel))
    .sort((a, b) => weight(a) - weight(b))
    .slice(0, THREE);
}

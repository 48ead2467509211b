import type { Availability } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/index.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import { leastToEnd } from "./least-to-end.ts";
import type { LiveStreams } from "./live-streams.ts";

/** A client that watches, and could leave what it watches for something else. */
export interface Leaving {
  /** The channel of each of its playbacks, in order of their start. */
  readonly watched: readonly string[];
  readonly weight: WeightClass;
  readonly channels: Pick<ChannelList, "availability" | "service">;
  readonly streams: Pick<LiveStreams, "holdsOf">;
}

/**
 * Which channels a client must leave to have a tuner for another one: as few as possible, the one chosen first before others.
 * @returns null when that does not help
 */
export function channelsToLeave(
  { watched, weight, channels, streams }: Leaving,
  channel: StoredChannel,
): readonly string[] | null {
  const counts = new Map<string, number>();
  for (const id of watched) counts.set(id, (counts.get(id) ?? 0) + 1);
  // What somebody else watches too goes on without this client.
  const alone = [...counts].filter(([id, count]) => streams.holdsOf(id) === count).map(([id]) => id);
  return leastToEnd(alone, (gone) => channels.availability(channel, weight, gone) !== "busy");
}

/**
 * Whether a client could watch channels now, and how: where it would have to leave another one for it, that is
 * `would-displace`. To be asked at once of as many as wanted, not kept.
 */
export function availabilityFor(client: Leaving): (channel: StoredChannel) => Availability {
  const { channels, weight } = client;
  /** By multiplex: channels of one have the same answer. */
  const replacing = new Map<string, boolean>();
  return (channel) => {
    const availability = channels.availability(channel, weight);
    const multiplex = channels.service(channel.id)?.multiplex.id;
    if (availability !== "busy" || multiplex === undefined) return availability;
    let helps = replacing.get(multiplex);
    if (helps === undefined) {
      helps = channelsToLeave(client, channel) !== null;
      replacing.set(multiplex, helps);
    }
    return helps ? "would-displace" : "busy";
  };
}

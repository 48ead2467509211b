import type { Channel } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/ports.ts";
import type { Guide } from "../guide/guide.ts";
import type { ChannelList } from "./channel-list.ts";
import type { ListedChannel } from "./stored-channel.ts";

/**
 * The programme information query (requirement A5): every channel a person may choose, in the order of the numbers.
 * Services that the owner or the broadcaster hides are left out.
 * @param weight of the one who asks: what is free for an owner may be busy for a guest
 * @param hidden with those too; default false
 */
export function describeChannels(
  channels: ChannelList,
  guide: Guide,
  weight: WeightClass,
  hidden = false,
): Channel[] {
  return channels
    .all()
    .filter((channel) => hidden || channel.visible)
    .map((channel) => describeChannel(channel, channels, guide, weight));
}

/** One of them, hidden or not. */
export function describeChannel(
  channel: ListedChannel,
  channels: ChannelList,
  guide: Guide,
  weight: WeightClass,
): Channel {
  return {
    id: channel.id,
    number: channel.number,
    name: channel.name,
    provider: channel.provider,
    kind: channel.kind,
    scrambled: channel.scrambled,
    hidden: channel.hidden,
    favourite: channel.favourite,
    ...guide.nowAndNext(channel.key),
    codecs: channel.codecs,
    availability: channels.availability(channel, weight),
  };
}

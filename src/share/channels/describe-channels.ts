import type { Availability, Channel } from "../../protocol/api.ts";
import type { Guide } from "../guide/guide.ts";
import type { ChannelList } from "./channel-list.ts";
import type { ListedChannel } from "./stored-channel.ts";

/**
 * The programme information query (requirement A5): every channel a person may choose, in the order of the numbers.
 * Services that the owner or the broadcaster hides are left out.
 * @param availability for the one who asks: what is free for an owner may be busy for a guest
 * @param hidden with those too; default false
 */
export function describeChannels(
  channels: ChannelList,
  guide: Guide,
  availability: (channel: ListedChannel) => Availability,
  hidden = false,
): Channel[] {
  return channels
    .all()
    .filter((channel) => hidden || channel.visible)
    .map((channel) => describeChannel(channel, guide, availability));
}

/** One of them, hidden or not. */
export function describeChannel(
  channel: ListedChannel,
  guide: Guide,
  availability: (channel: ListedChannel) => Availability,
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
    availability: availability(channel),
  };
}

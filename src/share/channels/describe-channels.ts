import type { Channel } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/ports.ts";
import type { Guide } from "../guide/guide.ts";
import type { ChannelList } from "./channel-list.ts";

/**
 * The programme information query (requirement A5): every channel a person may choose, in the order of the numbers.
 * Services that the broadcaster marks as hidden are left out.
 * @param weight of the one who asks: what is free for an owner may be busy for a guest
 */
export function describeChannels(channels: ChannelList, guide: Guide, weight: WeightClass): Channel[] {
  return channels
    .all()
    .filter((channel) => channel.visible)
    .map((channel) => ({
      id: channel.id,
      number: channel.number,
      name: channel.name,
      provider: channel.provider,
      kind: channel.kind,
      scrambled: channel.scrambled,
      ...guide.nowAndNext(channel.key),
      codecs: channel.codecs,
      availability: channels.availability(channel, weight),
    }));
}

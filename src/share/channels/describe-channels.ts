import type { Availability, Channel } from "../../protocol/api.ts";
import type { Guide } from "../guide/guide.ts";
import { WHOLE_VIEW, type View } from "../view.ts";
import type { StillStore } from "../stills/still-store.ts";
import type { ChannelList } from "./channel-list.ts";
import type { ListedChannel } from "./stored-channel.ts";

/** When the still of a channel was taken, epoch ms; null: there is none. And which picture the owner chose; absent: none ever. */
type StillsOf = Pick<StillStore, "takenAt"> & { readonly logoOf?: (channel: string) => string | null };

/**
 * The programme information query (requirement A5): every channel a person may choose, in the order of the numbers.
 * Services that the owner or the broadcaster hides are left out.
 * @param availability for the one who asks: what is free for an owner may be busy for a guest
 * @param hidden with those too; default false
 * @param view of the one who asks; default: of all
 */
export function describeChannels(
  channels: ChannelList,
  guide: Guide,
  availability: (channel: ListedChannel) => Availability,
  stills: StillsOf,
  hidden = false,
  view = WHOLE_VIEW,
): Channel[] {
  return channels
    .all()
    .filter((channel) => (hidden || channel.visible) && view.sees(channel.id))
    .map((channel) => ({
      ...describeChannel(channel, guide, availability, stills, view),
      ...(hidden && { decided: channels.decided(channel.id) }),
    }));
}

/** One of them, hidden or not. */
export function describeChannel(
  channel: ListedChannel,
  guide: Guide,
  availability: (channel: ListedChannel) => Availability,
  stills: StillsOf,
  view: View = WHOLE_VIEW,
): Channel {
  const { now, next } = guide.nowAndNext(channel.key);
  const taken = stills.takenAt(channel.id);
  return {
    id: channel.id,
    number: channel.number,
    name: channel.name,
    provider: channel.provider,
    kind: channel.kind,
    scrambled: channel.scrambled,
    hidden: channel.hidden,
    favourite: channel.favourite,
    now: now && view.programme(now),
    next: next && view.programme(next),
    codecs: channel.codecs,
    availability: availability(channel),
    logo: stills.logoOf?.(channel.id) ?? null,
    still: taken === null || !view.seesPicture(taken, now) ? null : new Date(taken).toISOString(),
  };
}

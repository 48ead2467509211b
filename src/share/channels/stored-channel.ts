import type { Milliseconds, Seconds } from "../../kernel/units.ts";
import type { ChannelCodecs } from "../../protocol/api.ts";
import { channelIdOf } from "../../protocol/channel-id.ts";
import type { Service, ServiceKey, ServiceKind } from "../../tuner/ports.ts";

/** What earlier runs of a channel's stream measured: lets target duration and bandwidth be right from the first byte. */
export interface MediaHistory {
  /** The longest segment seen. */
  readonly longestSegment: Seconds;
  /** Bits per second of the fullest segment and on average, of the picture (of the sound, on the radio). */
  readonly peak: number;
  readonly average: number;
}

/** An entry of the list of channels, as it is remembered. */
export interface StoredChannel {
  /** Opaque and stable over restarts, names and numbers. */
  readonly id: string;
  readonly key: ServiceKey;
  /** Id of the multiplex that carries it. */
  readonly multiplex: string;
  readonly number: number;
  readonly lcn: number | null;
  readonly name: string;
  readonly provider: string | null;
  readonly kind: ServiceKind;
  readonly scrambled: boolean;
  readonly visible: boolean;
  readonly lastSeenAt: Milliseconds;
  /** null until it was received here once. */
  readonly codecs: ChannelCodecs | null;
  readonly history: MediaHistory | null;
}

/** A channel as the owner wants to see it: {@link StoredChannel.name} and `visible` are those that the owner chose, if so. */
export interface ListedChannel extends StoredChannel {
  readonly hidden: boolean;
  readonly favourite: boolean;
}

/** The id of the channel that a service is, see {@link channelIdOf}. */
export function channelId({ key, multiplex }: Pick<Service, "key" | "multiplex">): string {
  return channelIdOf(multiplex.id, key.transportStreamId, key.serviceId);
}

import type { Clock } from "../../kernel/clock.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { GrantPort, ViewingRules } from "../ports.ts";
import type { LiveStreams } from "./live-streams.ts";

/** What playbacks need of others, and their limits. */
export interface PlaybacksOptions {
  readonly channels: ChannelList;
  readonly streams: LiveStreams;
  readonly grants: GrantPort;
  /** Whether an address is in the home network, or is this machine; default: none is. */
  readonly atHome?: ((address: string) => boolean) | undefined;
  readonly rules: ViewingRules;
  /** Rating of what is on a channel now, years; null: it has none, or nothing is known. */
  readonly minimumAge: (channel: StoredChannel) => number | null;
  /** When that began, epoch ms; null: it is not known. */
  readonly beganAt: (channel: StoredChannel) => number | null;
  /** Title of what was on at a time, epoch ms; null: nothing is known. Absent: nothing ever is. */
  readonly titleAt?: (channel: StoredChannel, at: number) => string | null;
  readonly clock: Clock;
  readonly log: LineLog;
  /** A playback whose media nobody asked for during so many ms is ended. */
  readonly idleMs: number;
  /** How long a channel may take to start, ms. */
  readonly startTimeoutMs: number;
  /** Longest life of one playback, ms. */
  readonly longestMs: number;
  readonly perClient: number;
  readonly inAll: number;
}

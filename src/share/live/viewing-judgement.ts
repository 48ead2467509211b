import type { TellyportError } from "../../kernel/errors.ts";
import type { Capabilities } from "../../protocol/api.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { ViewingWish, Watching } from "../ports.ts";
import { mindsRatings } from "../view.ts";
import type { Seeker } from "./alternatives.ts";
import { lineFor } from "./hls/view-from.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import { WEIGHT_OF } from "./role-weights.ts";
import type { PlaybackEntry } from "./running-playback.ts";

/** The rules, and what they are told of the programme. */
export type Judging = Pick<PlaybacksOptions, "channels" | "rules" | "minimumAge">;

/** What the rules are asked of somebody and a channel. */
export function wishOf(
  { principal, home }: Watching,
  channel: StoredChannel,
  { minimumAge }: Judging,
): ViewingWish {
  return { principal, home, channel: channel.id, minimumAge: minimumAge(channel) };
}

/** Why it may not watch a channel now, by whoever else watches; null: it may. */
export function objectionTo(
  watching: Watching,
  channel: StoredChannel,
  judging: Judging,
): TellyportError | null {
  return judging.rules.objection(wishOf(watching, channel, judging));
}

/** It looks for something else to watch. */
export function seekerFor(
  watching: Watching,
  capabilities: Capabilities | undefined,
  judging: Judging,
): Seeker {
  return {
    channels: judging.channels,
    weight: WEIGHT_OF[watching.principal.role],
    capabilities,
    allows: (channel) => objectionTo(watching, channel, judging) === null,
  };
}

/** Number of the first segment for who begins now. */
export function firstSegmentFor(
  { principal, channel, stream }: Pick<PlaybackEntry, "principal" | "channel" | "stream">,
  { channels, rules, beganAt }: Pick<PlaybacksOptions, "channels" | "rules" | "beganAt">,
): number {
  const known = mindsRatings(rules, principal) ? channels.get(channel) : undefined;
  return lineFor(stream.store, known === undefined ? null : beganAt(known));
}

import { TellyportError, isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { Capabilities, ChannelCodecs } from "../../protocol/api.ts";
import type { WeightClass } from "../../tuner/ports.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import { choosePlayable } from "./choose-playable.ts";

/** Who is looking for something to watch, and where. */
export interface Seeker {
  readonly channels: ChannelList;
  readonly weight: WeightClass;
  readonly capabilities: Capabilities | undefined;
}

/** Refusals after which another channel may be the way on. */
const HELPED_BY_ANOTHER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "client-cannot-decode",
  "device-busy",
  "device-gone",
  "displaced",
  "no-data",
  "no-lock",
  "no-tuner-free",
  "scrambled",
  "service-not-on-air",
  "stream-start-timeout",
  "tuner-limit",
  "wrong-multiplex",
]);

/** Adds to a refusal what the client could watch instead (`detail.free`), where that helps. */
export function withAlternatives(error: unknown, seeker: Seeker): unknown {
  if (!isTellyportError(error) || !HELPED_BY_ANOTHER.has(error.code)) return error;
  return new TellyportError(error.code, error.message, {
    cause: error,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    detail: { ...error.detail, free: watchable(seeker) },
  });
}

/** The same for a playback that ended: what is known of its end, and what the client could watch instead. */
export function detailOfEnd(
  code: ErrorCode,
  detail: Readonly<Record<string, unknown>> | undefined,
  seeker: Seeker,
): Readonly<Record<string, unknown>> | undefined {
  return HELPED_BY_ANOTHER.has(code) ? { ...detail, free: watchable(seeker) } : detail;
}

/** Ids of the channels that a client could watch now, without taking a tuner from anybody. */
function watchable({ channels, weight, capabilities }: Seeker): string[] {
  return channels
    .all()
    .filter((channel) => {
      if (!channel.visible || channel.kind === "data" || channel.scrambled) return false;
      const unknown = channel.codecs === null;
      if (unknown ? capabilities !== undefined : !choosePlayable(channel.codecs, capabilities).ok)
        return false;
      const availability = channels.availability(channel, weight);
      return availability === "free" || availability === "shares-tuner";
    })
    .map((channel) => channel.id);
}

/** @throws TellyportError `client-cannot-decode`, naming the codecs */
export function refuseUndecodable(codecs: ChannelCodecs, capabilities: Capabilities | undefined): void {
  const playable = choosePlayable(codecs, capabilities);
  if (playable.ok) return;
  throw new TellyportError("client-cannot-decode", playable.message, {
    detail: { video: playable.video, audio: playable.audio },
  });
}

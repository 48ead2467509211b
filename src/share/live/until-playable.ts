import type { Clock } from "../../kernel/clock.ts";
import type { WeightClass } from "../../tuner/index.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import { chooseProfile, type Wish } from "./choose-profile.ts";
import type { Hold, LiveStreams } from "./live-streams.ts";

/**
 * Waits until a stream can be played. Where only now it shows that the client needs it converted, that takes its place.
 * @param deps.startTimeoutMs for all of it
 * @returns the hold that counts; the one given is released when it is another one
 * @throws TellyportError why it cannot be played, or `stream-start-timeout`; or the signal's reason
 */
export async function untilPlayable(
  hold: Hold,
  wanted: {
    readonly channel: StoredChannel;
    readonly weight: WeightClass;
    readonly wish: Wish;
    readonly signal: AbortSignal;
  },
  deps: { readonly streams: LiveStreams; readonly clock: Clock; readonly startTimeoutMs: number },
): Promise<Hold> {
  const { channel, weight, wish, signal } = wanted;
  const { startTimeoutMs, clock, streams } = deps;
  const from = clock.monotonic();
  const left = (): number => startTimeoutMs - (clock.monotonic() - from);
  const { stream } = hold;
  await stream.ready(left(), signal);
  if (wish.capabilities === undefined || stream.profile.transcode !== null) return hold;
  await stream.understood(left(), signal);
  const profile = chooseProfile(stream.codecs, wish);
  if (profile.transcode === null) return hold;
  const converted = streams.hold(channel, weight, profile);
  hold.release();
  try {
    await converted.stream.ready(left(), signal);
    return converted;
  } catch (error) {
    converted.release();
    throw error;
  }
}

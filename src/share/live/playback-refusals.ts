import { TellyportError } from "../../kernel/errors.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";

/** @throws TellyportError `scrambled` */
export function refuseScrambled({ scrambled }: StoredChannel): void {
  if (scrambled)
    throw new TellyportError("scrambled", "This channel is encrypted, and the box has no key for it.");
}

/** `channel-not-found`: there is none, or none that this client sees. */
export function noSuchChannel(): TellyportError {
  return new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
}

/** `playback-not-found`: there is none, or it is another client's. */
export function noSuchPlayback(): TellyportError {
  return new TellyportError("playback-not-found", "There is no such playback of yours.");
}

/** `request-cancelled`: its client did not wait for it. */
export function clientGone(): TellyportError {
  return new TellyportError("request-cancelled", "The client went away.");
}

/** `too-many-playbacks`: soon there may be room. @param message for who is refused */
export function full(message: string): TellyportError {
  return new TellyportError("too-many-playbacks", message, { retryAfterMs: 10_000 });
}

/** `too-many-playbacks`, for the one that ends. */
export function forNewer(): TellyportError {
  return new TellyportError("too-many-playbacks", "Ended for a newer playback of the same client.");
}

/** `session-limit`, for the one that ends. */
export function forOwnerAway(): TellyportError {
  const why = "The owner of the box watches away from home, and only so many can at a time.";
  return new TellyportError("session-limit", why);
}

/** `displaced`, for the one that ends. */
export function forOtherChannel(): TellyportError {
  const why = "The same client chose another channel, which needed the tuner.";
  return new TellyportError("displaced", why);
}

/** `stopping` */
export function stopping(): TellyportError {
  return new TellyportError("stopping", "The box is being stopped.");
}

/** `playback-ended`: it is not known any more why. */
export function playbackEnded(): TellyportError {
  return new TellyportError("playback-ended", "This playback has ended. Start it again.");
}

/** `grant-elsewhere` @param homeOnly its client may watch in the home network alone */
export function elsewhere(homeOnly: boolean): TellyportError {
  const why = homeOnly
    ? "This phone was paired for the home network alone. Pair it again at the box's https address."
    : "This address was used from too many networks. Start the playback again where you are.";
  return new TellyportError("grant-elsewhere", why);
}

import { TellyportError } from "../../../kernel/errors.ts";
import type { RunningPlayback } from "../running-playback.ts";

/** How far back one playback goes in a stream that all share: a line in the same segments, the same bytes for everybody. */

/** Number of the first segment that its playlists list. */
export function listedFrom({ reach, from, stream }: RunningPlayback): number {
  if (reach === "all") return 0;
  return reach === "live" ? stream.store.edge : from;
}

/**
 * Segments before the line are refused. What has just left a playlist may still be asked for: as many as it lists.
 * @see RFC 8216 §6.2.2
 * @throws TellyportError `guest-live-only`, `segment-gone`
 */
export function refuseBefore({ reach, from, stream }: RunningPlayback, sequence: number): void {
  if (reach === "all") return;
  const { edge, newest } = stream.store;
  if (sequence >= (reach === "live" ? edge - (newest - edge + 1) : from)) return;
  if (reach === "live") {
    throw new TellyportError("guest-live-only", "Guests watch live: go on at the end of the playlist.");
  }
  throw new TellyportError(
    "segment-gone",
    "This was on before you began to watch. Go on at the end of the playlist.",
  );
}

import { TellyportError } from "../../../kernel/errors.ts";
import type { RunningPlayback } from "../running-playback.ts";
import type { SegmentStore } from "./segment-store.ts";

/** How far back one playback goes in a stream that all share: a line in the same segments, the same bytes for everybody. */

/** Number of the first segment that its playlists list. */
export function listedFrom({ reach, from, stream }: RunningPlayback): number {
  if (reach === "all") return 0;
  return reach === "live" ? Math.max(from, stream.store.edge) : from;
}

/**
 * Number of the first segment for who begins now: as many as players hold back, and nothing of what was on before the programme
 * that was judged, as far as a player can still start.
 *
 * What remains: the newest whole segment is always given, since a player that takes no parts cannot start with less, and as much
 * of the programme before as is in it, or as the broadcaster's own table is late or early. Where nothing is known of what is on
 * now, nothing is known of what was on before either, and that is given which players hold back.
 * @param beganAt when the programme began that was judged, epoch ms; null: nothing is judged, or nothing is known
 */
export function lineFor(
  store: Pick<SegmentStore, "edge" | "newest" | "firstSince">,
  beganAt: number | null,
): number {
  const { edge, newest } = store;
  return beganAt === null ? edge : Math.max(edge, store.firstSince(beganAt) ?? newest);
}

/**
 * Segments before the line are refused. What has just left a playlist may still be asked for: as many as it lists.
 * @see RFC 8216 §6.2.2
 * @throws TellyportError `guest-live-only`, `segment-gone`
 */
export function refuseBefore({ reach, from, stream }: RunningPlayback, sequence: number): void {
  if (reach === "all") return;
  const { edge, newest } = stream.store;
  if (sequence >= Math.max(from, reach === "live" ? edge - (newest - edge + 1) : 0)) return;
  if (reach === "live") {
    throw new TellyportError("guest-live-only", "Guests watch live: go on at the end of the playlist.");
  }
  throw new TellyportError(
    "segment-gone",
    "This was on before you began to watch. Go on at the end of the playlist.",
  );
}

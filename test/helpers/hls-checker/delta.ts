import type { Expect } from "./findings.ts";
import { lastSequence, listedSeconds } from "./edge.ts";
import type { MediaPlaylist, Segment } from "./playlist-model.ts";

/**
 * The whole playlist that a delta update stands for: what it skips is taken from an earlier version.
 * @returns null when the earlier version lacks what is skipped
 * @see draft-pantos-hls-rfc8216bis §6.3.7
 */
export function mergeDelta(earlier: MediaPlaylist, delta: MediaPlaylist): MediaPlaylist | null {
  if (delta.skipped === 0) return delta;
  const first = delta.mediaSequence;
  const known = earlier.segments.filter(
    ({ sequence }) => sequence >= first && sequence < first + delta.skipped,
  );
  if (known.length !== delta.skipped) return null;
  let discontinuities = delta.discontinuitySequence ?? 0;
  let map: Segment["map"] = null;
  const kept = known.map((segment) => {
    if (segment.discontinuity) discontinuities++;
    map = segment.map;
    return { ...segment, discontinuitySequence: discontinuities };
  });
  const inSkipped = discontinuities - (delta.discontinuitySequence ?? 0);
  const shift = <T extends Segment | MediaPlaylist["next"]>(head: T): T => ({
    ...head,
    map: head.map ?? map,
    discontinuitySequence: head.discontinuitySequence + inSkipped,
  });
  return {
    ...delta,
    skipped: 0,
    segments: [...kept, ...delta.segments.map(shift)],
    next: shift(delta.next),
  };
}

/** A delta update against the whole playlists asked for just before it and just behind it. */
export function checkDelta(
  before: MediaPlaylist,
  delta: MediaPlaylist,
  after: MediaPlaylist,
  where: string,
  expect: Expect,
): void {
  const skipUntil = delta.serverControl?.canSkipUntil ?? before.serverControl?.canSkipUntil ?? null;
  if (skipUntil === null) {
    expect("L-09", delta.skipped === 0, where, "a delta update without CAN-SKIP-UNTIL");
    return;
  }
  const inOrder = delta.mediaSequence >= before.mediaSequence && delta.mediaSequence <= after.mediaSequence;
  const sequence = `MEDIA-SEQUENCE ${delta.mediaSequence} of a delta update, ${after.mediaSequence} of the playlist`;
  expect("L-09", inOrder, where, sequence);
  if (!inOrder) return;
  const merged = mergeDelta(before, delta);
  expect(
    "L-09",
    merged !== null,
    where,
    `skips ${delta.skipped} segments from ${delta.mediaSequence} on, more than were listed`,
  );
  if (merged === null) return;
  const whole = listedSeconds(merged);
  let end = 0;
  let old = 0;
  merged.segments.forEach((segment, i) => {
    end += segment.duration;
    const behind = whole - end;
    if (i < delta.skipped) {
      const what = `skips segment ${segment.sequence}, ${behind.toFixed(2)} s behind the end, boundary ${skipUntil} s`;
      expect("L-09", behind >= skipUntil - 0.001, where, what);
    } else if (behind > skipUntil + (delta.targetDuration ?? 0)) old++;
  });
  expect("L-09", old === 0, where, `${old} segments older than the skip boundary are not skipped`);
  checkSame(merged, after, where, expect);
}

/** Nothing was lost or changed by the detour. */
function checkSame(merged: MediaPlaylist, full: MediaPlaylist, where: string, expect: Expect): void {
  const last = lastSequence(merged);
  for (const segment of full.segments) {
    if (segment.sequence > last) continue;
    const ours = merged.segments.find(({ sequence }) => sequence === segment.sequence);
    const equal =
      ours !== undefined &&
      ours.url === segment.url &&
      ours.durationText === segment.durationText &&
      ours.programDateTime === segment.programDateTime &&
      ours.discontinuitySequence === segment.discontinuitySequence &&
      ours.map?.url === segment.map?.url;
    expect("L-09", equal, where, `segment ${segment.sequence} of a delta update is not the playlist's`);
  }
  const targets = `TARGETDURATION ${merged.targetDuration} of a delta update`;
  expect("L-09", merged.targetDuration === full.targetDuration, where, targets);
}

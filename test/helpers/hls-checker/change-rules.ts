import type { Expect } from "./findings.ts";
import { edgeOf, edgeOrder, lastSequence, listedSeconds } from "./edge.ts";
import type { MediaPlaylist, Part, Resource, Segment, SegmentHead } from "./playlist-model.ts";

/** What must hold between two versions of a playlist, the second asked for when the first had been received. */
export function checkChange(
  before: MediaPlaylist,
  after: MediaPlaylist,
  where: string,
  expect: Expect,
): void {
  const constant = `TARGETDURATION changed from ${before.targetDuration} to ${after.targetDuration}`;
  expect("P-01", before.targetDuration === after.targetDuration, where, constant);
  checkConstancy(before, after, where, expect);
  const removed = after.mediaSequence - before.mediaSequence;
  expect("P-02", removed >= 0, where, `MEDIA-SEQUENCE went back by ${-removed}`);
  if (removed < 0) return;
  const back = edgeOrder(edgeOf(after)) >= edgeOrder(edgeOf(before));
  expect("P-02", back, where, `the end went back from segment ${lastSequence(before)}`);
  if (!checkNumbers(before, after, where, expect)) return;

  if (removed <= before.segments.length) {
    const gone = before.segments.slice(0, removed);
    const count = gone.filter(({ discontinuity }) => discontinuity).length;
    const counted = (after.discontinuitySequence ?? 0) - (before.discontinuitySequence ?? 0);
    const what = `DISCONTINUITY-SEQUENCE rose by ${counted}, ${count} discontinuities were removed`;
    expect("P-03", counted === count, where, what);
  }
  if (removed > 0) {
    const left = listedSeconds(after);
    const enough = left >= 3 * (after.targetDuration ?? 0) - 0.001;
    expect("P-05", enough, where, `segments were removed, ${left.toFixed(2)} s are left`);
    const what = `${after.segments.length} segments, and some were removed already`;
    expect("P-10", after.segments.length >= 6, where, what);
  }
  checkHint(before, after, where, expect);
}

/** RFC 8216bis §4.4.3.8, and what Apple's players end a session for. */
function checkConstancy(before: MediaPlaylist, after: MediaPlaylist, where: string, expect: Expect): void {
  const values = ({ serverControl, partTarget }: MediaPlaylist): string =>
    JSON.stringify({ partTarget, ...serverControl });
  const what = `server control changed from ${values(before)} to ${values(after)}`;
  expect("L-02", values(before) === values(after), where, what);
}

const same = (a: Resource | null, b: Resource | null): boolean =>
  a?.url === b?.url && a?.range?.offset === b?.range?.offset && a?.range?.length === b?.range?.length;

/** A segment keeps its number, its address and all that is said of it. @returns false when the numbers are others */
function checkNumbers(before: MediaPlaylist, after: MediaPlaylist, where: string, expect: Expect): boolean {
  const byUrl = new Map(after.segments.map((segment) => [addressOf(segment), segment.sequence]));
  for (const old of before.segments) {
    const other = byUrl.get(addressOf(old)) ?? old.sequence;
    expect("P-02", other === old.sequence, where, `segment ${old.sequence} is now number ${other}`);
    if (other !== old.sequence) return false;
  }
  const now = new Map(after.segments.map((segment) => [segment.sequence, segment]));
  for (const old of before.segments) {
    const current = now.get(old.sequence);
    if (current === undefined) continue;
    const what = describe(old, current);
    expect("P-04", what === null, where, `segment ${old.sequence}: ${what}`);
    checkParts(old, current, where, expect);
  }
  const grown =
    now.get(before.next.sequence) ?? (after.next.sequence === before.next.sequence ? after.next : null);
  if (grown === null || before.next.parts.length === 0) return true;
  const what = describe(before.next, grown);
  expect("P-04", what === null, where, `segment ${before.next.sequence}: ${what}`);
  checkParts(before.next, grown, where, expect);
  return true;
}

const addressOf = ({ url, range }: Resource): string => `${url} ${range?.offset ?? 0} ${range?.length ?? ""}`;

/** What differs; null when nothing does. */
function describe(old: Segment | SegmentHead, now: Segment | SegmentHead): string | null {
  if ("url" in old && "url" in now) {
    if (!same(old, now)) return `its address was ${old.url} and is ${now.url}`;
    if (old.durationText !== now.durationText)
      return `EXTINF was ${old.durationText} and is ${now.durationText}`;
  }
  if (old.programDateTime !== now.programDateTime) return "its PROGRAM-DATE-TIME is another";
  if (old.discontinuity !== now.discontinuity) return "its DISCONTINUITY came or went";
  if (!same(old.map, now.map)) return `its EXT-X-MAP was ${old.map?.url} and is ${now.map?.url}`;
  // A gap may be found out late, a segment that was a gap stays one.
  if (old.gap && !now.gap) return "it was a gap";
  return null;
}

function checkParts(old: SegmentHead, now: SegmentHead, where: string, expect: Expect): void {
  if (now.parts.length === 0) return; // too old to be listed
  old.parts.forEach((part, i) => {
    const current = now.parts[i];
    const kept = current !== undefined && samePart(part, current);
    expect("P-04", kept, where, `part ${old.sequence}.${i} is another than it was`);
  });
}

const samePart = (a: Part, b: Part): boolean =>
  same(a, b) && a.duration === b.duration && a.independent === b.independent;

/** The hint of the earlier version is the part that came next. */
function checkHint(before: MediaPlaylist, after: MediaPlaylist, where: string, expect: Expect): void {
  const hint = before.hints.find(({ type }) => type === "PART");
  if (hint === undefined) return;
  const { msn, part } = { msn: before.next.sequence, part: before.next.parts.length };
  const holder =
    after.next.sequence === msn ? after.next : after.segments.find(({ sequence }) => sequence === msn);
  if (holder === undefined || (holder.sequence === after.next.sequence && after.next.parts.length <= part))
    return;
  if (holder.parts.length === 0 && holder !== after.next) return; // too old: its parts are not listed any more
  // The segment may have ended with the part before: then the hint is the first part of the next one.
  const following =
    after.next.sequence === msn + 1
      ? after.next
      : after.segments.find(({ sequence }) => sequence === msn + 1);
  const came = holder.parts[part] ?? following?.parts[0];
  if (came === undefined) return;
  const what = `PRELOAD-HINT named ${hint.url}, the part after it is ${came.url}`;
  expect("L-07", came.url === hint.url && (came.range?.offset ?? 0) === hint.start, where, what);
}

import { isDate } from "./lines.ts";
import type { Expect } from "./findings.ts";
import { listedSeconds, partsOf, secondsOf } from "./edge.ts";
import type { MediaPlaylist } from "./playlist-model.ts";

/** What is known of the rendition from elsewhere. */
export interface PlaylistContext {
  readonly where: string;
  readonly kind: "video" | "audio" | "subtitles";
  /** Parts are promised for it. */
  readonly lowLatency: boolean;
  /** Absolute addresses of the other renditions' playlists; null when they are not known. */
  readonly others: readonly string[] | null;
  /** Epoch ms at which it was received; null: do not compare. */
  readonly now: number | null;
}

/** Decimal places of a playlist: a part may be rounded up by this, s. */
const ROUNDING = 0.00101;
/** A part is at least so much of PART-TARGET. @see draft-pantos-hls-rfc8216bis §4.4.3.7 */
const LEAST_PART = 0.85;
/** PROGRAM-DATE-TIME has milliseconds: both ends are rounded. */
const DATE_ROUNDING_MS = 2;
/** Two clocks, one of them on another machine. */
const FUTURE_MS = 1000;

/** What must hold of one live media playlist, whatever came before. A delta update is not a whole one: merge it first. */
export function checkPlaylist(playlist: MediaPlaylist, context: PlaylistContext, expect: Expect): void {
  const { where, kind } = context;
  const { segments, targetDuration, serverControl: control, partTarget } = playlist;
  const target = targetDuration ?? NaN;
  expect("P-01", target >= 1, where, "no EXT-X-TARGETDURATION of at least 1");
  if (!(target >= 1)) return; // everything else is counted by it
  for (const { sequence, duration } of segments) {
    const what = `segment ${sequence} lasts ${duration} s, target ${target} s`;
    expect("P-01", duration > 0 && Math.round(duration) <= target && duration <= target + 0.5, where, what);
  }
  expect("P-02", playlist.mediaSequence >= 1, where, `MEDIA-SEQUENCE is ${playlist.mediaSequence}, below 1`);
  expect("P-03", playlist.discontinuitySequence !== null, where, "no DISCONTINUITY-SEQUENCE");
  const version = playlist.version ?? 1;
  expect(
    "P-07",
    version >= playlist.needsVersion,
    where,
    `VERSION is ${version}, what it holds needs ${playlist.needsVersion}`,
  );
  checkDates(playlist, context, expect);
  for (const range of playlist.dateRanges) checkDateRange(range, where, expect);

  const hold = control?.holdBack;
  if (hold !== undefined && hold !== null)
    expect("L-03", hold >= 3 * target, where, `HOLD-BACK ${hold} is below three target durations`);
  const skip = control?.canSkipUntil;
  if (skip !== undefined && skip !== null)
    expect("L-03", skip >= 6 * target, where, `CAN-SKIP-UNTIL ${skip} is below six target durations`);
  if (control?.canSkipDateRanges === true)
    expect("L-03", skip !== null, where, "CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL");

  const parts = [...partsOf(playlist)];
  if (kind === "subtitles") {
    const none = parts.length === 0 && partTarget === null;
    expect("S-02", none, where, "a subtitle playlist has parts: it cannot add one every part target");
  } else if (context.lowLatency) {
    expect("L-05", partTarget !== null, where, "no parts in a low-latency stream");
  }
  if (context.lowLatency) {
    expect("L-10", control?.canBlockReload === true, where, "no CAN-BLOCK-RELOAD in a low-latency stream");
    const { others } = context;
    if (others !== null) checkReports(playlist, others, context, expect);
  }
  if (partTarget === null) expect("L-01", parts.length === 0, where, "parts without EXT-X-PART-INF");
  else checkParts(playlist, partTarget, target, where, expect);
}

function checkDates(playlist: MediaPlaylist, { where, now }: PlaylistContext, expect: Expect): void {
  const { segments, next } = playlist;
  if (segments.length + next.parts.length === 0) return;
  const dated = [...segments, next].some(({ programDateTime }) => programDateTime !== null);
  expect("P-09", dated, where, "no PROGRAM-DATE-TIME");
  let expected: number | null = null;
  for (const head of [...segments, ...(next.parts.length > 0 ? [next] : [])]) {
    const date = head.programDateTime;
    if (date !== null && expected !== null && !head.discontinuity) {
      const off = date - expected;
      const what = `PROGRAM-DATE-TIME of segment ${head.sequence} is ${off.toFixed(0)} ms off`;
      expect("CK-05", Math.abs(off) <= DATE_ROUNDING_MS, where, what);
    }
    const begin: number | null = date ?? (head.discontinuity ? null : expected);
    const seconds: number = "duration" in head ? Number(head.duration) : secondsOf(head.parts);
    if (begin !== null && now !== null) {
      const ahead = begin + seconds * 1000 - now;
      const what = `segment ${head.sequence} ends ${ahead.toFixed(0)} ms in the future`;
      expect("CK-05", ahead <= FUTURE_MS, where, what);
    }
    expected = begin === null ? null : begin + seconds * 1000;
  }
}

/** @see draft-pantos-hls-rfc8216bis §4.4.5.1 */
function checkDateRange(range: ReadonlyMap<string, string>, where: string, expect: Expect): void {
  const id = range.get("ID") ?? "";
  const date = (name: string): number => Date.parse(range.get(name) ?? "");
  for (const name of ["START-DATE", "END-DATE"])
    if (range.has(name))
      expect("S-04", isDate(range.get(name) ?? ""), where, `DATERANGE ${id}: ${name} is no date`);
  expect("S-04", range.has("START-DATE"), where, `DATERANGE ${id} without START-DATE`);
  if (range.has("END-DATE"))
    expect("S-04", date("END-DATE") >= date("START-DATE"), where, `DATERANGE ${id} ends before it begins`);
  if (range.has("END-ON-NEXT")) {
    const alone = range.has("CLASS") && !range.has("DURATION") && !range.has("END-DATE");
    expect("S-04", alone, where, `DATERANGE ${id}: END-ON-NEXT wants a CLASS, and no other end`);
  }
}

function checkReports(
  playlist: MediaPlaylist,
  others: readonly string[],
  { where }: PlaylistContext,
  expect: Expect,
): void {
  for (const other of others) {
    const name = other.split("/").slice(-2).join("/");
    const found = playlist.reports.filter(({ url }) => url === other);
    expect("L-08", found.length === 1, where, `${found.length} RENDITION-REPORT for ${name}`);
    for (const { lastMsn } of found)
      expect("L-08", lastMsn !== null, where, `RENDITION-REPORT for ${name} without LAST-MSN`);
  }
  for (const { url } of playlist.reports)
    expect("L-08", others.includes(url), where, `RENDITION-REPORT for ${url}, which is no other rendition`);
}

function checkParts(
  playlist: MediaPlaylist,
  partTarget: number,
  target: number,
  where: string,
  expect: Expect,
): void {
  const { serverControl: control, next, ended } = playlist;
  const hold = control?.partHoldBack ?? null;
  const enough = hold !== null && hold >= 3 * partTarget;
  expect("L-03", enough, where, `PART-HOLD-BACK ${hold} is below three part targets`);
  const parts = [...partsOf(playlist)];
  parts.forEach(({ msn, part, whole }, i) => {
    const name = `part ${msn}.${part.index}`;
    const long = part.duration > 0 && part.duration <= partTarget + 1e-6;
    expect("L-01", long, where, `${name} lasts ${part.duration} s, target ${partTarget} s`);
    const after = parts[i + 1];
    const last = after === undefined ? whole : after.msn !== msn;
    const excused = part.independent || part.gap || last || after?.part.gap === true;
    if (!excused) {
      const what = `${name} lasts ${part.duration} s, less than 85 % of ${partTarget} s`;
      expect("L-01", part.duration >= LEAST_PART * partTarget - 1e-6, where, what);
    }
  });
  let behind = listedSeconds(playlist);
  for (const segment of playlist.segments) {
    behind -= segment.duration;
    if (segment.parts.length === 0) continue;
    const what = `parts of segment ${segment.sequence}, ${behind.toFixed(2)} s behind the end`;
    expect("L-05", behind <= 3 * target + ROUNDING, where, `${what}, are still listed`);
    const sum = secondsOf(segment.parts);
    const same = Math.abs(sum - segment.duration) <= ROUNDING * (segment.parts.length + 1);
    const lasts = `the parts of segment ${segment.sequence} last ${sum.toFixed(3)} s, its EXTINF is ${segment.durationText}`;
    expect("P-11", same, where, lasts);
  }
  const hints = playlist.hints.filter(({ type }) => type === "PART");
  if (ended) expect("L-07", playlist.hints.length === 0, where, "a PRELOAD-HINT behind the end");
  else expect("L-07", hints.length === 1, where, `${hints.length} PRELOAD-HINT for the next part`);
  for (const { url } of hints) {
    const listed = parts.find(({ part }) => part.url === url && part.range === null);
    expect(
      "L-07",
      listed === undefined,
      where,
      `PRELOAD-HINT names a part that is there, after ${next.sequence}`,
    );
  }
}

import * as HLS from "hls-parser";

/**
 * Our own checker of playlists, beside a strict independent parser. Assertion numbers are those of the packager's
 * checklist (P-01…P-14), each from RFC 8216 or Apple's authoring specification.
 */

export interface ReadSegment {
  readonly uri: string;
  readonly sequence: number;
  readonly duration: number;
  readonly programDateTime: number | null;
  readonly map: string | null;
  readonly discontinuity: boolean;
  readonly gap: boolean;
}

export interface ReadMediaPlaylist {
  readonly version: number;
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number | null;
  readonly ended: boolean;
  readonly segments: readonly ReadSegment[];
}

/** Attributes of a tag's value (RFC 8216 §4.2), quotes taken off. */
export function attributesOf(value: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const match of value.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)/g)) {
    attributes[match[1] ?? ""] = (match[2] ?? "").replace(/^"|"$/g, "");
  }
  return attributes;
}

/** Reads a media playlist line by line; @throws Error when it is none */
export function readMediaPlaylist(text: string): ReadMediaPlaylist {
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines[0] !== "#EXTM3U") throw new Error("P-01: #EXTM3U is not the first line");
  const single = (name: string): number | null => {
    const found = lines.filter((line) => line.startsWith(`#${name}:`));
    if (found.length > 1) throw new Error(`P-01: ${name} stands there ${found.length} times`);
    return found[0] === undefined ? null : Number(found[0].slice(name.length + 2));
  };
  const segments: ReadSegment[] = [];
  const mediaSequence = single("EXT-X-MEDIA-SEQUENCE") ?? 0;
  let map: string | null = null;
  let next = { duration: NaN, programDateTime: null as number | null, discontinuity: false, gap: false };
  for (const line of lines) {
    const [, tag = "", value = ""] = /^#([A-Z0-9-]+)(?::(.*))?$/.exec(line) ?? [];
    if (tag === "EXTINF") next.duration = parseFloat(value);
    else if (tag === "EXT-X-PROGRAM-DATE-TIME") next.programDateTime = Date.parse(value);
    else if (tag === "EXT-X-DISCONTINUITY") next.discontinuity = true;
    else if (tag === "EXT-X-GAP") next.gap = true;
    else if (tag === "EXT-X-MAP") map = attributesOf(value)["URI"] ?? null;
    else if (!line.startsWith("#")) {
      segments.push({ uri: line, sequence: mediaSequence + segments.length, map, ...next });
      next = { duration: NaN, programDateTime: null, discontinuity: false, gap: false };
    }
  }
  return {
    version: single("EXT-X-VERSION") ?? 1,
    targetDuration: single("EXT-X-TARGETDURATION") ?? NaN,
    mediaSequence,
    discontinuitySequence: single("EXT-X-DISCONTINUITY-SEQUENCE"),
    ended: lines.includes("#EXT-X-ENDLIST"),
    segments,
  };
}

/**
 * What is wrong with a live media playlist, and with its change since an earlier look at it; empty when nothing is.
 * @param previous an earlier text of the same playlist
 */
export function mediaPlaylistFaults(text: string, previous?: string): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  let playlist: ReadMediaPlaylist;
  try {
    const parsed = parseStrictly(text);
    if (parsed.isMasterPlaylist) return ["P-01: this is a multivariant playlist"];
    playlist = readMediaPlaylist(text);
  } catch (error) {
    return [`P-01: ${String(error)}`];
  }
  const { segments, targetDuration } = playlist;
  expect(!text.startsWith("\uFEFF"), "P-01: byte order mark");
  expect(Number.isInteger(targetDuration) && targetDuration >= 1, "P-01: no TARGETDURATION");
  for (const { sequence, duration, map, programDateTime } of segments) {
    expect(duration > 0, `P-01: segment ${sequence} lasts ${duration} s`);
    expect(Math.round(duration) <= targetDuration, `P-01: segment ${sequence} lasts ${duration} s`);
    expect(duration <= targetDuration + 0.5, `P-01: segment ${sequence} lasts ${duration} s`);
    expect(map !== null, `P-08: no EXT-X-MAP before segment ${sequence}`);
    expect(programDateTime !== null, `P-09: no PROGRAM-DATE-TIME for segment ${sequence}`);
  }
  expect(playlist.mediaSequence >= 1, "P-02: MEDIA-SEQUENCE begins below 1");
  expect(playlist.discontinuitySequence !== null, "P-03: no DISCONTINUITY-SEQUENCE");
  expect(playlist.version >= (segments.some(({ gap }) => gap) ? 8 : 6), "P-07: VERSION is too low");
  segments.forEach((segment, i) => {
    const before = segments[i - 1];
    if (before === undefined || before.programDateTime === null || segment.programDateTime === null) return;
    if (segment.discontinuity) return;
    const drift = segment.programDateTime - before.programDateTime - before.duration * 1000;
    // Both are rounded to the millisecond.
    expect(Math.abs(drift) <= 2, `CK-05: PROGRAM-DATE-TIME of ${segment.sequence} is ${drift} ms off`);
  });
  if (previous !== undefined) faults.push(...changeFaults(readMediaPlaylist(previous), playlist));
  return faults;
}

function changeFaults(before: ReadMediaPlaylist, after: ReadMediaPlaylist): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  expect(before.targetDuration === after.targetDuration, "P-01: TARGETDURATION changed");
  const removed = after.mediaSequence - before.mediaSequence;
  expect(removed >= 0, "P-02: MEDIA-SEQUENCE went back");
  const gone = before.segments.slice(0, removed);
  if (removed <= before.segments.length) {
    const discontinuities = gone.filter(({ discontinuity }) => discontinuity).length;
    expect(
      (after.discontinuitySequence ?? 0) - (before.discontinuitySequence ?? 0) === discontinuities,
      "P-03: DISCONTINUITY-SEQUENCE does not count the removed discontinuities",
    );
  }
  for (const old of before.segments.slice(removed)) {
    const now = after.segments.find(({ sequence }) => sequence === old.sequence);
    expect(
      now !== undefined && JSON.stringify(now) === JSON.stringify(old),
      `P-04: segment ${old.sequence} changed`,
    );
  }
  return faults;
}

/** What is wrong with a multivariant playlist; empty when nothing is. */
export function multivariantFaults(text: string): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  try {
    if (!parseStrictly(text).isMasterPlaylist) return ["P-13: this is a media playlist"];
  } catch (error) {
    return [`P-13: ${String(error)}`];
  }
  const lines = text.split("\n");
  const media = lines
    .filter((line) => line.startsWith("#EXT-X-MEDIA:"))
    .map((line) => attributesOf(line.slice(13)));
  const variants = lines
    .filter((line) => line.startsWith("#EXT-X-STREAM-INF:"))
    .map((line) => attributesOf(line.slice(18)));
  expect(variants.length > 0, "P-13: no variant");
  for (const variant of variants) {
    for (const name of ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"])
      expect((variant[name] ?? "") !== "", `P-13: no ${name}`);
    const peak = Number(variant["BANDWIDTH"]);
    expect(peak > 0 && Number(variant["AVERAGE-BANDWIDTH"]) <= peak, "P-13: average above peak");
    const picture = /\b(avc1|hvc1|mp4v|mp2v)/.test(variant["CODECS"] ?? "");
    expect(!picture || variant["RESOLUTION"] !== undefined, "P-13: no RESOLUTION");
    const group = variant["AUDIO"];
    expect(group === undefined || media.some((m) => m["GROUP-ID"] === group), `P-14: no group ${group}`);
  }
  for (const group of new Set(media.map((m) => m["GROUP-ID"]))) {
    const members = media.filter((m) => m["GROUP-ID"] === group);
    expect(new Set(members.map((m) => m["NAME"])).size === members.length, "P-14: NAME is not unique");
    const isSound = members.some((m) => m["TYPE"] === "AUDIO");
    const defaults = members.filter((m) => m["DEFAULT"] === "YES").length;
    expect(defaults === (isSound ? 1 : 0), "P-14: not one DEFAULT");
    for (const member of members) {
      expect(
        member["DEFAULT"] !== "YES" || member["AUTOSELECT"] === "YES",
        "P-14: DEFAULT without AUTOSELECT",
      );
      const inPicture = member["TYPE"] === "CLOSED-CAPTIONS";
      expect(((member["URI"] ?? "") === "") === inPicture, "P-14: no URI");
    }
  }
  return faults;
}

/** hls-parser with its strict mode on; the option is global to it, so it is set at each use. */
function parseStrictly(text: string): HLS.types.MasterPlaylist | HLS.types.MediaPlaylist {
  HLS.setOptions({ strictMode: true });
  return HLS.parse(text);
}

import type { AudioTrack, VideoTrack } from "../media-source.ts";

/** Pure text of the multivariant playlist. @see RFC 8216 §4.3.4 */

export interface ListedRendition<T> {
  readonly id: string;
  readonly track: T;
  /** Bits per second, of the fullest segment and on average. */
  readonly peak: number;
  readonly average: number;
}

export interface MultivariantPlaylist {
  /** Path segment of this run of the stream. */
  readonly stream: string;
  readonly video: ListedRendition<VideoTrack> | null;
  /** In order of preference. */
  readonly audio: readonly ListedRendition<AudioTrack>[];
}

const GROUP_NAMES: Record<AudioTrack["family"], string> = {
  aac: "aac",
  "ac-3": "ac3",
  "ec-3": "ec3",
  mp2: "mp2",
};

/**
 * One variant per family of sound, so that a player which knows only one of them still finds a variant whose CODECS it
 * knows in full.
 */
export function multivariantPlaylist(playlist: MultivariantPlaylist): string {
  const { stream, video, audio } = playlist;
  const lines = ["#EXTM3U", "#EXT-X-VERSION:8"];
  // Of a picture from the air nobody can promise that no segment ever needs the one before (open GOP).
  if (video === null) lines.push("#EXT-X-INDEPENDENT-SEGMENTS");
  const families = [...new Set(audio.map(({ track }) => track.family))];
  const groups = families.map((family) => ({
    name: GROUP_NAMES[family],
    members: audio.filter(({ track }) => track.family === family),
  }));
  const needsMedia = video !== null || audio.length > 1;
  if (needsMedia) for (const group of groups) lines.push(...mediaTags(stream, group.name, group.members));
  for (const group of groups) {
    const first = group.members[0];
    if (first === undefined) continue;
    lines.push(...variant(stream, video ?? first, video, group.members, needsMedia ? group.name : null));
  }
  if (groups.length === 0 && video !== null) lines.push(...variant(stream, video, video, [], null));
  return `${lines.join("\n")}\n`;
}

function variant(
  stream: string,
  own: ListedRendition<VideoTrack | AudioTrack>,
  video: ListedRendition<VideoTrack> | null,
  audio: readonly ListedRendition<AudioTrack>[],
  group: string | null,
): string[] {
  const highest = (of: (r: ListedRendition<AudioTrack>) => number): number => Math.max(0, ...audio.map(of));
  const codecs = [...new Set([...(video ? [video.track.codec] : []), ...audio.map((r) => r.track.codec)])];
  const attributes = [
    `BANDWIDTH=${Math.ceil((video?.peak ?? 0) + highest((r) => r.peak))}`,
    `AVERAGE-BANDWIDTH=${Math.ceil((video?.average ?? 0) + highest((r) => r.average))}`,
    `CODECS="${codecs.join(",")}"`,
  ];
  if (video !== null) {
    const { width, height, frameRate } = video.track;
    attributes.push(`RESOLUTION=${width}x${height}`);
    if (frameRate > 0) attributes.push(`FRAME-RATE=${frameRate.toFixed(3)}`);
  }
  if (group !== null) attributes.push(`AUDIO="${group}"`);
  return [`#EXT-X-STREAM-INF:${attributes.join(",")}`, playlistPath(stream, own.id)];
}

/** RFC 8216 §4.3.4.1.1: names differ within a group; of equal language and characteristics only one is chosen by itself. */
function mediaTags(stream: string, group: string, members: readonly ListedRendition<AudioTrack>[]): string[] {
  const names = new Set<string>();
  const chosen = new Set<string>();
  const defaultMember = members.find(({ track }) => !track.audioDescription) ?? members[0];
  return members.map((member) => {
    const { track } = member;
    const language = languageTag(track.language);
    const kind = `${language} ${track.audioDescription}`;
    const automatic = !chosen.has(kind);
    chosen.add(kind);
    const attributes = ["TYPE=AUDIO", `GROUP-ID="${group}"`];
    if (language !== null) attributes.push(`LANGUAGE="${language}"`);
    attributes.push(
      `NAME="${uniqueName(names, track)}"`,
      `DEFAULT=${member === defaultMember ? "YES" : "NO"}`,
      `AUTOSELECT=${automatic || member === defaultMember ? "YES" : "NO"}`,
    );
    if (track.audioDescription) attributes.push('CHARACTERISTICS="public.accessibility.describes-video"');
    attributes.push(`CHANNELS="${track.channels}"`, `URI="${playlistPath(stream, member.id)}"`);
    return `#EXT-X-MEDIA:${attributes.join(",")}`;
  });
}

function playlistPath(stream: string, rendition: string): string {
  return `${stream}/${rendition}/index.m3u8`;
}

function uniqueName(taken: Set<string>, track: AudioTrack): string {
  const language = languageName(track.language);
  const base = track.audioDescription ? `${language} (audio description)` : language;
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base} ${n}`;
  taken.add(name);
  return name;
}

/** ISO 639-2 (either kind) → the shortest BCP 47 tag; null for none and for the "undetermined" of the standard. */
export function languageTag(language: string | null): string | null {
  if (language === null || !/^[a-z]{3}$/.test(language) || language === "und") return null;
  return Intl.getCanonicalLocales(language)[0] ?? null;
}

const LANGUAGE_NAMES = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** EN 300 468 annex F reserves `qaa` for the original sound of a programme. */
function languageName(language: string | null): string {
  const tag = languageTag(language);
  if (tag === null) return "Sound";
  return tag === "qaa" ? "Original" : (LANGUAGE_NAMES.of(tag) ?? tag);
}

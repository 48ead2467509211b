import { dec3Complexity } from "../packaging/codecs/ac3.ts";
import type { AudioTrack, SubtitleTrack, Track, VideoTrack } from "../media-source.ts";

/** Pure text of the multivariant playlist. @see RFC 8216 §4.3.4 */

export interface ListedRendition<T> {
  readonly id: string;
  readonly track: T;
  /** Other tracks in the same segments (MPEG-TS). */
  readonly muxed?: readonly Track[];
  /** Bits per second, of the fullest segment and on average. */
  readonly peak: number;
  readonly average: number;
}

/** Subtitles that can be chosen. */
export interface ListedSubtitles {
  readonly id: string;
  readonly track: SubtitleTrack;
}

export interface MultivariantPlaylist {
  /** Path segment of this run of the stream. */
  readonly stream: string;
  readonly video: ListedRendition<VideoTrack> | null;
  /** In order of preference. */
  readonly audio: readonly ListedRendition<AudioTrack>[];
  readonly subtitles: readonly ListedSubtitles[];
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
  const lines = ["#EXTM3U", "#EXT-X-VERSION:9"];
  // Of a picture from the air nobody can promise that no segment ever needs the one before (open GOP).
  if (video === null) lines.push("#EXT-X-INDEPENDENT-SEGMENTS");
  const families = [...new Set(audio.map(({ track }) => track.family))];
  const groups = families.map((family) => ({
    name: GROUP_NAMES[family],
    members: audio.filter(({ track }) => track.family === family),
  }));
  const needsMedia = video !== null || audio.length > 1;
  const text = playlist.subtitles.filter(({ track }) => track.format === "text");
  lines.push(...subtitleTags(stream, text), ...overlayTags(stream, playlist.subtitles));
  const common = { video, subtitles: text.length > 0 };
  if (video?.track.captions === true)
    lines.push(`#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="${CAPTIONS}",NAME="Captions",INSTREAM-ID="CC1"`);
  if (needsMedia) for (const group of groups) lines.push(...mediaTags(stream, group.name, group.members));
  for (const group of groups) {
    const first = group.members[0];
    if (first === undefined) continue;
    const name = needsMedia ? group.name : null;
    lines.push(...variant(stream, video ?? first, { ...common, audio: group.members, group: name }));
  }
  if (groups.length === 0 && video !== null)
    lines.push(...variant(stream, video, { ...common, audio: [], group: null }));
  return `${lines.join("\n")}\n`;
}

interface Variant {
  readonly video: ListedRendition<VideoTrack> | null;
  readonly audio: readonly ListedRendition<AudioTrack>[];
  /** GROUP-ID of the sound; null: it is in the variant itself. */
  readonly group: string | null;
  /** Whether there are subtitles to choose. */
  readonly subtitles: boolean;
}

function variant(
  stream: string,
  own: ListedRendition<VideoTrack | AudioTrack>,
  { video, audio, group, subtitles }: Variant,
): string[] {
  const highest = (of: (r: ListedRendition<AudioTrack>) => number): number => Math.max(0, ...audio.map(of));
  const tracks = [...(video ? [video.track] : []), ...(own.muxed ?? []), ...audio.map((r) => r.track)];
  const codecs = [...new Set(tracks.map(({ codec }) => codec))];
  const attributes = [
    `BANDWIDTH=${Math.ceil((video?.peak ?? 0) + highest((r) => r.peak))}`,
    `AVERAGE-BANDWIDTH=${Math.ceil((video?.average ?? 0) + highest((r) => r.average))}`,
    `CODECS="${codecs.join(",")}"`,
  ];
  if (video !== null) {
    const { width, height, frameRate, captions } = video.track;
    attributes.push(`RESOLUTION=${width}x${height}`);
    if (frameRate > 0) attributes.push(`FRAME-RATE=${frameRate.toFixed(3)}`);
    const range = videoRange(video.track);
    if (range !== null) attributes.push(`VIDEO-RANGE=${range}`);
    attributes.push(captions === true ? `CLOSED-CAPTIONS="${CAPTIONS}"` : "CLOSED-CAPTIONS=NONE");
  }
  if (group !== null) attributes.push(`AUDIO="${group}"`);
  if (subtitles) attributes.push(`SUBTITLES="${SUBTITLES}"`);
  return [`#EXT-X-STREAM-INF:${attributes.join(",")}`, playlistPath(stream, own.id)];
}

/** transfer_characteristics 16 is PQ, 18 HLG. @see ISO/IEC 23091-2 §8.2; draft-pantos-hls-rfc8216bis §4.4.6.2 */
function videoRange({ colour }: VideoTrack): "PQ" | "HLG" | null {
  if (colour?.transfer === 16) return "PQ";
  return colour?.transfer === 18 ? "HLG" : null;
}

const SUBTITLES = "subtitles";
const CAPTIONS = "captions";

/** What Apple's players show as subtitles for the deaf and hard of hearing. */
const HARD_OF_HEARING =
  "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";

function subtitleTags(stream: string, subtitles: readonly ListedSubtitles[]): string[] {
  const names = new Set<string>();
  const chosen = new Set<string>();
  return subtitles.map(({ id, track }) => {
    const { language, hearingImpaired } = track;
    const tag = languageTag(language);
    const kind = `${tag} ${hearingImpaired}`;
    const attributes = ["TYPE=SUBTITLES", `GROUP-ID="${SUBTITLES}"`];
    if (tag !== null) attributes.push(`LANGUAGE="${tag}"`);
    attributes.push(
      `NAME="${unique(names, hearingImpaired ? `${languageName(language, "Subtitles")} (hard of hearing)` : languageName(language, "Subtitles"))}"`,
      "DEFAULT=NO",
      `AUTOSELECT=${chosen.has(kind) ? "NO" : "YES"}`,
      "FORCED=NO",
    );
    chosen.add(kind);
    if (hearingImpaired) attributes.push(`CHARACTERISTICS="${HARD_OF_HEARING}"`);
    attributes.push(`URI="${playlistPath(stream, id)}"`);
    return `#EXT-X-MEDIA:${attributes.join(",")}`;
  });
}

/**
 * Subtitles that are pictures have no place among HLS renditions: who knows them finds their playlists here, with JSON documents as
 * segments. `VALUE` is the path of the playlist, followed by ` hearing-impaired` where that is so.
 * @see draft-pantos-hls-rfc8216bis §4.4.6.4
 */
function overlayTags(stream: string, subtitles: readonly ListedSubtitles[]): string[] {
  return subtitles
    .filter(({ track }) => track.format === "bitmap")
    .map(({ id, track: { language, hearingImpaired } }) => {
      const tag = languageTag(language);
      const value = playlistPath(stream, id) + (hearingImpaired ? " hearing-impaired" : "");
      return `#EXT-X-SESSION-DATA:DATA-ID="com.tellyport.overlay.${id}",VALUE="${value}"${
        tag === null ? "" : `,LANGUAGE="${tag}"`
      }`;
    });
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
      `NAME="${unique(names, nameOf(track))}"`,
      `DEFAULT=${member === defaultMember ? "YES" : "NO"}`,
      `AUTOSELECT=${automatic || member === defaultMember ? "YES" : "NO"}`,
    );
    if (track.audioDescription) attributes.push('CHARACTERISTICS="public.accessibility.describes-video"');
    attributes.push(`CHANNELS="${channelsOf(track)}"`, `URI="${playlistPath(stream, member.id)}"`);
    return `#EXT-X-MEDIA:${attributes.join(",")}`;
  });
}

/** With joint object coding (Atmos) it is the objects that count. @see draft-pantos-hls-rfc8216bis §4.4.6.1 (CHANNELS) */
function channelsOf({ family, channels, config }: AudioTrack): string {
  const objects = family === "ec-3" ? dec3Complexity(config) : null;
  return objects === null ? `${channels}` : `${objects}/JOC`;
}

function playlistPath(stream: string, rendition: string): string {
  return `${stream}/${rendition}/index.m3u8`;
}

function nameOf({ language, audioDescription }: AudioTrack): string {
  const name = languageName(language, "Sound");
  return audioDescription ? `${name} (audio description)` : name;
}

function unique(taken: Set<string>, base: string): string {
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
function languageName(language: string | null, unnamed: string): string {
  const tag = languageTag(language);
  if (tag === null) return unnamed;
  return tag === "qaa" ? "Original" : (LANGUAGE_NAMES.of(tag) ?? tag);
}

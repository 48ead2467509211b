/** A sound track as the menu shows it. */
export interface AudioTrack extends AudioWish {
  readonly id: number;
  /** The stream's own name for it. */
  readonly name: string;
  /** As `CHANNELS` of `EXT-X-MEDIA` has it: `2`, `6`, `16/JOC`; null when not said. */
  readonly channels: string | null;
  readonly chosen: boolean;
}

/** What the viewer wants to hear on every channel that has it. */
export interface AudioWish {
  /** ISO 639 code, as broadcast; null when not said. */
  readonly language: string | null;
  /** With audio description for the blind. */
  readonly described: boolean;
}

/** What a playlist says of a track. */
export interface ListedAudio {
  readonly lang?: string | undefined;
  readonly name?: string | undefined;
  /** Of `EXT-X-MEDIA` (RFC 8216 §4.3.4.1). */
  readonly characteristics?: string | undefined;
  readonly channels?: string | undefined;
}

export function audioOf({
  lang,
  name,
  characteristics,
  channels,
}: ListedAudio): Pick<AudioTrack, "language" | "name" | "described" | "channels"> {
  return {
    language: lang || null,
    name: name ?? "",
    described: characteristics?.includes("public.accessibility.describes-video") ?? false,
    channels: channels || null,
  };
}

const DESCRIBED = "described";

/** @returns as it is remembered: `fr`, `fr described` */
export function writeAudioWish({ language, described }: AudioWish): string {
  return `${language ?? "und"}${described ? ` ${DESCRIBED}` : ""}`;
}

export function readAudioWish(text: string | null): AudioWish | null {
  if (text === null) return null;
  const [language = "und", described] = text.split(" ");
  return { language: language === "und" ? null : language, described: described === DESCRIBED };
}

/**
 * The track that comes nearest to the wish: its language first, then described or not; who wants description and finds it in
 * another language alone, gets that. Null: as the broadcaster would have it.
 */
export function preferredAudio<T extends AudioWish>(tracks: readonly T[], wish: AudioWish | null): T | null {
  if (wish === null) return null;
  const spoken = tracks.filter(({ language }) => wish.language !== null && language === wish.language);
  const fits = ({ described }: AudioWish): boolean => described === wish.described;
  return spoken.find(fits) ?? spoken[0] ?? (wish.described ? (tracks.find(fits) ?? null) : null);
}

/** How a track sounds, beyond two channels: the key of its words; null: nothing to say. */
export function surroundOf(channels: string | null): "5.1" | "7.1" | "atmos" | null {
  if (channels === null) return null;
  if (channels.includes("JOC")) return "atmos";
  const count = Number.parseInt(channels);
  if (count >= 8) return "7.1";
  return count >= 5 ? "5.1" : null;
}

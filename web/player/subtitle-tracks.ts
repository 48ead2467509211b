/** Subtitles as the menu shows them. */
export interface SubtitleTrack {
  readonly id: string;
  /** ISO 639 code or BCP 47 tag; null when not said. */
  readonly language: string | null;
  /** The stream's own name for it. */
  readonly name: string;
  /** They tell sounds as well as speech. */
  readonly hardOfHearing: boolean;
  /** Carried in the picture, without a language of their own (CEA-608). */
  readonly captions: boolean;
  readonly chosen: boolean;
}

/** What the viewer wants on every channel that has it. */
export interface SubtitleWish {
  readonly language: string | null;
  readonly hardOfHearing: boolean;
}

const UNNAMED = "und";

/** @returns as it is remembered: `fr`, `fr hard`; null for none wanted */
export function writeWish(wish: SubtitleWish | null): string {
  if (wish === null) return "off";
  return `${wish.language ?? UNNAMED}${wish.hardOfHearing ? " hard" : ""}`;
}

export function readWish(text: string | null): SubtitleWish | null {
  if (text === null || text === "off") return null;
  const [language = UNNAMED, hard] = text.split(" ");
  return { language: language === UNNAMED ? null : language, hardOfHearing: hard === "hard" };
}

/** The track that comes nearest to the wish: its language always, for the hard of hearing if there is a choice; or null. */
export function preferredSubtitles<T extends SubtitleWish>(
  tracks: readonly T[],
  wish: SubtitleWish | null,
): T | null {
  if (wish === null) return null;
  const spoken = tracks.filter(({ language }) => language === wish.language);
  return spoken.find(({ hardOfHearing }) => hardOfHearing === wish.hardOfHearing) ?? spoken[0] ?? null;
}

/** Of a rendition's CHARACTERISTICS. @see draft-pantos-hls-rfc8216bis §4.4.6.1 */
export function isForHardOfHearing(characteristics: string | undefined): boolean {
  return characteristics?.includes("public.accessibility.transcribes-spoken-dialog") ?? false;
}

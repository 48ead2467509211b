/** A sound track as the menu shows it. */
export interface AudioTrack {
  readonly id: number;
  /** ISO 639 code, as broadcast; null when not said. */
  readonly language: string | null;
  /** The stream's own name for it. */
  readonly name: string;
  /** With audio description for the blind. */
  readonly described: boolean;
  readonly chosen: boolean;
}

/** @param characteristics of `EXT-X-MEDIA` (RFC 8216 §4.3.4.1) */
export function trackName(
  language: string | undefined,
  name: string | undefined,
  characteristics?: string,
): Pick<AudioTrack, "language" | "name" | "described"> {
  return {
    language: language || null,
    name: name ?? "",
    described: characteristics?.includes("public.accessibility.describes-video") ?? false,
  };
}

/** A page that the PMT offers as subtitles. */
export interface TeletextPage {
  /** 1..8 */
  readonly magazine: number;
  /** Two hexadecimal digits as in the page header, 0x00..0xFF: 0x88 of magazine 8 is what people call page 888. */
  readonly page: number;
  /** ISO 639-2, lower case; null when the descriptor has none. */
  readonly language: string | null;
  readonly hearingImpaired: boolean;
}

const VBI_TELETEXT = 0x46;
const TELETEXT = 0x56;
const SUBTITLES = 0x02;
const FOR_HARD_OF_HEARING = 0x05;

/**
 * The subtitle pages of a teletext stream; what else its descriptors name (initial page, programme schedule) is left out.
 * @param descriptors the stream's descriptor loop in the PMT; may be cut short or damaged
 * @see EN 300 468 §6.2.43 teletext_descriptor, §6.2.48 VBI_teletext_descriptor
 */
export function subtitlePages(descriptors: Buffer): TeletextPage[] {
  const pages = new Map<string, TeletextPage>();
  for (let at = 0; at + 2 <= descriptors.length;) {
    const tag = descriptors.readUInt8(at);
    const start = at + 2;
    const end = Math.min(start + descriptors.readUInt8(at + 1), descriptors.length);
    at = end;
    if (tag !== TELETEXT && tag !== VBI_TELETEXT) continue;
    for (let entry = start; entry + 5 <= end; entry += 5) {
      const type = descriptors.readUInt8(entry + 3) >> 3;
      if (type !== SUBTITLES && type !== FOR_HARD_OF_HEARING) continue;
      const page: TeletextPage = {
        magazine: descriptors.readUInt8(entry + 3) & 7 || 8,
        page: descriptors.readUInt8(entry + 4),
        language: languageOf(descriptors.toString("latin1", entry, entry + 3)),
        hearingImpaired: type === FOR_HARD_OF_HEARING,
      };
      const key = `${page.magazine} ${page.page} ${page.language} ${page.hearingImpaired}`;
      if (!pages.has(key)) pages.set(key, page);
    }
  }
  return [...pages.values()];
}

/** Some write capitals ("ITA"). */
const languageOf = (code: string): string | null => (/^[a-z]{3}$/i.test(code) ? code.toLowerCase() : null);

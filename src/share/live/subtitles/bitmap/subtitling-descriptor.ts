/** The bitmap subtitle services that a PMT announces. @see EN 300 468 §6.2.41 */

export interface BitmapSubtitleService {
  /** ISO 639-2 code in lower case; null when the field is not three letters. */
  readonly language: string | null;
  /** subtitling_type 0x20..0x26. */
  readonly hearingImpaired: boolean;
  /** subtitling_type as coded, 0x10..0x16 or 0x20..0x26: which picture it was made for. @see EN 300 468 table 26 */
  readonly type: number;
  /** page_id of the segments of this service alone. */
  readonly compositionPage: number;
  /** page_id of segments that several services of the PID share; the composition page's when nothing is shared. */
  readonly ancillaryPage: number;
}

const SUBTITLING_DESCRIPTOR = 0x59;
const ENTRY_BYTES = 8;

/**
 * The services on one PID, in the order of the descriptor. Entries of other types (teletext, reserved) are left out.
 * @param descriptors the descriptor loop of the elementary stream, as in the PMT
 */
export function subtitleServices(descriptors: Buffer): BitmapSubtitleService[] {
  const services: BitmapSubtitleService[] = [];
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + descriptors.readUInt8(at + 1)) {
    if (descriptors[at] !== SUBTITLING_DESCRIPTOR) continue;
    const end = Math.min(at + 2 + descriptors.readUInt8(at + 1), descriptors.length);
    for (let entry = at + 2; entry + ENTRY_BYTES <= end; entry += ENTRY_BYTES) {
      const type = descriptors.readUInt8(entry + 3);
      if (!isBitmap(type)) continue;
      const language = descriptors.toString("latin1", entry, entry + 3).toLowerCase();
      services.push({
        language: /^[a-z]{3}$/.test(language) ? language : null,
        hearingImpaired: type >= 0x20,
        type,
        compositionPage: descriptors.readUInt16BE(entry + 4),
        ancillaryPage: descriptors.readUInt16BE(entry + 6),
      });
    }
  }
  return services;
}

const isBitmap = (type: number): boolean => (type >= 0x10 && type <= 0x16) || (type >= 0x20 && type <= 0x26);

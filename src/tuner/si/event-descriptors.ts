import { readLanguage } from "./descriptors.ts";
import { decodeDvbText, type TextOptions } from "./text.ts";
import { textOptionsIn } from "./text-quirks.ts";

/** One genre of an event. @see EN 300 468 §6.2.9 */
export interface ContentGenre {
  /** content_nibble_level_1, 0..15: 1 film, 2 news, 3 show, 4 sports, 5 children, 6 music, 7 arts, 8 social, 9 education, 10 leisure. */
  readonly level1: number;
  /** content_nibble_level_2, 0..15; 0 is "in general". */
  readonly level2: number;
  /** user_byte, 0..255: the broadcaster's own. */
  readonly user: number;
}

/** @param data of a content_descriptor (0x54) @see EN 300 468 §6.2.9, table 29 */
export function decodeContent(data: Buffer): ContentGenre[] {
  return entries(data, 2, (at) => {
    const nibbles = data.readUInt8(at);
    return { level1: nibbles >> 4, level2: nibbles & 0x0f, user: data.readUInt8(at + 1) };
  });
}

/** How old one should be in a country. */
export interface ParentalRating {
  /** ISO 3166 alpha-3 (or `902` and the like for groups of countries), as sent. */
  readonly country: string;
  /** Years, 0 (Brazil's "for everybody") to 18; null when undefined, or defined by the broadcaster. */
  readonly minimumAge: number | null;
}

/** Brazil counts otherwise: the lower nibble is a class. @see ABNT NBR 15603-2 §8.3.27 */
const BRAZILIAN_AGES: readonly (number | null)[] = [null, 0, 10, 12, 14, 16, 18];

/** @param data of a parental_rating_descriptor (0x55) @see EN 300 468 §6.2.28, table 78 */
export function decodeParentalRating(data: Buffer): ParentalRating[] {
  return entries(data, 4, (at) => {
    const country = data.toString("latin1", at, at + 3);
    const rating = data.readUInt8(at + 3);
    if (country === "BRA") return { country, minimumAge: BRAZILIAN_AGES[rating & 0x0f] ?? null };
    return { country, minimumAge: rating >= 0x01 && rating <= 0x0f ? rating + 3 : null };
  });
}

/** How an event belongs to others. @see TS 102 323 §12.1 */
export interface ContentIdentifier {
  /** crid_type, 0..63: 1 this item, 2 its series, 3 a recommendation; 0x31 to 0x33 the same of the United Kingdom's D-Book. */
  readonly type: number;
  /** As sent, without `crid://`; one that begins with `/` lacks its authority: {@link completeCrid}. */
  readonly crid: string;
}

const CRID_IN_PLACE = 0;
const CRID_BY_REFERENCE = 1;

/**
 * References into the content identifier table (crid_location 1) are left out; what follows a location that is not defined
 * cannot be read.
 * @param data of a content_identifier_descriptor (0x76)
 * @see TS 102 323 §12.1
 */
export function decodeContentIdentifiers(data: Buffer): ContentIdentifier[] {
  const found: ContentIdentifier[] = [];
  for (let at = 0; at + 2 <= data.length;) {
    const typeAndLocation = data.readUInt8(at);
    const location = typeAndLocation & 0x03;
    if (location === CRID_BY_REFERENCE) {
      at += 3;
      continue;
    }
    const end = at + 2 + data.readUInt8(at + 1);
    if (location !== CRID_IN_PLACE || end > data.length) break;
    const crid = data.toString("utf8", at + 2, end);
    if (crid !== "") found.push({ type: typeAndLocation >> 2, crid });
    at = end;
  }
  return found;
}

/**
 * The whole identifier, its authority in lower case.
 * @param authority of the default_authority_descriptor of service, bouquet or network; null where there is none
 * @returns `crid://authority/data`; null for one that lacks an authority
 * @see TS 102 323 §6.3, RFC 4078 §3
 */
export function completeCrid(crid: string, authority: string | null): string | null {
  const bare = crid.replace(/^crid:\/\//i, "");
  const whole = bare.startsWith("/") ? (authority === null ? null : authority + bare) : bare;
  const slash = whole?.indexOf("/") ?? -1;
  if (whole === null || slash <= 0) return null;
  return `crid://${whole.slice(0, slash).toLowerCase()}${whole.slice(slash)}`;
}

/** @see EN 300 468 §6.2.37 */
export interface ShortEvent {
  /** ISO 639-2, lower case; null when the three bytes are none. */
  readonly language: string | null;
  readonly title: string;
  readonly text: string;
}

/** @param data of a short_event_descriptor (0x4D) @returns null when it is too short @see EN 300 468 §6.2.37 */
export function decodeShortEvent(data: Buffer, options?: TextOptions): ShortEvent | null {
  if (data.length < 4) return null;
  const language = readLanguage(data);
  const text = textOptionsIn(language, options);
  const titleEnd = 4 + data.readUInt8(3);
  const textLength = titleEnd < data.length ? data.readUInt8(titleEnd) : 0;
  return {
    language,
    title: decodeDvbText(data.subarray(4, titleEnd), text),
    text: decodeDvbText(data.subarray(titleEnd + 1, titleEnd + 1 + textLength), text),
  };
}

/** The long description of an event in one language. @see EN 300 468 §6.2.15 */
export interface ExtendedEvent {
  readonly language: string | null;
  readonly text: string;
  /** `name` may be empty. */
  readonly items: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Puts the extended_event_descriptors (0x4E) of an event together: by language, in the order of descriptor_number whatever the
 * order they came in, each number once. In ISDB an item without a name continues the one before it.
 * @param loop data of each descriptor, in the order of the loop
 * @returns languages in the order of their first descriptor
 * @see EN 300 468 §6.2.15, ARIB STD-B10 part 2 §6.2.7
 */
export function decodeExtendedEvents(loop: readonly Buffer[], options?: TextOptions): ExtendedEvent[] {
  const byLanguage = new Map<string | null, Map<number, Buffer>>();
  for (const data of loop) {
    if (data.length < 5) continue;
    const language = readLanguage(data, 1);
    let parts = byLanguage.get(language);
    if (parts === undefined) byLanguage.set(language, (parts = new Map<number, Buffer>()));
    const number = data.readUInt8(0) >> 4;
    if (!parts.has(number)) parts.set(number, data);
  }
  return [...byLanguage].map(([language, parts]) => {
    const own = textOptionsIn(language, options);
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, data]) => data);
    const items: RawItem[] = [];
    const texts: Buffer[] = [];
    for (const data of inOrder) {
      const itemsEnd = readItems(data, items, own.standard === "arib");
      if (itemsEnd >= data.length) continue;
      texts.push(data.subarray(itemsEnd + 1, itemsEnd + 1 + data.readUInt8(itemsEnd)));
    }
    return {
      language,
      text: joined(texts, own),
      items: items.map(({ name, values }) => ({
        name: decodeDvbText(name, own),
        value: joined(values, own),
      })),
    };
  });
}

interface RawItem {
  readonly name: Buffer;
  readonly values: Buffer[];
}

/** @param goOn an item without a name continues the one before it @returns where the text's length byte is */
function readItems(data: Buffer, items: RawItem[], goOn: boolean): number {
  const end = Math.min(5 + data.readUInt8(4), data.length);
  for (let at = 5; at < end;) {
    const nameEnd = at + 1 + data.readUInt8(at);
    if (nameEnd >= end) break;
    const valueEnd = nameEnd + 1 + data.readUInt8(nameEnd);
    if (valueEnd > end) break;
    const name = data.subarray(at + 1, nameEnd);
    const value = data.subarray(nameEnd + 1, valueEnd);
    const before = items.at(-1);
    if (goOn && name.length === 0 && before !== undefined) before.values.push(value);
    else items.push({ name, values: [value] });
    at = valueEnd;
  }
  return end;
}

/** ARIB's shifts and two-byte characters go on across descriptors; elsewhere each text names its own character table. */
function joined(texts: readonly Buffer[], options: TextOptions): string {
  if (options.standard === "arib") return decodeDvbText(Buffer.concat(texts), options);
  return texts.map((text) => decodeDvbText(text, options)).join("");
}

/** What a stream of an event or service is. @see EN 300 468 §6.2.8 */
export interface Component {
  /** stream_content_ext << 4 | stream_content: low nibble 1 MPEG-2 video, 2 MPEG audio, 3 subtitles, 4 AC-3, 5 H.264, 6 AAC, 9 HEVC. */
  readonly streamContent: number;
  readonly componentType: number;
  /** As in the stream_identifier_descriptor of the PMT. */
  readonly componentTag: number;
  readonly language: string | null;
  readonly text: string;
}

/** @param data of a component_descriptor (0x50) @returns null when it is too short @see EN 300 468 §6.2.8, table 26 */
export function decodeComponent(data: Buffer, options?: TextOptions): Component | null {
  if (data.length < 6) return null;
  const language = readLanguage(data, 3);
  return {
    streamContent: data.readUInt8(0),
    componentType: data.readUInt8(1),
    componentTag: data.readUInt8(2),
    language,
    text: decodeDvbText(data.subarray(6), textOptionsIn(language, options)),
  };
}

/** Every whole entry of `size` bytes. */
function entries<T>(data: Buffer, size: number, read: (at: number) => T): T[] {
  const found: T[] = [];
  for (let at = 0; at + size <= data.length; at += size) found.push(read(at));
  return found;
}

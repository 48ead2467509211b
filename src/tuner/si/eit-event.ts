import {
  contentDescriptor,
  descriptor,
  eachDescriptor,
  parentalRatingDescriptor,
  shortEventDescriptor,
  TAG,
  threeLetters,
} from "./descriptors.ts";
import {
  decodeContent,
  decodeContentIdentifiers,
  decodeExtendedEvents,
  decodeParentalRating,
  decodeShortEvent,
  type ContentIdentifier,
  type ExtendedEvent,
  type ShortEvent,
} from "./event-descriptors.ts";
import { encodeDvbText, splitDvbText, type TextOptions } from "./text.ts";

/** content_identifier_descriptor. @see TS 102 323 §12.1 */
const CONTENT_IDENTIFIER = 0x76;

/** An event of an EIT section. @see EN 300 468 §5.2.4 */
export interface EitEvent {
  readonly eventId: number;
  /** Epoch milliseconds UTC; null when undefined (NVOD reference) or not a time. */
  readonly startsAt: number | null;
  /** 0 when undefined. */
  readonly durationMs: number;
  /** 0..7; 4 is running. @see EN 300 468 table 6 */
  readonly runningStatus: number;
  readonly freeCaMode: boolean;
  /** Empty without a short event descriptor. */
  readonly title: string;
  /** Of the short event descriptor; absent without. {@link description} begins with it. */
  readonly shortText?: string;
  /** Short text, then extended text, then its items, on lines of their own. */
  readonly description: string;
  /** Of title and description: ISO 639-2, lower case; null without a short event descriptor. */
  readonly language: string | null;
  /** Genres: content_nibble_level_1 << 4 | level_2. @see EN 300 468 table 29 */
  readonly content: readonly number[];
  /** Lowest age by country (ISO 3166, as sent); ratings that the broadcaster defined himself are left out. */
  readonly rating: readonly { readonly country: string; readonly age: number }[];
  /** Content identifiers as sent; absent without. @see TS 102 323 §12.1 */
  readonly crids?: readonly ContentIdentifier[];
}

type Description = Pick<
  EitEvent,
  "title" | "shortText" | "description" | "language" | "content" | "rating" | "crids"
>;

/** What an event's descriptors say. Of several languages the first is taken. */
export function decodeEvent(loop: Buffer, options?: TextOptions): Description {
  let short: ShortEvent | null = null;
  const extended: Buffer[] = [];
  const content: number[] = [];
  const rating: { country: string; age: number }[] = [];
  const crids: ContentIdentifier[] = [];
  for (const { tag, data } of eachDescriptor(loop)) {
    switch (tag) {
      case TAG.shortEvent:
        short ??= decodeShortEvent(data, options);
        break;
      case TAG.extendedEvent:
        extended.push(data);
        break;
      case TAG.content:
        for (const { level1, level2 } of decodeContent(data)) content.push((level1 << 4) | level2);
        break;
      case TAG.parentalRating:
        for (const { country, minimumAge } of decodeParentalRating(data))
          if (minimumAge !== null) rating.push({ country, age: minimumAge });
        break;
      case CONTENT_IDENTIFIER:
        crids.push(...decodeContentIdentifiers(data));
        break;
      default:
    }
  }
  const texts = extended.length === 0 ? [] : decodeExtendedEvents(extended, options);
  const long = texts.find((one) => one.language === short?.language) ?? texts[0];
  const shortText = short?.text ?? "";
  return {
    title: short?.title ?? "",
    description: join(shortText, long),
    language: named(short?.language) ?? named(long?.language),
    content,
    rating,
    ...(shortText !== "" && { shortText }),
    ...(crids.length > 0 && { crids }),
  };
}

/** "und", undetermined, names no language. */
const named = (language: string | null | undefined): string | null =>
  language === undefined || language === "und" ? null : language;

function join(short: string, extended: ExtendedEvent | undefined): string {
  const long = extended?.text ?? "";
  // Some broadcasters repeat the short text at the head of the extended one.
  const texts = long.startsWith(short) ? [long] : [short, long];
  const items = (extended?.items ?? []).map(({ name, value }) => (name === "" ? value : `${name}: ${value}`));
  return [...texts, ...items].filter((text) => text !== "").join("\n");
}

/** Room for text beside language, lengths and numbers in an extended event descriptor. */
const EXTENDED_ROOM = 255 - 6;
const SHORT_ROOM = 255 - 5;
/** last_descriptor_number has four bits. */
const MOST_EXTENDED = 16;

/** The descriptor loop of an event: the description goes into the short event, or, when too long for it, into extended ones. */
export function encodeEvent(event: EitEvent): Buffer {
  const language = event.language ?? "und";
  const room = SHORT_ROOM - encodeDvbText(event.title, SHORT_ROOM - 1).length;
  const fits = encodeDvbText(event.description).length <= room;
  const parts = [shortEventDescriptor(language, event.title, fits ? event.description : "")];
  if (!fits) {
    const pieces = splitDvbText(event.description, EXTENDED_ROOM).slice(0, MOST_EXTENDED);
    pieces.forEach((piece, number) => {
      const numbers = (number << 4) | (pieces.length - 1);
      parts.push(
        descriptor(TAG.extendedEvent, [numbers], threeLetters(language), [0], [piece.length], piece),
      );
    });
  }
  if (event.content.length > 0) parts.push(contentDescriptor(event.content));
  if (event.rating.length > 0) parts.push(parentalRatingDescriptor(event.rating));
  return Buffer.concat(parts);
}

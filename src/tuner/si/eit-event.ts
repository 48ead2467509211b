import {
  contentDescriptor,
  descriptor,
  eachDescriptor,
  parentalRatingDescriptor,
  readLanguage,
  shortEventDescriptor,
  TAG,
  threeLetters,
} from "./descriptors.ts";
import { decodeDvbText, encodeDvbText, splitDvbText, type TextOptions } from "./text.ts";

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
  /** Short text, then extended text, on lines of their own. */
  readonly description: string;
  /** Of title and description: ISO 639-2, lower case; null without a short event descriptor. */
  readonly language: string | null;
  /** Genres: content_nibble_level_1 << 4 | level_2. @see EN 300 468 table 29 */
  readonly content: readonly number[];
  /** Lowest age by country (ISO 3166, as sent); ratings that the broadcaster defined himself are left out. */
  readonly rating: readonly { readonly country: string; readonly age: number }[];
}

type Description = Pick<EitEvent, "title" | "description" | "language" | "content" | "rating">;

interface ExtendedText {
  language: string | null;
  text: string;
  items: string[];
}

/** What an event's descriptors say. Of several languages the first is taken. */
export function decodeEvent(loop: Buffer, options?: TextOptions): Description {
  let short: { language: string | null; title: string; text: string } | null = null;
  const extended: ExtendedText[] = [];
  const content: number[] = [];
  const rating: { country: string; age: number }[] = [];
  for (const { tag, data } of eachDescriptor(loop)) {
    switch (tag) {
      case TAG.shortEvent:
        short ??= readShort(data, options);
        break;
      case TAG.extendedEvent:
        readExtended(data, extended, options);
        break;
      case TAG.content:
        for (let at = 0; at + 2 <= data.length; at += 2) content.push(data.readUInt8(at));
        break;
      case TAG.parentalRating:
        for (let at = 0; at + 4 <= data.length; at += 4) {
          const value = data.readUInt8(at + 3);
          if (value >= 0x01 && value <= 0x0f)
            rating.push({ country: data.toString("latin1", at, at + 3), age: value + 3 });
        }
        break;
      default:
    }
  }
  const long = extended.find((one) => one.language === short?.language) ?? extended[0];
  return {
    title: short?.title ?? "",
    description: join(short?.text ?? "", long),
    language: named(short?.language) ?? named(long?.language),
    content,
    rating,
  };
}

function readShort(
  data: Buffer,
  options?: TextOptions,
): { language: string | null; title: string; text: string } | null {
  if (data.length < 5) return null;
  const titleEnd = 4 + data.readUInt8(3);
  const textLength = titleEnd < data.length ? data.readUInt8(titleEnd) : 0;
  return {
    language: readLanguage(data),
    title: decodeDvbText(data.subarray(4, titleEnd), options),
    text: decodeDvbText(data.subarray(titleEnd + 1, titleEnd + 1 + textLength), options),
  };
}

/** Adds one of a row of extended event descriptors to the text of its language. @see EN 300 468 §6.2.15 */
function readExtended(data: Buffer, texts: ExtendedText[], options?: TextOptions): void {
  if (data.length < 6) return;
  const language = readLanguage(data, 1);
  let entry = texts.find((one) => one.language === language);
  if (entry === undefined) texts.push((entry = { language, text: "", items: [] }));
  const itemsEnd = Math.min(5 + data.readUInt8(4), data.length);
  for (let at = 5; at < itemsEnd;) {
    const nameEnd = at + 1 + data.readUInt8(at);
    if (nameEnd >= itemsEnd) break;
    const valueEnd = nameEnd + 1 + data.readUInt8(nameEnd);
    if (valueEnd > itemsEnd) break;
    const name = decodeDvbText(data.subarray(at + 1, nameEnd), options);
    const value = decodeDvbText(data.subarray(nameEnd + 1, valueEnd), options);
    entry.items.push(name === "" ? value : `${name}: ${value}`);
    at = valueEnd;
  }
  if (itemsEnd >= data.length) return;
  const textEnd = itemsEnd + 1 + data.readUInt8(itemsEnd);
  entry.text += decodeDvbText(data.subarray(itemsEnd + 1, textEnd), options);
}

/** "und", undetermined, names no language. */
const named = (language: string | null | undefined): string | null =>
  language === undefined || language === "und" ? null : language;

function join(short: string, extended: ExtendedText | undefined): string {
  const long = extended?.text ?? "";
  // Some broadcasters repeat the short text at the head of the extended one.
  const texts = long.startsWith(short) ? [long] : [short, long];
  return [...texts, ...(extended?.items ?? [])].filter((text) => text !== "").join("\n");
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

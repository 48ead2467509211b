import type { Programme } from "../../../protocol/api.ts";
import { xmltvLanguage } from "./languages.ts";
import { xmltvTimeText } from "./xmltv-time.ts";

/** What a listing says of a channel. */
export interface XmltvChannel {
  readonly id: string;
  readonly name: string;
  /** Number in the user's list. */
  readonly number: number;
}

/** What precedes the channels. */
export const XMLTV_HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tv SYSTEM "xmltv.dtd">\n<tv generator-info-name="Tellyport">\n';
/** What follows the programmes. */
export const XMLTV_TAIL = "</tv>\n";

/** A channel's id in a listing: stable as the channel's own, and like a host name. @see RFC 2838 §2.1 */
export function xmltvChannelId(id: string): string {
  return `${id}.tellyport`;
}

/** The name, then the number, which readers match by. */
export function channelElement({ id, name, number }: XmltvChannel): string {
  const display = line(name) === "" ? "" : element("display-name", line(name));
  return `<channel id="${escaped(xmltvChannelId(id))}">${display}${element("display-name", String(number))}</channel>\n`;
}

/** A programme with its children in the order of the DTD's content model. */
export function programmeElement(channel: string, programme: Programme): string {
  const lang = xmltvLanguage(programme.language);
  const { subtitle = "", description } = programme;
  // The description begins with the subtitle; the rest is what a reader has not seen.
  const rest = description.startsWith(subtitle) ? description.slice(subtitle.length) : description;
  const children = [
    // A title is required, and must have text.
    element("title", line(programme.title) || "-", lang),
    ...some("sub-title", line(subtitle), lang),
    ...some("desc", permitted(rest).trim(), lang),
    ...[...categoriesOf(programme)].map((name) => element("category", name, "en")),
    ...identifier("crid.programme", programme.series?.programme),
    ...identifier("crid.series", programme.series?.series),
    ...(programme.minimumAge === undefined
      ? []
      : [`<rating system="DVB">${element("value", String(programme.minimumAge))}</rating>`]),
  ];
  const [start, stop] = [programme.startsAt, programme.endsAt].map((time) => xmltvTimeText(Date.parse(time)));
  return `<programme start="${start}" stop="${stop}" channel="${escaped(xmltvChannelId(channel))}">${children.join("")}</programme>\n`;
}

function categoriesOf({ genres = [] }: Programme): Set<string> {
  return new Set(genres.flatMap(({ name, detail }) => (detail === null ? [name] : [detail, name])));
}

const some = (name: string, text: string, lang: string | null): string[] =>
  text === "" ? [] : [element(name, text, lang)];

/** Content identifiers, by a system of their own as the DTD allows. @see TS 102 323 §12.1 */
const identifier = (system: string, crid: string | null | undefined): string[] =>
  crid == null || line(crid) === ""
    ? []
    : [`<episode-num system="${system}">${escaped(line(crid))}</episode-num>`];

function element(name: string, text: string, lang: string | null = null): string {
  return `<${name}${lang === null ? "" : ` lang="${lang}"`}>${escaped(text)}</${name}>`;
}

/** Text without line breaks, which only a description may have. */
const line = (text: string): string => permitted(text).replace(/\s+/g, " ").trim();

/** Without characters that no XML document may hold. @see XML 1.0 §2.2 */
const permitted = (text: string): string =>
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "");

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => ESCAPES[one] ?? "");

import type { GuideEvent, ServiceKey } from "../../../tuner/index.ts";
import { genresOf } from "./categories.ts";
import { languageOfXmltv } from "./languages.ts";
import type { XmltvProgramme, XmltvText, XmltvValue } from "./xmltv-reader.ts";

/**
 * The id of an imported event: its start in seconds since 1970. It is the same at each import; no programme that begins at another time
 * has it, and of those that begin at the same time the guide keeps the last. Since every start is of the year 2000 or later, it is above
 * the 16 bits of a broadcast event_id.
 */
export const importedEventId = (startsAt: number): number => Math.round(startsAt / 1000);

/** Longest episode number shown, characters. */
const LONGEST_EPISODE = 24;

/**
 * A programme of a listing as an event of a service.
 * @param endsAt epoch ms
 * @param languages wanted, the first most, ISO 639-1 or 639-2; where there is none of them, what the listing has first
 */
export function importedEvent(
  programme: XmltvProgramme,
  service: ServiceKey,
  endsAt: number,
  languages: readonly string[],
): GuideEvent {
  const wanted = languages.map((one) => languageOfXmltv(one));
  const title = inLanguage(programme.titles, wanted);
  const language = languageOfXmltv(title?.lang);
  const alike = [language, ...wanted];
  const subtitle = [episodeOf(programme.episodes), inLanguage(programme.subtitles, alike)?.text ?? ""]
    .filter((part) => part !== "")
    .join(" ");
  const rest = inLanguage(programme.descriptions, alike)?.text ?? "";
  const description =
    subtitle === "" || begins(rest, subtitle) ? rest : rest === "" ? subtitle : `${subtitle}\n${rest}`;
  const genres = genresOf(programme.categories);
  const ages = programme.ratings.flatMap(({ value }) => ageOf(value) ?? []);
  const programmeCrid = cridOf(programme.episodes, "crid.programme");
  const seriesCrid = cridOf(programme.episodes, "crid.series");
  return {
    service,
    eventId: importedEventId(programme.startsAt),
    startsAt: programme.startsAt,
    endsAt,
    title: own(title?.text ?? ""),
    description: own(description),
    language: language ?? languageOfXmltv(inLanguage(programme.descriptions, alike)?.lang),
    ...(subtitle !== "" && { subtitle: own(subtitle) }),
    ...(genres.length > 0 && { genres }),
    ...(ages.length > 0 && { minimumAge: Math.min(...ages) }),
    ...(programmeCrid !== null && { programmeCrid }),
    ...(seriesCrid !== null && { seriesCrid }),
  };
}

/** A string of its own: as a part of the piece that was read, it would hold all of that in memory as long as it is held. */
const own = (text: string): string => Buffer.from(text).toString();

/** Some descriptions begin with the subtitle already: as a sentence or line of its own. */
const begins = (text: string, subtitle: string): boolean =>
  text.startsWith(subtitle) && /^($|[\n.:;,!?]| [-–—])/.test(text.slice(subtitle.length));

function inLanguage(texts: readonly XmltvText[], wanted: readonly (string | null)[]): XmltvText | undefined {
  for (const language of wanted) {
    const found =
      language === null ? undefined : texts.find(({ lang }) => languageOfXmltv(lang) === language);
    if (found !== undefined) return found;
  }
  return texts[0];
}

/** Ages that are named by letters. */
const LETTERED: Readonly<Record<string, number>> = {
  g: 0,
  u: 0,
  "tv-y": 0,
  "tv-g": 0,
  "tv-pg": 10,
  pg: 8,
  r: 17,
  "nc-17": 17,
  "tv-ma": 17,
};

/** Years; null for what names no age. */
function ageOf(value: string): number | null {
  const text = value.trim().toLowerCase();
  const lettered = LETTERED[text];
  if (lettered !== undefined) return lettered;
  const digits = /^[^\d]{0,12}(\d{1,2})\D{0,8}$/.exec(text)?.[1];
  return digits === undefined || Number(digits) > 21 ? null : Number(digits);
}

const cridOf = (episodes: readonly XmltvValue[], system: string): string | null =>
  episodes.find((one) => one.system === system)?.value ?? null;

/** `S2 E5` of the season and episode, counted from 0 in `xmltv_ns`; else what is meant for the screen. @see xmltv.dtd, "episode-num" */
function episodeOf(episodes: readonly XmltvValue[]): string {
  const counted = episodes.find(({ system }) => system === "xmltv_ns")?.value ?? "";
  const [season = "", episode = ""] = counted.split(".").map((part) => /^\s*(\d{1,4})/.exec(part)?.[1] ?? "");
  const parts = [
    season === "" ? "" : `S${Number(season) + 1}`,
    episode === "" ? "" : `E${Number(episode) + 1}`,
  ];
  const text = parts.filter((part) => part !== "").join(" ");
  if (text !== "") return text;
  const shown = episodes.find(({ system }) => system === "onscreen")?.value ?? "";
  return shown.length <= LONGEST_EPISODE ? shown : "";
}

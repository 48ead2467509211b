import { SaxesParser } from "saxes";
import { TellyportError } from "../../../kernel/errors.ts";
import { xmltvTime } from "./xmltv-time.ts";

/** A channel as a listing names it. */
export interface XmltvChannelEntry {
  readonly id: string;
  /** In the order of the listing, at most 16. */
  readonly names: readonly string[];
}

/** A text in one of the languages that a listing has it in. */
export interface XmltvText {
  /** As written; null: not said. */
  readonly lang: string | null;
  readonly text: string;
}

/** A value of a system that both have a meaning only together: a rating, an episode number. */
export interface XmltvValue {
  readonly system: string;
  readonly value: string;
}

/** A programme as a listing has it, texts cut to length. */
export interface XmltvProgramme {
  /** Id of its channel in the listing. */
  readonly channel: string;
  /** Epoch ms. */
  readonly startsAt: number;
  /** Epoch ms, later than the start; null: not said. */
  readonly endsAt: number | null;
  readonly titles: readonly XmltvText[];
  readonly subtitles: readonly XmltvText[];
  readonly descriptions: readonly XmltvText[];
  readonly categories: readonly string[];
  readonly ratings: readonly XmltvValue[];
  readonly episodes: readonly XmltvValue[];
}

export interface XmltvSink {
  channel(entry: XmltvChannelEntry): void;
  programme(programme: XmltvProgramme): void;
}

/** Longest texts kept, characters. */
const LONGEST: Readonly<Record<string, number>> = { title: 256, "sub-title": 512, desc: 4096 };
const LONGEST_OTHER = 256;
/** Elements of one kind kept of one programme or channel. */
const MOST = 16;
/** Characters between two events of the parser: it holds them all. */
const LONGEST_PIECE = 256 * 1024;
/** Characters given to the parser at a time. */
const STEP = 64 * 1024;
/** The deepest element of the format is the fourth. */
const DEEPEST = 32;
/** Faults after which a reader still knows where it is: it keeps the characters as they are. */
const HARMLESS = /undefined entity|disallowed character\.|malformed character entity/;
/** How the faults of the document itself begin, which have no place. */
const UNFINISHED = /unclosed tag|unexpected end|must contain a root/;

/**
 * Reads an XMLTV document piece by piece; of the document it holds no more than one programme. Entities that the document
 * defines are not expanded, and nothing is fetched.
 * @see xmltv.dtd
 */
export class XmltvReader {
  readonly #parser = new SaxesParser();
  readonly #sink: XmltvSink;
  readonly #path: string[] = [];
  #sinceEvent = 0;
  #text = "";
  #lang: string | null = null;
  #system = "";
  #channel: { id: string; names: string[] } | null = null;
  #programme: Draft | null = null;
  #unreadable = 0;

  constructor(sink: XmltvSink) {
    this.#sink = sink;
    const parser = this.#parser;
    const alive = (): void => void (this.#sinceEvent = 0);
    for (const event of ["comment", "processinginstruction", "doctype", "xmldecl"] as const)
      parser.on(event, alive);
    const take = (text: string): void => {
      alive();
      const longest = LONGEST[this.#path[2] ?? ""] ?? LONGEST_OTHER;
      if (this.#text.length < longest) this.#text = (this.#text + text).slice(0, longest);
    };
    parser.on("text", take);
    parser.on("cdata", take);
    parser.on("error", (error) => {
      if (!HARMLESS.test(error.message)) throw this.#broken(error.message.replace(/^[\d:]+\s*/, ""));
    });
    parser.on("opentag", ({ name, attributes }) => {
      alive();
      this.#open(name, attributes);
    });
    parser.on("closetag", () => {
      alive();
      this.#close();
    });
  }

  /** Programmes left out because they have no start, no channel or no title. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** @throws TellyportError `guide-source-invalid`; after it the reader is of no use */
  write(text: string): void {
    for (let at = 0; at < text.length; at += STEP) {
      const piece = text.slice(at, at + STEP);
      this.#sinceEvent += piece.length;
      this.#parser.write(piece);
      if (this.#sinceEvent > LONGEST_PIECE)
        throw this.#broken("an element or text of more than 250000 characters");
    }
  }

  /** The document ends here. @throws TellyportError `guide-source-invalid` when it is not whole */
  end(): void {
    this.#parser.close();
  }

  #open(name: string, attributes: Record<string, string | undefined>): void {
    const path = this.#path;
    if (path.length === 0 && name !== "tv")
      throw this.#broken(`the document is <${name.slice(0, 32)}>, not <tv>`);
    path.push(name);
    if (path.length > DEEPEST) throw this.#broken("elements within elements without end");
    if (path.length === 2 && name === "channel") this.#channel = { id: short(attributes["id"]), names: [] };
    if (path.length === 2 && name === "programme") this.#programme = draftOf(attributes);
    if (path.length !== 3) {
      // Only a rating has its value in an element of its own.
      if (path.length === 4 && path[2] === "rating" && name === "value") this.#text = "";
      return;
    }
    this.#text = "";
    this.#lang = attributes["lang"] === undefined ? null : attributes["lang"].slice(0, 32);
    this.#system = short(attributes["system"]);
  }

  #close(): void {
    const path = this.#path;
    const name = path[2];
    if (path.length === 2) this.#finish();
    else if (path.length === 3 && name !== undefined) this.#keep(name);
    path.pop();
  }

  #keep(name: string): void {
    const text = name === "desc" ? clean(this.#text).trim() : line(this.#text);
    this.#text = "";
    if (text === "") return;
    if (this.#channel !== null) {
      if (name === "display-name") push(this.#channel.names, text);
      return;
    }
    const draft = this.#programme;
    if (draft === null) return;
    if (name === "title") push(draft.titles, { lang: this.#lang, text });
    else if (name === "sub-title") push(draft.subtitles, { lang: this.#lang, text });
    else if (name === "desc") push(draft.descriptions, { lang: this.#lang, text });
    else if (name === "category") push(draft.categories, text);
    else if (name === "rating") push(draft.ratings, { system: this.#system, value: text });
    else if (name === "episode-num") push(draft.episodes, { system: this.#system, value: text });
  }

  #finish(): void {
    const [channel, draft] = [this.#channel, this.#programme];
    this.#channel = null;
    this.#programme = null;
    if (channel !== null && channel.id !== "") this.#sink.channel(channel);
    if (draft === null) return;
    const startsAt = xmltvTime(draft.start);
    const endsAt = xmltvTime(draft.stop);
    if (startsAt === null || draft.channel === "" || draft.titles.length === 0) {
      this.#unreadable++;
      return;
    }
    const { channel: of, titles, subtitles, descriptions, categories, ratings, episodes } = draft;
    this.#sink.programme({
      channel: of,
      startsAt,
      endsAt: endsAt !== null && endsAt > startsAt ? endsAt : null,
      titles,
      subtitles,
      descriptions,
      categories,
      ratings,
      episodes,
    });
  }

  #broken(what: string): TellyportError {
    const where = UNFINISHED.test(what) ? "" : `, line ${this.#parser.line}`;
    return new TellyportError(
      "guide-source-invalid",
      `This is no whole XMLTV listing (${what.replace(/\.$/, "")}${where}). Check where it comes from, and that it was copied to its end.`,
    );
  }
}

interface Draft {
  readonly channel: string;
  readonly start: string;
  readonly stop: string;
  readonly titles: XmltvText[];
  readonly subtitles: XmltvText[];
  readonly descriptions: XmltvText[];
  readonly categories: string[];
  readonly ratings: XmltvValue[];
  readonly episodes: XmltvValue[];
}

const draftOf = (attributes: Record<string, string | undefined>): Draft => ({
  channel: short(attributes["channel"]),
  start: short(attributes["start"]),
  stop: short(attributes["stop"]),
  titles: [],
  subtitles: [],
  descriptions: [],
  categories: [],
  ratings: [],
  episodes: [],
});

const push = <T>(list: T[], item: T): void => void (list.length < MOST && list.push(item));

const short = (text: string | undefined): string => (text ?? "").trim().slice(0, LONGEST_OTHER);

/** Without control characters, which no screen shows. */
const clean = (text: string): string =>
  text.replace(/\r\n?/g, "\n").replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/gu, "");

const line = (text: string): string => clean(text).replace(/\s+/g, " ").trim();

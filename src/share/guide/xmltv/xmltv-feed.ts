import { createHash } from "node:crypto";
import { isTellyportError, messageOf, TellyportError, type ErrorCode } from "../../../kernel/errors.ts";
import { serviceKeyText, type ServiceKey } from "../../../tuner/index.ts";
import type { MatchedChannel } from "./channel-match.ts";
import { documentText } from "./document-text.ts";
import { importListing, type ListingImport } from "./import-listing.ts";
import {
  openFile,
  openUrl,
  type DownloadDeps,
  type ListingMark,
  type OpenListing,
} from "./listing-source.ts";

/** Where a listing comes from; of `url` and `path` exactly one. */
export interface XmltvSource {
  /** http or https. */
  readonly url?: string;
  readonly path?: string;
  /** A listing of the network is asked for again after this, hours. */
  readonly refreshHours: number;
  /** Id in the listing → number, name or id of a channel. */
  readonly channels: Readonly<Record<string, string | number>>;
  /** Wanted, the first most. */
  readonly languages: readonly string[];
}

const HOUR = 60 * 60_000;
/** A listing is read again after this though it is as it was: time has gone on, and what lay too far ahead does no more. */
const AGAIN_AFTER = 24 * HOUR;
/** Wait after a failure, doubled with each, ms. */
const FIRST_RETRY = 2 * 60_000;
const LONGEST_RETRY = 2 * HOUR;
/** The wall clock was set, ms: what was over then may not be now. */
const CLOCK_STEP = HOUR;

export interface FeedDeps extends DownloadDeps {
  readonly log: {
    info(facts: object, event: string): void;
    warn(facts: object, event: string): void;
  };
  readonly take: ListingImport["take"];
  readonly pause: () => Promise<void>;
}

/** One listing, read whenever that can bring something new. */
export class XmltvFeed {
  /** Services that the last import had, by key text. */
  services: ReadonlySet<string> = new Set();
  readonly #source: XmltvSource;
  readonly #name: string;
  readonly #deps: FeedDeps;
  #mark: ListingMark | null = null;
  /** Monotonic ms of the last import; null: none yet. */
  #importedAt: number | null = null;
  /** Wall clock less monotonic time, then. */
  #wall = 0;
  #channels = "";
  #tryAt = -Infinity;
  #failures = 0;
  #told: ErrorCode | null = null;
  #toldChannels = "";

  /** @param number of the source in the configuration, from 0 */
  constructor(source: XmltvSource, number: number, deps: FeedDeps) {
    this.#source = source;
    this.#deps = deps;
    const place = source.url === undefined ? (source.path ?? "") : new URL(source.url).host;
    this.#name = `guide.xmltv.${number} (${place})`;
  }

  /** Reads the listing if it is time; does not throw. @param isTaken services that an earlier source has */
  async look(channels: readonly MatchedChannel[], isTaken: (service: ServiceKey) => boolean): Promise<void> {
    const { clock, log } = this.#deps;
    const at = clock.monotonic();
    const print = printOf(channels);
    const isStale =
      this.#importedAt === null ||
      at - this.#importedAt >= AGAIN_AFTER ||
      Math.abs(clock.now() - at - this.#wall) > CLOCK_STEP ||
      print !== this.#channels;
    // A file is looked at each time, unless it is broken.
    const isDue = at >= this.#tryAt || (this.#failures === 0 && (isStale || this.#source.url === undefined));
    if (!isDue) return;
    const refresh = this.#source.refreshHours * HOUR;
    try {
      const opened = await this.#open(isStale ? null : this.#mark);
      if (opened !== null) {
        const wall = clock.now() - at;
        await this.#import(opened, channels, isTaken);
        this.#mark = opened.mark;
        this.#importedAt = at;
        this.#wall = wall;
        this.#channels = print;
      }
      this.#failures = 0;
      this.#told = null;
      this.#tryAt = at + refresh;
    } catch (error) {
      const failure = isTellyportError(error)
        ? error
        : new TellyportError("internal", messageOf(error), { cause: error });
      if (failure.code === "stopping") return;
      const wait = Math.min(FIRST_RETRY * 2 ** this.#failures, LONGEST_RETRY, refresh);
      this.#failures++;
      this.#tryAt = at + wait;
      if (this.#told === failure.code) return;
      this.#told = failure.code;
      const facts = { source: this.#name, code: failure.code, again: `in ${Math.round(wait / 60_000)} min` };
      log.warn({ ...facts, reason: failure.message }, "guide-not-imported");
    }
  }

  #open(known: ListingMark | null): Promise<OpenListing | null> {
    const { url, path } = this.#source;
    return url === undefined ? openFile(path ?? "", known) : openUrl(url, known, this.#deps);
  }

  async #import(
    opened: OpenListing,
    channels: readonly MatchedChannel[],
    isTaken: (service: ServiceKey) => boolean,
  ): Promise<void> {
    const { clock, log, take, signal } = this.#deps;
    const {
      services,
      channels: counts,
      unknown,
      ...found
    } = await importListing({
      text: documentText(opened.bytes),
      channels,
      decided: this.#source.channels,
      languages: this.#source.languages,
      now: clock.now(),
      isTaken,
      take,
      pause: async () => {
        await this.#deps.pause();
        if (signal.aborted) throw new TellyportError("stopping", "The box is being stopped.");
      },
    });
    this.services = new Set(services.map(serviceKeyText));
    const { listed, matched, unmatched } = counts;
    log.info({ source: this.#name, ...found, channels: services.length }, "guide-imported");
    const told = JSON.stringify([counts, unknown]);
    if (told === this.#toldChannels) return;
    this.#toldChannels = told;
    if (matched < listed)
      log.info(
        { source: this.#name, listed, unmatched: listed - matched, such: unmatched },
        "guide-channels-unmatched",
      );
    if (unknown.length > 0)
      log.warn(
        {
          source: this.#name,
          unknown,
          cure: `Name channels of this box by number or name under guide.xmltv`,
        },
        "guide-channels-unknown",
      );
  }
}

/** Tells whether there is anything else to match by than before. */
function printOf(channels: readonly MatchedChannel[]): string {
  const hash = createHash("sha256");
  for (const { id, key, name, number, lcn } of channels)
    hash.update(`${id} ${serviceKeyText(key)} ${number} ${lcn} ${name}\n`);
  return hash.digest("hex");
}

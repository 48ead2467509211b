import { isIP } from "node:net";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { messageOf, TellyportError } from "../../../kernel/errors.ts";
import { Emitter } from "../../../kernel/events.ts";
import type { Log } from "../../../kernel/log.ts";
import {
  createSafeFetch,
  namedReach,
  type NameIt,
  type Reach,
  type SafeFetch,
} from "../../../kernel/safe-fetch/index.ts";
import type { Multiplex, TunerSource } from "../../ports.ts";
import { openHttp, type HttpOpened } from "./http-open.ts";
import type { M3uEntry } from "./m3u.ts";
import { NetworkTuner } from "./network-tuner.ts";
import { idOfUrl, publicUrl } from "./public-url.ts";
import { isAddress, nameOfList, NO_LIST, readList, type ReadList } from "./read-list.ts";

/** From one reading of a list to the next, ms. */
const REFRESH = 60 * 60 * 1000;
/** From a reading that failed to the next, ms. */
const RETRY = 30 * 1000;
/** Faulty lines that are logged, each. */
const LOGGED_FAULTS = 5;
/** Addresses whose refusal is told; a list may have one in each line. */
const TOLD_REFUSALS = 10;

export interface NetworkSourceOptions {
  /** M3U lists: paths, or http(s) addresses. */
  readonly lists: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** How many streams are received at once; default 4. */
  readonly tuners?: number;
  /** Local address of the interface that joins multicast groups; default: the system's choice. */
  readonly interface?: string;
  /** Origins that lists may name though they are this box or beyond its networks, `http://HOST:PORT`; default none. */
  readonly allow?: readonly string[];
  /** Default: over the machine's own network. */
  readonly fetch?: SafeFetch;
  /** How long the lists may take before the source is given without them, ms; default 3000. */
  readonly startMs?: number;
}

/** An HTTP stream of a list, and how far the list's word goes. */
interface ListedUrl {
  readonly url: URL;
  readonly reach: Reach;
}

const NAME_IT: NameIt = ({ origin }) => `${origin} under tuners.network.allow`;

/**
 * Streams of the network that M3U lists name, each a multiplex of its own. A list that cannot be read at the start is tried again
 * until it can; one that was read once stays in force while it cannot be read anew.
 * @throws TellyportError `source-missing`, `source-empty`, `source-not-list` of a list given by its path;
 * `config-invalid`
 */
export async function createNetworkSource(options: NetworkSourceOptions): Promise<TunerSource> {
  const source = new NetworkSource(options);
  await source.start();
  return source;
}

class NetworkSource implements TunerSource {
  readonly drivers: readonly NetworkTuner[];
  readonly #options: NetworkSourceOptions;
  readonly #changed: Emitter<void>;
  readonly #timers = new Map<string, Timer>();
  readonly #abort = new AbortController();
  /** Of each list, as it was last read. */
  readonly #lists = new Map<string, ReadList>();
  /** Why lists cannot be read. */
  readonly #faults = new Map<string, string>();
  /** Why streams are not asked for, by origin; and those of which that was logged. */
  readonly #refused = new Map<string, string>();
  readonly #refusalsLogged = new Set<string>();
  readonly #fetch: SafeFetch;
  readonly #allowed: Reach;
  #urls = new Map<string, ListedUrl>();
  #multiplexes: readonly Multiplex[] = [];

  constructor(options: NetworkSourceOptions) {
    this.#options = options;
    this.#changed = new Emitter((error) => options.log.error({ err: error }, "network-listener-failed"));
    this.#fetch = options.fetch ?? createSafeFetch({ clock: options.clock });
    this.#allowed = namedReach(...(options.allow ?? []).map(originOf));
    const streams = {
      has: (id: string) => this.#urls.has(id),
      open: (id: string, signal: AbortSignal) => this.#open(id, signal),
    };
    this.drivers = Array.from(
      { length: options.tuners ?? 4 },
      (_, i) => new NetworkTuner(`network-${i}`, `Network stream ${i + 1}`, options.clock, streams),
    );
  }

  get multiplexes(): readonly Multiplex[] {
    return this.#multiplexes;
  }

  onChange(listener: () => void): () => void {
    return this.#changed.on(listener);
  }

  missing(): readonly string[] {
    const unread = this.#options.lists.filter((list) => !this.#lists.has(list) && !this.#faults.has(list));
    return [
      ...unread.map((list) => `The list ${nameOfList(list)} is being read: ask again in a few seconds.`),
      ...this.#faults.values(),
      ...this.#refused.values(),
    ];
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  async start(): Promise<void> {
    const { clock, lists, startMs } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(startMs ?? 3000, resolve);
      // A path that was mistyped is better told now than logged every half minute.
      const first = lists.map((list) => this.#read(list, !isAddress(list)));
      Promise.all(first)
        .finally(() => timer.cancel())
        .then(() => resolve(), reject);
    }).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
  }

  /** @param strict throw what is wrong with it */
  async #read(list: string, strict = false): Promise<void> {
    const { clock, log } = this.#options;
    let next = REFRESH;
    try {
      const read = await readList(list, {
        fetch: this.#fetch,
        allowed: this.#allowed,
        signal: this.#abort.signal,
      });
      const { entries, faults } = read;
      for (const { line, message } of faults.slice(0, LOGGED_FAULTS))
        log.warn({ list: nameOfList(list), line, fault: message }, "list-line-unusable");
      log.info({ list: nameOfList(list), channels: entries.length, faults: faults.length }, "list-read");
      this.#lists.set(list, read);
      this.#faults.delete(list);
      this.#rebuild();
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (strict) throw error;
      this.#faults.set(list, messageOf(error));
      log.warn({ list: nameOfList(list), error: messageOf(error) }, "list-unreadable");
      next = RETRY;
    }
    if (!this.#abort.signal.aborted)
      this.#timers.set(
        list,
        clock.after(next, () => void this.#read(list)),
      );
  }

  #rebuild(): void {
    const urls = new Map<string, ListedUrl>();
    const multiplexes: Multiplex[] = [];
    for (const list of this.#options.lists) {
      const { entries, reach } = this.#lists.get(list) ?? NO_LIST;
      for (const entry of entries) {
        const multiplex = multiplexOf(entry, this.#options.interface);
        const known = urls.get(multiplex.id);
        if (known === undefined) multiplexes.push(multiplex);
        // What a list of the home names too is that one's.
        if (known === undefined || (known.reach.scope === "public" && reach.scope === "home"))
          urls.set(multiplex.id, { url: entry.url, reach });
      }
    }
    const changed = JSON.stringify(multiplexes) !== JSON.stringify(this.#multiplexes);
    this.#urls = urls;
    this.#refused.clear();
    if (!changed) return;
    this.#multiplexes = multiplexes;
    this.#changed.emit();
  }

  async #open(id: string, signal: AbortSignal): Promise<HttpOpened | null> {
    const listed = this.#urls.get(id);
    if (listed === undefined) return null;
    const opened = await openHttp(listed.url, {
      fetch: this.#fetch,
      reach: listed.reach,
      nameIt: NAME_IT,
      signal,
    });
    if (!opened.ok && opened.reason === "refused") this.#tell(listed.url, opened.cause);
    return opened;
  }

  /** To people as long as the lists are as they are, in the log once. */
  #tell({ origin, host }: URL, refusal: unknown): void {
    if (this.#refused.has(origin) || this.#refused.size >= TOLD_REFUSALS) return;
    this.#refused.set(origin, messageOf(refusal));
    if (this.#refusalsLogged.has(origin) || this.#refusalsLogged.size >= TOLD_REFUSALS) return;
    this.#refusalsLogged.add(origin);
    this.#options.log.warn({ host, reason: messageOf(refusal) }, "stream-address-refused");
  }
}

/** @throws TellyportError `config-invalid` */
function originOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "")
    throw new TellyportError(
      "config-invalid",
      `"${text}" under tuners.network.allow is no origin: write http://HOST:PORT, such as http://127.0.0.1:4022.`,
    );
  return url;
}

/** The multiplex that an entry of a list names. No secret of its address is in it. */
export function multiplexOf({ url, name, number }: M3uEntry, local?: string): Multiplex {
  const listed = { name, number };
  if (url.protocol !== "udp:" && url.protocol !== "rtp:")
    return { id: idOfUrl(url), listed, delivery: { system: "http", url: publicUrl(url).href } };
  const source = isIP(url.username) === 0 ? null : url.username;
  return {
    id: `network:${url.protocol}${source === null ? "" : `${source}@`}${url.host}`,
    listed,
    delivery: {
      system: url.protocol === "udp:" ? "udp" : "rtp",
      address: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port),
      ...(source !== null && { source }),
      ...(local !== undefined && { interface: local }),
    },
  };
}

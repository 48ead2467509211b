import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { basename } from "node:path";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { isTellyportError, messageOf, TellyportError } from "../../../kernel/errors.ts";
import { Emitter } from "../../../kernel/events.ts";
import type { Log } from "../../../kernel/log.ts";
import {
  createSafeFetch,
  HOME,
  namedReach,
  type NameIt,
  type Reach,
  type SafeFetch,
} from "../../../kernel/safe-fetch/index.ts";
import type { Multiplex, TunerSource } from "../../ports.ts";
import { explainHttp, openHttp, readHttp, type HttpOpened } from "./http-open.ts";
import { LONGEST_LIST, parseM3u, type M3uEntry, type M3uFault } from "./m3u.ts";
import { NetworkTuner } from "./network-tuner.ts";
import { idOfUrl, publicUrl } from "./public-url.ts";

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

/** Path or address of a list, as logs and people may have it. */
export function nameOfList(list: string): string {
  return isAddress(list) ? new URL(list).host : basename(list);
}

function isAddress(list: string): boolean {
  return /^https?:\/\//i.test(list) && URL.canParse(list);
}

/** A list, and how far its word goes. */
export interface ReadList {
  readonly entries: readonly M3uEntry[];
  readonly faults: readonly M3uFault[];
  readonly reach: Reach;
}

const NO_LIST: ReadList = { entries: [], faults: [], reach: HOME };

export interface ListDeps {
  readonly fetch: SafeFetch;
  /** What the configuration allows beside. */
  readonly allowed: Reach;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a list from its path or address. A list that a machine of the internet gave may name machines of the internet only; one that
 * is a file or came from the home network those of the home network too, and the server that it came from.
 * @throws TellyportError `source-missing`, `source-unreachable`, `source-empty`, `source-not-list`, `fetch-refused`,
 * `request-cancelled`
 */
export async function readList(list: string, deps: ListDeps): Promise<ReadList> {
  const name = nameOfList(list);
  const { bytes, base, reach } = isAddress(list)
    ? await fetchList(new URL(list), name, deps)
    : { bytes: await readFileOf(list, name), base: null, reach: HOME };
  const parsed = parseM3u(bytes, base);
  if (parsed.kind === "hls")
    throw new TellyportError(
      "source-not-list",
      `${name} is one programme in segments (HLS) and no list of channels: give a list of transport streams.`,
    );
  if (parsed.entries.length === 0)
    throw new TellyportError(
      "source-empty",
      `${name} names no channel that can be received${parsed.faults[0] === undefined ? "" : `: line ${parsed.faults[0].line}: ${parsed.faults[0].message}`}`,
    );
  const { entries, faults } = parsed;
  return { entries, faults, reach: { ...reach, named: new Set([...reach.named, ...deps.allowed.named]) } };
}

async function readFileOf(path: string, name: string): Promise<Buffer> {
  try {
    if ((await stat(path)).size > LONGEST_LIST)
      throw new TellyportError("source-not-list", `${name} is longer than 5 MiB: give a shorter list.`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof TellyportError) throw cause;
    throw new TellyportError(
      "source-missing",
      `The list ${name} cannot be read: check its path and rights.`,
      {
        cause,
      },
    );
  }
}

async function fetchList(
  url: URL,
  name: string,
  { fetch, signal }: ListDeps,
): Promise<{ bytes: Buffer; base: URL; reach: Reach }> {
  const nameIt: NameIt = ({ origin }) =>
    `the address that it leads to, at ${origin}, under tuners.network.lists`;
  const answer = await readHttp(url, {
    fetch,
    reach: namedReach(url),
    nameIt,
    signal,
    mostBytes: LONGEST_LIST,
  });
  if (!answer.ok && isTellyportError(answer.cause)) throw answer.cause;
  if (!answer.ok) throw new TellyportError("source-unreachable", explainHttp(answer, name));
  if (answer.status !== 200)
    throw new TellyportError(
      "source-unreachable",
      answer.status === 401 || answer.status === 403
        ? `${name} refuses to give its list (${answer.status}): check name and password in its address.`
        : `${name} has no list at that address (${answer.status}): check the address.`,
    );
  return { bytes: answer.body, base: answer.url, reach: answer.reach };
}

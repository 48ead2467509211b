import type { Clock, Timer } from "../../../kernel/clock.ts";
import { createSafeFetch, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { serviceKeyText, type GuideEvent, type GuideStretch } from "../../../tuner/index.ts";
import type { MatchedChannel } from "./channel-match.ts";
import { DOWNLOAD_LIMITS, type DownloadLimits } from "./listing-source.ts";
import { XmltvFeed, type FeedDeps, type XmltvSource } from "./xmltv-feed.ts";

/** Between two looks whether a listing is due or a file has changed, ms. */
const LOOK = 2 * 60_000;
/** The first look, once the tuners have had time to say what there is, ms. */
const FIRST_LOOK = 5_000;

export interface XmltvFeedsDeps {
  /** In the order of the configuration: the first that has a channel gives its guide. */
  readonly sources: readonly XmltvSource[];
  readonly channels: () => readonly MatchedChannel[];
  readonly guide: {
    import(events: readonly GuideEvent[], stretches?: readonly GuideStretch[]): void;
    flush(): void;
  };
  readonly clock: Clock;
  readonly log: FeedDeps["log"];
  /** Default: over the machine's own network. */
  readonly fetch?: SafeFetch;
  readonly limits?: Partial<DownloadLimits>;
}

/** Keeps the guide up with XMLTV listings, one after another. */
export class XmltvFeeds {
  readonly #deps: XmltvFeedsDeps;
  readonly #feeds: readonly XmltvFeed[];
  readonly #ender = new AbortController();
  #timers: Timer[] = [];
  #looking: Promise<void> | null = null;
  #channels: string | null = null;

  constructor(deps: XmltvFeedsDeps) {
    this.#deps = deps;
    const { clock, log, guide } = deps;
    const fetch = deps.fetch ?? createSafeFetch({ clock });
    this.#feeds = deps.sources.map(
      (source, number) =>
        new XmltvFeed(source, number, {
          clock,
          log,
          fetch,
          limits: { ...DOWNLOAD_LIMITS, ...deps.limits },
          signal: this.#ender.signal,
          take: (events, stretches) => {
            if (this.#ender.signal.aborted) return;
            guide.import(events, stretches);
            // At once, while they are few.
            guide.flush();
          },
          pause: () => new Promise((resolve) => setImmediate(resolve)),
        }),
    );
  }

  start(): void {
    if (this.#feeds.length === 0) return;
    const { clock } = this.#deps;
    this.#timers = [
      clock.after(FIRST_LOOK, () => void this.look()),
      clock.every(LOOK, () => void this.look()),
    ];
  }

  /** Ends what runs; nothing is imported afterwards. */
  stop(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#ender.abort();
  }

  /** Reads what is due. @returns when that is done; a look that runs already is waited for */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const channels = this.#deps.channels();
    const print = channels.map(({ id, name, number }) => `${id} ${number} ${name}`).join("\n");
    // While a scan runs there are new ones at every look.
    const isSettled = this.#channels === null || this.#channels === print;
    this.#channels = print;
    if (channels.length === 0 || !isSettled) return;
    for (const [number, feed] of this.#feeds.entries()) {
      if (this.#ender.signal.aborted) return;
      const earlier = this.#feeds.slice(0, number);
      await feed.look(channels, (key) => earlier.some(({ services }) => services.has(serviceKeyText(key))));
    }
  }
}

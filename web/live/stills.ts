import { signal, type ReadonlySignal, type Signal } from "@preact/signals";

/** What the shelf needs of the page; tests bring their own. */
export interface StillsDeps {
  /** The channel's picture, as an address for an image. @throws when there is none, or it cannot be shown */
  readonly fetch: (channel: string, signal: AbortSignal) => Promise<string>;
  /** Gives back what an address holds. */
  readonly release: (address: string) => void;
}

interface Place {
  readonly address: Signal<string | null>;
  /** When the picture that is here was taken. */
  have: string | null;
  /** When the one was taken that the box has. */
  want: string | null;
  /** Taken then, and could not be shown. */
  failed: string | null;
  /** By how many it is in sight. */
  seen: number;
  abort: AbortController | null;
}

/** The box is asked for so many pictures at a time. */
const AT_ONCE = 3;
/** So many are kept, beside those in sight. */
const AT_MOST = 60;

/** The channels' pictures: fetched for what is in sight, a few at a time, and as many kept as one scrolls back for. */
export class Stills {
  readonly #deps: StillsDeps;
  readonly #places = new Map<string, Place>();
  #waiting: string[] = [];
  #running = 0;

  constructor(deps: StillsDeps) {
    this.#deps = deps;
  }

  /** The picture's address once it is here. The former one stays until then. */
  of(channel: string): ReadonlySignal<string | null> {
    return this.#place(channel).address;
  }

  /** Somebody sees this channel. To be followed by `hide` with the same channel. @param taken null: the box has no picture */
  show(channel: string, taken: string | null): void {
    const place = this.#place(channel);
    place.seen++;
    this.#places.delete(channel); // it is the latest now
    this.#places.set(channel, place);
    this.#want(channel, place, taken);
  }

  /** Nobody looks at it there any more. */
  hide(channel: string): void {
    const place = this.#places.get(channel);
    if (place === undefined || --place.seen > 0) return;
    place.seen = 0;
    place.failed = null;
    place.abort?.abort();
    this.#trim();
  }

  /** Forgets all of them: they were for somebody who has left. */
  clear(): void {
    this.#waiting = [];
    for (const place of this.#places.values()) {
      place.abort?.abort();
      place.want = null;
      this.#put(place, null, null);
    }
  }

  #place(channel: string): Place {
    let place = this.#places.get(channel);
    if (place === undefined) {
      place = { address: signal(null), have: null, want: null, failed: null, seen: 0, abort: null };
      this.#places.set(channel, place);
    }
    return place;
  }

  #want(channel: string, place: Place, taken: string | null): void {
    place.want = taken;
    if (taken === null) return this.#put(place, null, null);
    if (place.have === taken || place.failed === taken) return;
    // What came into sight last is looked at now.
    this.#waiting = [...this.#waiting.filter((one) => one !== channel), channel].slice(-AT_MOST);
    this.#next();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const channel = this.#waiting.pop();
      if (channel === undefined) return;
      const place = this.#places.get(channel);
      if (place === undefined || place.seen === 0 || place.abort !== null) continue;
      if (place.want === null || place.want === place.have) continue;
      void this.#fetch(channel, place, place.want);
    }
  }

  async #fetch(channel: string, place: Place, taken: string): Promise<void> {
    this.#running++;
    const abort = new AbortController();
    place.abort = abort;
    try {
      const address = await this.#deps.fetch(channel, abort.signal);
      if (abort.signal.aborted || place.want === null) this.#deps.release(address);
      else this.#put(place, address, taken);
    } catch {
      if (!abort.signal.aborted) place.failed = taken;
    } finally {
      place.abort = null;
      this.#running--;
      const { want } = place;
      if (place.seen > 0 && want !== null && want !== place.have && want !== place.failed)
        this.#waiting.push(channel);
      this.#trim();
      this.#next();
    }
  }

  #put(place: Place, address: string | null, taken: string | null): void {
    const before = place.address.peek();
    place.address.value = address;
    place.have = taken;
    if (before !== null) this.#deps.release(before);
  }

  /** Those that were seen longest ago go first. */
  #trim(): void {
    const unseen = [...this.#places].filter(([, { seen, have }]) => seen === 0 && have !== null);
    for (const [, place] of unseen.slice(0, Math.max(0, unseen.length - AT_MOST)))
      this.#put(place, null, null);
  }
}

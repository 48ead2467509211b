import type { Guide } from "../../src/protocol/api.ts";
import { blocksIn, partKey, partsOf, requestsFor, type GuideRequest, type Part } from "./wishes.ts";
import type { Schedule } from "./schedule.ts";

/** After so long what is looked at is asked for again, ms. */
const FRESH = 15 * 60_000;
/** Requests under way at a time. */
const AT_A_TIME = 2;

export interface LoaderDeps {
  readonly schedule: Schedule;
  /** @throws when it fails */
  readonly ask: (request: GuideRequest) => Promise<Guide>;
  /** ms since 1970 */
  readonly now: () => number;
  /** Something is known that was not, or has failed. */
  readonly onChange: () => void;
}

/** Fetches what is looked at: the latest wish counts, what it leaves out is not begun. */
export class GuideLoader {
  readonly #deps: LoaderDeps;
  #wished: readonly Part[] = [];
  readonly #under = new Set<string>();
  readonly #failed = new Set<string>();
  #running = 0;

  constructor(deps: LoaderDeps) {
    this.#deps = deps;
  }

  /** Whether something of what is looked at did not come. */
  get failed(): boolean {
    return this.#wished.some((part) => this.#failed.has(partKey(part)));
  }

  /** @param channels the most wanted first */
  want(channels: readonly string[], from: number, to: number): void {
    this.#wished = blocksIn(from, to).flatMap((block) => channels.map((channel) => ({ channel, block })));
    this.#go();
  }

  /** What failed is asked for again. */
  retry(): void {
    this.#failed.clear();
    this.#deps.onChange();
    this.#go();
  }

  /** What is looked at may be out of date. */
  again(): void {
    this.#go();
  }

  #go(): void {
    const { schedule, now } = this.#deps;
    const missing = this.#wished.filter((part) => {
      const at = schedule.use(part);
      const key = partKey(part);
      return (at === undefined || now() - at > FRESH) && !this.#under.has(key) && !this.#failed.has(key);
    });
    for (const request of requestsFor(missing)) {
      if (this.#running >= AT_A_TIME) return;
      void this.#fetch(request);
    }
  }

  async #fetch(request: GuideRequest): Promise<void> {
    const { schedule, ask, now, onChange } = this.#deps;
    const keys = partsOf(request).map(partKey);
    this.#running++;
    for (const key of keys) this.#under.add(key);
    try {
      const { channels } = await ask(request);
      const told = new Map(channels.map(({ channel, programmes }) => [channel, programmes]));
      // A channel that is gone has no programmes, and is not asked for again.
      for (const part of partsOf(request)) schedule.put(part, told.get(part.channel) ?? [], now());
    } catch {
      for (const key of keys) this.#failed.add(key); // the screen says so, and offers to ask again
    } finally {
      this.#running--;
      for (const key of keys) this.#under.delete(key);
    }
    onChange();
    this.#go();
  }
}

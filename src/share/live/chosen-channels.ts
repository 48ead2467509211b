import { RecentMap } from "../../kernel/recent-map.ts";

/** Clients remembered at most. */
const MAX_CLIENTS = 1000;

/** The channel that each client chose last, and the one before; who chose longest ago is forgotten first. */
export class ChosenChannels {
  readonly #chosen = new RecentMap<{ readonly last: string; readonly previous: string | null }>(MAX_CLIENTS);

  /** Remembers a choice. @returns the one before it, if that was another one; null: nothing that is known */
  choose(client: string, channel: string): string | null {
    const before = this.#chosen.get(client);
    const previous = before === undefined ? null : before.last === channel ? before.previous : before.last;
    this.#chosen.set(client, { last: channel, previous });
    return previous;
  }
}

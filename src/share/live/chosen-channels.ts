/** Clients remembered at most. */
const MAX_CLIENTS = 1000;

/** The channel that each client chose last, and the one before; who chose longest ago is forgotten first. */
export class ChosenChannels {
  readonly #chosen = new Map<string, { readonly last: string; readonly previous: string | null }>();

  /** Remembers a choice. @returns the one before it, if that was another one; null: nothing that is known */
  choose(client: string, channel: string): string | null {
    const before = this.#chosen.get(client);
    const previous = before === undefined ? null : before.last === channel ? before.previous : before.last;
    this.#chosen.delete(client);
    this.#chosen.set(client, { last: channel, previous });
    const oldest = this.#chosen.keys().next().value;
    if (this.#chosen.size > MAX_CLIENTS && oldest !== undefined) this.#chosen.delete(oldest);
    return previous;
  }
}

import type { Database } from "../../kernel/store/database.ts";
import { Mirror } from "../../kernel/store/mirror.ts";
import type { ClientLimits } from "../../protocol/client-limits.ts";

/** What owners have set, by client: in memory for every look, and on disk. */
export class LimitsStore {
  readonly #database: Database;
  readonly #limits: Mirror<ClientLimits>;

  constructor(database: Database) {
    this.#database = database;
    this.#limits = new Mirror(database);
    for (const row of database.prepare("SELECT client, limits FROM viewing_limits").all()) {
      // Our own rows: they were valid when `set` wrote them.
      this.#limits.set(row["client"] as string, JSON.parse(row["limits"] as string) as ClientLimits);
    }
  }

  /** Undefined: nobody has said anything. */
  get(client: string): ClientLimits | undefined {
    return this.#limits.get(client);
  }

  set(client: string, limits: ClientLimits): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO viewing_limits (client, limits) VALUES (?, ?)")
      .run(client, JSON.stringify(limits));
    this.#limits.set(client, limits);
  }

  forget(client: string): void {
    if (!this.#limits.has(client)) return;
    this.#database.prepare("DELETE FROM viewing_limits WHERE client = ?").run(client);
    this.#limits.delete(client);
  }
}

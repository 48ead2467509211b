import type { Database } from "../../kernel/store/database.ts";
import { Mirror } from "../../kernel/store/mirror.ts";
import { localTime } from "./local-time.ts";

interface Used {
  day: string;
  seconds: number;
  unwritten: boolean;
}

/**
 * Programme time by client and local day. In memory, and on disk whenever {@link flush} is called: a power cut forgets what was
 * watched since, which is less than a box's flash would pay for every segment.
 */
export class DailyQuota {
  readonly #database: Database;
  readonly #used: Mirror<Used>;

  constructor(database: Database) {
    this.#database = database;
    this.#used = new Mirror(database);
    for (const row of database.prepare("SELECT client, day, seconds FROM viewing_quota").all()) {
      this.#used.set(row["client"] as string, {
        day: row["day"] as string,
        seconds: Number(row["seconds"]),
        unwritten: false,
      });
    }
  }

  /** @param now epoch ms */
  add(client: string, seconds: number, now: number): void {
    if (!(seconds > 0)) return;
    const day = localTime(now).date;
    const used = this.#used.get(client);
    const before = used?.day === day ? used.seconds : 0;
    this.#used.set(client, { day, seconds: before + seconds, unwritten: true });
  }

  /** Seconds watched on the day that `now` is in. @param now epoch ms */
  used(client: string, now: number): number {
    const used = this.#used.get(client);
    return used?.day === localTime(now).date ? used.seconds : 0;
  }

  /** Writes what is not written yet. @throws when the disk does not take it; it is tried again at the next call */
  flush(): void {
    const unwritten = this.#used.entries().filter(([, used]) => used.unwritten);
    if (unwritten.length === 0) return;
    const write = this.#database.prepare(
      "INSERT OR REPLACE INTO viewing_quota (client, day, seconds) VALUES (?, ?, ?)",
    );
    this.#database.transaction(() => {
      for (const [client, { day, seconds }] of unwritten) write.run(client, day, Math.round(seconds));
    });
    for (const [, used] of unwritten) used.unwritten = false;
  }

  forget(client: string): void {
    if (!this.#used.has(client)) return;
    this.#database.prepare("DELETE FROM viewing_quota WHERE client = ?").run(client);
    this.#used.delete(client);
  }
}

import type { Database } from "../../kernel/store/database.ts";
import { Mirror } from "../../kernel/store/mirror.ts";

const MINUTE = 60_000;
/** Wrong PINs before a client has to wait. */
const FREE = 5;
const LONGEST = 60 * MINUTE;
/** Wrong PINs are forgotten so long after the last one. */
const FORGOTTEN = 24 * 60 * MINUTE;

interface Tries {
  wrong: number;
  lastAt: number;
  lockedUntil: number;
}

/** How long so many wrong PINs close the door, ms: not for five, then 1, 2, 4, ... 60 minutes; never for good. */
export function lockAfter(wrong: number): number {
  return wrong < FREE ? 0 : Math.min(LONGEST, MINUTE * 2 ** (wrong - FREE));
}

/** Wrong PINs by client, on disk: neither a restart nor a pulled plug gives new tries. All times epoch ms. */
export class PinTries {
  readonly #database: Database;
  readonly #tries: Mirror<Tries>;

  constructor(database: Database) {
    this.#database = database;
    this.#tries = new Mirror(database);
    for (const row of database.prepare("SELECT * FROM pin_tries").all()) {
      this.#tries.set(row["client"] as string, {
        wrong: Number(row["wrong"]),
        lastAt: Number(row["last_at"]),
        lockedUntil: Number(row["locked_until"]),
      });
    }
  }

  /** How long this client has to wait, ms; 0: it may try. */
  wait(client: string, now: number): number {
    const tries = this.#tries.get(client);
    if (tries === undefined || tries.lockedUntil <= now) return 0;
    const longest = lockAfter(tries.wrong);
    // The clock went back: it waits once more as long as it had to, and not until the clock is there again.
    if (tries.lockedUntil - now > longest)
      this.#write(client, { ...tries, lastAt: now, lockedUntil: now + longest });
    return Math.min(tries.lockedUntil - now, longest);
  }

  /** Counts a try before it is judged. @returns how many it has had */
  count(client: string, now: number): number {
    const before = this.#tries.get(client);
    const stale = before === undefined || Math.abs(now - before.lastAt) > FORGOTTEN;
    const wrong = (stale ? 0 : before.wrong) + 1;
    this.#write(client, { wrong, lastAt: now, lockedUntil: now + lockAfter(wrong) });
    return wrong;
  }

  /** It was the right one. */
  forget(client: string): void {
    this.#database.prepare("DELETE FROM pin_tries WHERE client = ?").run(client);
    this.#tries.delete(client);
  }

  /** There is another PIN, or none. Within the caller's transaction. */
  forgetAll(): void {
    this.#database.prepare("DELETE FROM pin_tries").run();
    this.#tries.clear();
  }

  #write(client: string, tries: Tries): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO pin_tries (client, wrong, last_at, locked_until) VALUES (?, ?, ?, ?)")
      .run(client, tries.wrong, tries.lastAt, tries.lockedUntil);
    this.#tries.set(client, tries);
  }
}

import { isTellyportError, messageOf, TellyportError } from "../../kernel/errors.ts";
import { openDatabase, type Database } from "../../kernel/store/database.ts";

/**
 * Tables of the guide; forward only: append, never edit. A row has the events of a service that begin in one slot of time, and
 * `ends`, epoch s, when the last of them is over; its id is {@link rowOf}.
 */
export const GUIDE_MIGRATIONS: readonly string[] = [
  `CREATE TABLE guide_service (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE guide_slot (id INTEGER PRIMARY KEY, ends INTEGER NOT NULL, events BLOB NOT NULL) STRICT;`,
];

/** What flash and file systems write at once. */
const PAGE_BYTES = 4096;
/** Pages in the log before it is copied into the file: what changes often within is copied once. */
const LOG_PAGES = 1000;
/** KiB */
const CACHE = 512;

/**
 * Opens the guide's own database. It can be had again from the broadcaster: commits do not wait for the disk.
 * @param path a file, or `:memory:`
 * @throws TellyportError `state-unusable`: damaged, or not to be opened at all; `store-too-new`
 */
export function openGuideDatabase(path: string): Database {
  const database = openDatabase(path);
  try {
    // The guide's pages are read when somebody wants them: damage must show now.
    const verdict = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
    if (verdict !== "ok") throw new Error(String(verdict));
    const pages = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
    if (pages !== PAGE_BYTES && path !== ":memory:")
      database.exec(
        `PRAGMA journal_mode=DELETE; PRAGMA page_size=${PAGE_BYTES}; VACUUM; PRAGMA journal_mode=WAL;`,
      );
    database.exec(
      `PRAGMA synchronous=NORMAL; PRAGMA cache_size=-${CACHE}; PRAGMA wal_autocheckpoint=${LOG_PAGES};
     PRAGMA journal_size_limit=${PAGE_BYTES * LOG_PAGES};`,
    );
    database.migrate("guide", GUIDE_MIGRATIONS);
    // It may say that it is up to date, and be something else.
    database.prepare("SELECT s.id, ends, events, key FROM guide_slot, guide_service AS s LIMIT 0").all();
    return database;
  } catch (error) {
    database.close();
    if (isTellyportError(error)) throw error;
    throw new TellyportError("state-unusable", `The guide's file is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

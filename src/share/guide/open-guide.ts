import { renameSync, rmSync, statSync } from "node:fs";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Database } from "../../kernel/store/database.ts";
import { openGuideDatabase } from "./guide-database.ts";

/** Behind the name of a guide file that was damaged; there is one at most. */
const ASIDE = ".damaged";

/**
 * Opens the guide's database, whatever is wrong with its file: the guide can be had again from the broadcaster, the box cannot.
 * A damaged file is moved aside and begun anew; where none can be kept (no room, a newer release's), the guide is in memory.
 */
export function openGuide(path: string, log: Log): Database {
  try {
    // After a power cut it is looked through as it is opened.
    const isChecked = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const database = openGuideDatabase(path, log);
    if (isChecked || isWhole(database)) return database;
    database.close();
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
    renameSync(path, path + ASIDE);
    log.warn({ aside: ASIDE }, "guide-begun-anew");
    return openGuideDatabase(path, log);
  } catch (error) {
    log.error({ error: messageOf(error) }, "guide-in-memory");
    return openGuideDatabase(":memory:", log);
  }
}

function isWhole(database: Database): boolean {
  try {
    const answer = database.prepare("PRAGMA quick_check(1)").get() ?? {};
    return Object.values(answer)[0] === "ok";
  } catch {
    return false;
  }
}

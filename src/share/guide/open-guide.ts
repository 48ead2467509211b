import { renameSync, rmSync, statSync } from "node:fs";
import { isTellyportError, messageOf } from "../../kernel/errors.ts";
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
    return openGuideDatabase(path);
  } catch (error) {
    const isDamaged = !(isTellyportError(error) && error.code === "store-too-new");
    const anew = isDamaged ? beginAnew(path, error, log) : null;
    if (anew !== null) return anew;
    log.error({ error: messageOf(error) }, "guide-in-memory");
    return openGuideDatabase(":memory:");
  }
}

/** @returns null when there can be no file */
function beginAnew(path: string, error: unknown, log: Log): Database | null {
  try {
    if (!statSync(path).isFile()) return null;
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
    renameSync(path, path + ASIDE);
    const database = openGuideDatabase(path);
    log.warn({ error: messageOf(error), aside: path + ASIDE }, "guide-begun-anew");
    return database;
  } catch {
    return null;
  }
}

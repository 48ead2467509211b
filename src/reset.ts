import { existsSync } from "node:fs";
import { readFile, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ACCESS_FILES, noteReset } from "./access-control/index.ts";
import { readDocument, syncFolder, writeFileAtomic } from "./kernel/atomic-file.ts";
import type { Clock } from "./kernel/clock.ts";
import { OWNER_SETTINGS } from "./kernel/config/index.ts";
import { messageOf, systemCode } from "./kernel/errors.ts";
import type { Log } from "./kernel/log.ts";
import { openDatabase, type Database } from "./kernel/store/database.ts";
import { ONLINE_FILES } from "./ddns-client/index.ts";
import { CHANNEL_TABLES } from "./share/index.ts";
import { PROVISION_FILES } from "./provisioning.ts";
import { FIRST_SCAN_FILE, LINE_UP_TABLES } from "./tuner/index.ts";

/** What lies in the state directory beside {@link ACCESS_FILES}. */
export const DATABASE_FILE = "tellyport.db";
export const GUIDE_FILE = "guide.db";
/** The daemon makes it at each start. */
export { SOCKET_FILE } from "./protocol/access.ts";
/** There while a reset is under way: it is finished before anything else opens the state. */
export const MARKER_FILE = "reset.pending";

/** What a reset leaves in {@link DATABASE_FILE}; a table that nobody names here goes, so that none is forgotten. */
export const KEPT_TABLES = [LINE_UP_TABLES, CHANNEL_TABLES] as const;

export interface ResetDeps {
  readonly clock: Clock;
  readonly log: Log;
}

interface Extent {
  /** Channels and guide too. */
  readonly everything: boolean;
}

/**
 * Makes the box a new one: its identity, keys, certificate and all that it knows of clients are gone when this returns, and
 * the next start makes new ones. After a power cut in between, {@link finishReset} does the rest. Nobody else may have the
 * state open.
 * @throws TellyportError `state-unusable`, or a system error when the directory cannot be written
 */
export async function resetState(directory: string, extent: Extent, deps: ResetDeps): Promise<void> {
  await writeFileAtomic(join(directory, MARKER_FILE), JSON.stringify(extent));
  await forget(directory, extent, deps);
}

/** What a reset from outside has at hand. */
export interface WishedResetDeps extends ResetDeps {
  /** Done while the box is still itself; it throws nothing. */
  readonly leave: () => Promise<void>;
}

/** In the state directory: whoever watches the box's reset button, or a vendor's menu, makes it and restarts the box. */
export const FACTORY_RESET_FILE = "factory-reset";

/**
 * Follows the wish of a held button: a marker file in the state directory or at `elsewhere`. One that says `everything` takes
 * channels and guide too. It is turned into {@link MARKER_FILE} before anything is forgotten: a power cut at any line leaves the
 * one or the other. A marker that cannot be removed would make the box a new one at every start: then nothing is done.
 * @param elsewhere path of a second one; empty: there is none
 */
export async function followFactoryReset(
  directory: string,
  elsewhere: string,
  deps: WishedResetDeps,
): Promise<void> {
  const markers = [join(directory, FACTORY_RESET_FILE), ...(elsewhere === "" ? [] : [elsewhere])];
  const there = markers.filter((path) => existsSync(path));
  if (there.length === 0 || !existsSync(directory)) return;
  const texts = await Promise.all(there.map((path) => readFile(path, "utf8").catch(() => "")));
  const words = texts.map((text) => text.trim()).filter((text) => text !== "");
  const extent = { everything: words.includes("everything") };
  const unknown = words.filter((word) => word !== "everything");
  if (unknown.length > 0)
    deps.log.warn(
      { unknown, cure: "the marker is empty, or says `everything`: channels and guide are kept" },
      "factory-reset-unclear",
    );
  await deps.leave();
  try {
    await writeFileAtomic(join(directory, MARKER_FILE), JSON.stringify(extent));
    for (const path of there) {
      await rm(path, { recursive: true });
      await syncFolder(dirname(path));
    }
  } catch (error) {
    await rm(join(directory, MARKER_FILE), { force: true }).catch(() => undefined);
    deps.log.error(
      {
        markers: there,
        error: messageOf(error),
        cure: "the box stays as it is: let the daemon's user remove the marker and write its state directory",
      },
      "factory-reset-refused",
    );
    return;
  }
  deps.log.warn({ ...extent }, "factory-reset");
  await finishReset(directory, deps);
}

/** Finishes a reset that was interrupted, if there is one. */
export async function finishReset(directory: string, deps: ResetDeps): Promise<void> {
  if (!existsSync(join(directory, MARKER_FILE))) return;
  // One that cannot be read is a reset all the same; the lesser one can be followed by the greater.
  const extent = await readDocument(join(directory, MARKER_FILE), parseExtent).catch(() => null);
  await forget(directory, extent ?? { everything: false }, deps);
  deps.log.warn("reset-finished");
}

function parseExtent(text: string): Extent {
  const value = JSON.parse(text) as { everything?: unknown } | null;
  return { everything: value?.everything === true };
}

/** Can be done again, from whatever line it was broken off at. */
async function forget(directory: string, { everything }: Extent, deps: ResetDeps): Promise<void> {
  const databases = [DATABASE_FILE, GUIDE_FILE];
  const own = [...PROVISION_FILES, FIRST_SCAN_FILE, ...ACCESS_FILES, ...ONLINE_FILES, OWNER_SETTINGS];
  await removeFiles(directory, everything ? [...own, ...databases] : own);
  const path = join(directory, DATABASE_FILE);
  if (!everything && existsSync(path)) {
    const database = openDatabase(path);
    try {
      dropTables(database);
      noteReset({ database, ...deps });
      tidyUp(database);
    } finally {
      database.close();
    }
  }
  await removeFiles(directory, [MARKER_FILE]);
}

/** Removes files with their previous versions and unfinished writes (`identity.key.*`), and databases with their logs. */
async function removeFiles(directory: string, names: readonly string[]): Promise<void> {
  const present = await readdir(directory);
  for (const name of names) {
    const own = present.filter((one) => one.startsWith(`${name}.`) || one.startsWith(`${name}-`));
    // The newest last: broken off in between, an older version must not take its place.
    for (const one of [...own, name]) await remove(join(directory, one));
  }
  await syncFolder(directory);
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** Drops every table but the kept ones, and overwrites what was in them. */
function dropTables(database: Database): void {
  database.exec("PRAGMA secure_delete=ON; PRAGMA foreign_keys=OFF");
  database.transaction(() => {
    const versions = versionsOf(database);
    // A newer release may have made tables that this one cannot name: without them the others would not be whole.
    const left = KEPT_TABLES.filter(({ module, steps }) => (versions.get(module) ?? 0) <= steps);
    const kept = new Set<string>(["schema_version", ...left.flatMap(({ tables }) => tables)]);
    for (const table of tablesOf(database)) {
      if (!kept.has(table)) database.exec(`DROP TABLE "${table.replaceAll('"', '""')}"`);
    }
    for (const module of versions.keys()) {
      if (!left.some((one) => one.module === module))
        database.prepare("DELETE FROM schema_version WHERE module = ?").run(module);
    }
  });
}

/** How many steps of each module the file has seen. */
function versionsOf(database: Database): ReadonlyMap<string, number> {
  if (!tablesOf(database).includes("schema_version")) return new Map();
  const rows = database.prepare("SELECT module, version FROM schema_version").all();
  return new Map(rows.map(({ module, version }) => [String(module), Number(version)]));
}

/** Takes the log into the file, and the log away: it may belong to whoever ran this, who need not be the daemon's user. */
function tidyUp(database: Database): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  try {
    database.exec("PRAGMA journal_mode=DELETE");
  } catch {
    // Somebody looks into the database with another program: the log stays, and is empty.
  }
}

/** Without SQLite's own. */
function tablesOf(database: Database): string[] {
  return database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    .all()
    .map((row) => row["name"] as string);
}

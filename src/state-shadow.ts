import { copyFile, lstat, mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { IDENTITY_FILE } from "./access-control/index.ts";
import { syncFolder } from "./kernel/atomic-file.ts";
import { messageOf } from "./kernel/errors.ts";
import type { Log } from "./kernel/log.ts";
import { shadowPlace } from "./kernel/runtime-directory.ts";
import { openDatabase } from "./kernel/store/database.ts";
import { writeDoubt } from "./kernel/writable.ts";
import { DATABASE_FILE, GUIDE_FILE, SOCKET_FILE } from "./reset.ts";

/** A state that is larger would not fit the memory of small boxes; bytes. */
const LARGEST = 32 * 1024 * 1024;

/** A copy of a state directory that cannot be written to, in memory or where the system has room for what may be lost. */
export interface StateShadow {
  readonly directory: string;
  /** Puts what became of the copy back, once the original can be written to, and removes it. Nobody may have either open. */
  restore(): Promise<void>;
}

/**
 * Gives a box whose state cannot be written a copy to run on, so that those it knows can watch on. The guide is not copied:
 * broadcasters send it again.
 * @returns null: it can be written, or there is nothing in it that would make a box
 */
export async function shadowState(directory: string, log: Log): Promise<StateShadow | null> {
  const doubt = await writeDoubt(directory);
  if (doubt === null || doubt === "missing" || !existsSync(join(directory, IDENTITY_FILE))) return null;
  const names = await filesOf(directory);
  const shadow = await makeShadow(directory, process.env["RUNTIME_DIRECTORY"]);
  for (const name of names) await copyFile(join(directory, name), join(shadow, name));
  log.error(
    {
      directory,
      doubt,
      cure: "the box runs on a copy in memory, which a power cut takes: `tellyport doctor` says what to do",
    },
    "state-shadowed",
  );
  return { directory: shadow, restore: () => restore(shadow, directory, log) };
}

/** @param runtime of a service: there the command line looks for it */
async function makeShadow(directory: string, runtime: string | undefined): Promise<string> {
  if (runtime === undefined) return mkdtemp(join(tmpdir(), "tellyport-state-"));
  const { copy, of } = shadowPlace(runtime);
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { mode: 0o700 });
  await writeFile(of, resolve(directory));
  return copy;
}

/** @throws Error when they are more than memory should hold */
async function filesOf(directory: string): Promise<string[]> {
  const names: string[] = [];
  let bytes = 0;
  for (const name of await readdir(directory)) {
    const file = await lstat(join(directory, name));
    if (!file.isFile() || name.startsWith(GUIDE_FILE) || name === SOCKET_FILE) continue;
    bytes += file.size;
    names.push(name);
  }
  if (bytes > LARGEST) throw new Error(`${directory} holds ${bytes} bytes: too many to run on a copy`);
  return names;
}

async function restore(shadow: string, directory: string, log: Log): Promise<void> {
  try {
    if ((await writeDoubt(directory)) !== null) {
      log.error({ directory }, "state-shadow-lost");
      return;
    }
    // What its log holds goes into the file, and the log away: it would be taken for the new file's.
    openDatabase(join(directory, DATABASE_FILE)).close();
    for (const name of await filesOf(shadow)) await putBack(join(shadow, name), join(directory, name));
    await syncFolder(directory);
    log.warn({ directory }, "state-shadow-kept");
  } catch (error) {
    log.error({ directory, error: messageOf(error) }, "state-shadow-lost");
  } finally {
    await rm(shadow, { recursive: true, force: true });
  }
}

/** The old bytes or the new ones, whenever the power is cut. */
async function putBack(from: string, to: string): Promise<void> {
  const temporary = `${to}.shadow.tmp`;
  await copyFile(from, temporary);
  const file = await open(temporary, "r+");
  await file.sync();
  await file.close();
  await rename(temporary, to);
}

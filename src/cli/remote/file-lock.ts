import { randomUUID } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { sleep, type Clock } from "../../kernel/clock.ts";
import { TellyportError, systemCode } from "../../kernel/errors.ts";

/** A holder works for a few seconds; a lock older than this was left by a crash. */
export const STALE_AFTER_MS = 30_000;
const RETRY_MS = 50;

/**
 * Runs `work` while no other process does so for the same path. A lock left by a process that is gone is taken over.
 * @param path the lock's own file; created and removed
 * @throws TellyportError `state-unusable` when it cannot be had within {@link STALE_AFTER_MS}; or the signal's reason
 */
export async function withFileLock<T>(
  path: string,
  options: { clock: Clock; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const token = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const deadline = options.clock.monotonic() + STALE_AFTER_MS + 1000;
  while (!(await create(path, token))) {
    if (await isStale(path, options.clock)) await breakLock(path, options.clock);
    else if (options.clock.monotonic() > deadline)
      throw new TellyportError(
        "state-unusable",
        `Another process holds ${path}: end it, or remove that file.`,
      );
    else await sleep(options.clock, RETRY_MS, options.signal);
  }
  try {
    return await work();
  } finally {
    if ((await readOrNull(path)) === token) await rm(path, { force: true });
  }
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw new TellyportError(
      "state-unusable",
      `${path} cannot be written (${systemCode(error) ?? "unknown"}): see to the folder's owner and space.`,
      { cause: error },
    );
  }
}

/** Breaking is itself exclusive, so that of two who find a stale lock none removes the other's new one. */
async function breakLock(path: string, clock: Clock): Promise<void> {
  const guard = `${path}.break`;
  if (!(await create(guard, ""))) {
    if (await isOld(guard, clock)) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isStale(path, clock)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(path: string, clock: Clock): Promise<boolean> {
  const text = await readOrNull(path);
  if (text === null) return false;
  const holder = parseHolder(text);
  if (holder !== null && holder.host === hostname() && !isAlive(holder.pid)) return true;
  return isOld(path, clock);
}

async function isOld(path: string, clock: Clock): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    // Either way round: a clock that was set back must not make a lock eternal.
    return Math.abs(clock.now() - mtimeMs) > STALE_AFTER_MS;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

function parseHolder(text: string): { pid: number; host: string } | null {
  try {
    const value = JSON.parse(text) as { pid?: unknown; host?: unknown } | null;
    return typeof value?.pid === "number" && Number.isInteger(value.pid) && typeof value.host === "string"
      ? { pid: value.pid, host: value.host }
      : null;
  } catch {
    // Created and not yet written, or written by a crash: its age decides.
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

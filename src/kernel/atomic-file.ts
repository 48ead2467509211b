import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm, link } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/**
 * Replaces a file so that a power cut leaves the old bytes or the new ones, never a mixture: write beside it, fsync,
 * rename, fsync the folder. The previous version stays as `<path>.previous`.
 * @param mode permission bits; default 0600
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await keepPrevious(path);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function keepPrevious(path: string): Promise<void> {
  const previous = `${path}.previous`;
  await rm(previous, { force: true });
  await link(path, previous).catch((error: unknown) => {
    const code = systemCode(error);
    // A first write has nothing to keep; some file systems have no links: the previous copy is then simply not there.
    if (code !== "ENOENT" && code !== "EPERM" && code !== "ENOTSUP") throw error;
  });
}

/** Makes what was written, renamed or removed in a folder outlast a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Reads a document written by {@link writeFileAtomic}; falls back to the previous version when the newest cannot be parsed.
 * @returns null when there is neither
 * @throws the last parse error when files exist and none can be read
 */
export async function readDocument<T>(path: string, parse: (text: string) => T): Promise<T | null> {
  let failure: Error | undefined;
  for (const candidate of [path, `${path}.previous`]) {
    let text: string;
    try {
      text = await readFile(candidate, "utf8");
    } catch (error) {
      if (systemCode(error) === "ENOENT") continue;
      throw error;
    }
    try {
      return parse(text);
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
    }
  }
  if (failure !== undefined) throw failure;
  return null;
}

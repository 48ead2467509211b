import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "./errors.ts";

/**
 * Makes a folder and those above it; one that is there stays as it is. Node's own `recursive` never ends below /proc, where a
 * folder is missing and cannot be made.
 * @param mode permission bits of those that are made
 * @throws a system error: `ENOENT` below what takes no folder, `ENOTDIR`, `EACCES`, `EROFS`, ...
 */
export function makeFolder(path: string, mode: number): void {
  if (isMade(path, mode)) return;
  makeFolder(dirname(path), mode);
  mkdirUnlessThere(path, mode);
}

/** @returns false when the folder above is missing */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirUnlessThere(path, mode);
    return true;
  } catch (error) {
    // The root is its own folder above.
    if (systemCode(error) === "ENOENT" && dirname(path) !== path) return false;
    throw error;
  }
}

function mkdirUnlessThere(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // A read-only file system may say so of a folder that is there, before it says that it is there.
    const there = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (there !== true) throw error;
  }
}
